//! Which imports may be counted, and how far each has been.

use std::collections::BTreeMap;

use voting_commons::{ImportId, ImportedVote, ParedaoId};

/// What a claim says of imports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imports {
    /// Those that production registered, each for one paredão.
    pub registered: BTreeMap<ImportId, ParedaoId>,
    /// Of each, the first line that this partition hasn't met yet.
    pub next_lines: BTreeMap<ImportId, i64>,
}

/// What becomes of an import's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// It comes for the first time.
    New,
    /// It came before: lines come in the file's order.
    Repeated,
    /// Nobody registered the import for this paredão.
    Unregistered,
}

impl Imports {
    /// Meets a line. One that isn't registered leaves no trace.
    pub(super) fn meet(&mut self, vote: &ImportedVote) -> Met {
        if self.registered.get(&vote.import) != Some(&vote.group.paredao) {
            return Met::Unregistered;
        }
        let line = i64::from(vote.line.get());
        let next = self.next_lines.entry(vote.import).or_insert(1);
        if line < *next {
            return Met::Repeated;
        }
        *next = line + 1;
        Met::New
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use voting_commons::Group;

    fn vote(import: i64, line: i64, paredao: i64) -> ImportedVote {
        let group = Group {
            paredao: paredao.try_into().unwrap(),
            minute: 1_000.try_into().unwrap(),
            participant: 2.try_into().unwrap(),
        };
        ImportedVote { import: import.try_into().unwrap(), line: line.try_into().unwrap(), group, partition: 0 }
    }

    #[test]
    fn a_line_is_new_once() {
        let registered = [(1, 7), (2, 7)]
            .map(|(import, paredao): (i64, i64)| (import.try_into().unwrap(), paredao.try_into().unwrap()));
        let mut imports = Imports { registered: registered.into(), next_lines: BTreeMap::new() };
        for (import, line, met) in [
            (1, 3, Met::New),
            (1, 3, Met::Repeated),
            (1, 2, Met::Repeated),
            (2, 2, Met::New),
            (1, 4, Met::New),
            (3, 1, Met::Unregistered),
        ] {
            assert_eq!(imports.meet(&vote(import, line, 7)), met, "{import} {line}");
        }
        assert_eq!(imports.meet(&vote(1, 5, 8)), Met::Unregistered);
        assert_eq!(imports.meet(&vote(1, 5, 7)), Met::New);
    }
}
