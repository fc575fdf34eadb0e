//! Counts in memory.

use rustc_hash::FxHashMap;

use crate::vote::Group;

/// Votes per [`Group`], counted but not yet written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(FxHashMap<Group, i64>);

impl Tally {
    /// Counts one vote for `group`.
    pub fn count(&mut self, group: Group) {
        *self.0.entry(group).or_default() += 1;
    }

    /// The number of groups that have votes.
    pub fn groups(&self) -> usize {
        self.0.len()
    }

    /// The number of votes in all.
    pub fn votes(&self) -> i64 {
        self.0.values().sum()
    }

    /// The counts in the order of their groups, in which every writer locks the rows, so that none waits in a circle.
    pub fn sorted(&self) -> Vec<(Group, i64)> {
        let mut counts: Vec<_> = self.0.iter().map(|(group, votes)| (*group, *votes)).collect();
        counts.sort_unstable();
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Minute, ParedaoId, ParticipantId};

    fn group(participant: i64, minute: i64) -> Group {
        Group {
            paredao: ParedaoId::try_from(1).unwrap(),
            minute: Minute::try_from(minute).unwrap(),
            participant: ParticipantId::try_from(participant).unwrap(),
        }
    }

    #[test]
    fn counts_per_group_and_lists_them_in_order() {
        let mut tally = Tally::default();
        for (participant, minute) in [(2, 8), (1, 8), (2, 7), (2, 8)] {
            tally.count(group(participant, minute));
        }
        assert_eq!(tally.sorted(), [(group(2, 7), 1), (group(1, 8), 1), (group(2, 8), 2)]);
        assert_eq!((tally.groups(), tally.votes()), (3, 4));
    }
}
