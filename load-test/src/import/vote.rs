//! Which lines are votes.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use voting_commons::{Group, ImportId, ImportedVote, ParedaoId, ParticipantId, UnixMillis, partitioner};

use super::lines::LINE_BYTES_MAX;

/// What production says of the import.
pub(super) struct Import {
    pub(super) id: ImportId,
    pub(super) paredao: ParedaoId,
    pub(super) participants: HashSet<ParticipantId>,
    /// Over how many its lines are spread, however many the topic has got since it was begun.
    pub(super) partitions: i32,
    /// What tells this import from one of the same number in another deployment.
    pub(super) registered_at: Timestamp,
    /// When its first run began.
    pub(super) begun_at: Timestamp,
}

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    participant: ParticipantId,
    at: Timestamp,
}

impl Import {
    /// The vote that a line is, or why it is none. A line gets the same answer in each run: one that counted late would lie before
    /// lines that were counted, and be taken for a repeat.
    pub(super) fn vote(&self, number: u64, line: &[u8]) -> Result<ImportedVote, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err(format!("the line is longer than {LINE_BYTES_MAX} bytes"));
        }
        // An array with the same values in the same order would do for serde.
        if !line.trim_ascii_start().starts_with(b"{") {
            return Err(r#"the line isn't like {"participant":34,"at":"2026-11-21T21:04:05Z"}"#.to_owned());
        }
        let Event { participant, at } = serde_json::from_slice(line).map_err(|error| reason(&error))?;
        if !self.participants.contains(&participant) {
            return Err(format!("participant {participant} doesn't stand in this paredão"));
        }
        if at > self.begun_at {
            return Err(format!("{at} is after the import was begun, at {:.0}", self.begun_at));
        }
        let minute = UnixMillis::from(at).minute().ok_or_else(|| format!("{at} is too long ago"))?;
        let group = Group { paredao: self.paredao, minute, participant };
        let partition = partitioner::partition_of(group.to_string().as_bytes(), self.partitions);
        let line = i64::try_from(number).ok().and_then(|number| number.try_into().ok());
        let line = line.ok_or("an import can't have so many lines")?;
        Ok(ImportedVote { import: self.id, line, group, partition })
    }
}

/// What is wrong with a line; serde says "line 1" of each. It may name what the line has, whose control characters would begin another
/// entry among the refused lines.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (what, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    let mut reason = String::with_capacity(text.len());
    for character in what.chars() {
        if character.is_control() {
            reason.extend(character.escape_default());
        } else {
            reason.push(character);
        }
    }
    format!("{reason} (column {})", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T: TryFrom<i64, Error: std::fmt::Debug>>(number: i64) -> T {
        number.try_into().unwrap()
    }

    fn vote(line: &str) -> Result<ImportedVote, String> {
        let begun_at = "2026-11-21T22:00:00.5Z".parse().unwrap();
        let import = Import {
            id: id(1),
            paredao: id(2),
            participants: HashSet::from([id(34)]),
            partitions: 12,
            registered_at: "2026-11-21T20:00:00Z".parse().unwrap(),
            begun_at,
        };
        import.vote(7, line.as_bytes())
    }

    fn at(time: &str) -> String {
        format!(r#"{{"participant":34,"at":"{time}"}}"#)
    }

    #[test]
    fn a_vote_counts_for_its_minute_by_its_line() {
        for line in [at("2026-11-21T21:04:05Z"), format!(" {}\r", at("2026-11-21T18:04:59.9-03:00"))] {
            let vote = vote(&line).unwrap();
            assert_eq!((vote.import, vote.line), (id(1), id(7)));
            let at: Timestamp = "2026-11-21T21:04:00Z".parse().unwrap();
            assert_eq!(Some(vote.group.minute), UnixMillis::from(at).minute());
            assert_eq!((vote.group.paredao, vote.group.participant), (id(2), id(34)));
        }
    }

    #[test]
    fn a_vote_may_not_be_after_the_import_was_begun() {
        vote(&at("2026-11-21T22:00:00.5Z")).unwrap();
        let reason = vote(&at("2026-11-21T22:00:00.6Z")).unwrap_err();
        assert_eq!(reason, "2026-11-21T22:00:00.6Z is after the import was begun, at 2026-11-21T22:00:00Z");
    }

    #[test]
    fn what_is_no_vote_is_refused_with_a_reason() {
        let like = "the line isn't like {";
        for (line, reason) in [
            (r#"[34,"2026-11-21T21:04:05Z"]"#, like),
            (r#" [34,"2026-11-21T21:04:05Z"]"#, like),
            ("34", like),
            ("participant,at", like),
            ("{}", "missing field `participant` (column 2)"),
            (r#"{"participant":"one"}"#, "(column 20)"),
            (r#"{"participant":34,"at":"2026-11-21T21:04:05Z","phone":1}"#, "unknown field `phone`"),
            (r#"{"a at line 1":1}"#, "unknown field `a at line 1`, expected"),
            (r#"{"a\n7\tb\u001b":1}"#, r"unknown field `a\n7\tb\u{1b}`, expected"),
            (r#"{"participant":34,"participant":34,"at":"2026-11-21T21:04:05Z"}"#, "duplicate field"),
            (r#"{"participant":35,"at":"2026-11-21T21:04:05Z"}"#, "35 doesn't stand in this paredão"),
            (r#"{"participant":34,"at":"1969-11-21T21:04:05Z"}"#, "too long ago"),
            (&"x".repeat(LINE_BYTES_MAX + 1), "longer than 1024 bytes"),
        ] {
            let told = vote(line).unwrap_err();
            assert!(told.contains(reason) && !told.contains(" line 1 "), "{line}: {told}");
            assert!(!told.contains(char::is_control), "{line}: {told:?}");
        }
    }
}
