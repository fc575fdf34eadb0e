//! Which lines are votes.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use voting_commons::{Group, ImportId, ImportedVote, ParedaoId, ParticipantId, UnixMillis, partitioner};

/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 1_024;

/// What production says of the import.
pub(super) struct Import {
    pub(super) id: ImportId,
    pub(super) paredao: ParedaoId,
    pub(super) participants: HashSet<ParticipantId>,
    /// Over how many its lines are spread, however many the topic has got since it was begun.
    pub(super) partitions: i32,
    /// What tells this import from one of the same number in another deployment.
    pub(super) registered_at: Timestamp,
}

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    participant: ParticipantId,
    at: Timestamp,
}

impl Import {
    pub(super) fn vote(&self, number: u32, line: &[u8]) -> Result<ImportedVote, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err(format!("the line is longer than {LINE_BYTES_MAX} bytes"));
        }
        let Event { participant, at } = serde_json::from_slice(line).map_err(|error| reason(&error))?;
        if !self.participants.contains(&participant) {
            return Err(format!("participant {participant} doesn't stand in this paredão"));
        }
        if at > Timestamp::now() {
            return Err(format!("{at} is still to come"));
        }
        let minute = UnixMillis::from(at).minute().ok_or_else(|| format!("{at} is too long ago"))?;
        let group = Group { paredao: self.paredao, minute, participant };
        let partition = partitioner::partition_of(group.to_string().as_bytes(), self.partitions);
        let line = i64::from(number).try_into().map_err(|_| "an import can't have so many lines".to_owned())?;
        Ok(ImportedVote { import: self.id, line, group, partition })
    }
}

/// What is wrong with a line; serde says "line 1" of each.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{what} (column {})", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lines_reason_says_where_in_the_line() {
        let wrong = serde_json::from_str::<Event>(r#"{"participant":"one"}"#).unwrap_err();
        let text = reason(&wrong);
        assert!(text.contains("(column ") && !text.contains("line 1"), "{text}");
    }
}
