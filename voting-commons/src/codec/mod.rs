//! The topic's format: a key `<paredao>:<participant>:<minute>`, or `<paredao>:<participant>:<minute>:<shard>` where a
//! paredão has several shards, and a versioned JSON value. What an import brings in has a line in place of a ballot.
//!
//! ```json
//! {"v":1,"ballot":"<32 hex digits>","paredao":12,"participant":34,"minute":29395760,"partition":7}
//! {"v":1,"import":5,"line":120734,"paredao":12,"participant":34,"minute":29395760,"partition":7}
//! ```
//!
//! `schema/vote-v1.json` says the same for other languages; a test holds the two together. Decoding is strict: what
//! isn't exactly a vote is parked with its reason, for a vote counted wrongly can't be taken back, while one that is
//! parked can be replayed.

mod canonical;
mod diagnosis;

use serde::Serialize;

use crate::rejection::Rejection;
use crate::vote::{Group, Vote};
use crate::{ImportId, ImportedVote, Line, Minute, ParedaoId, ParticipantId};

/// The version of the payload that this code writes and reads.
pub const VERSION: i64 = 1;
/// The longest key: three numbers of ten digits at most, a shard of two, and three colons.
pub const KEY_BYTES_MAX: usize = 35;
/// The longest value; a vote takes about 120 bytes.
pub const VALUE_BYTES_MAX: usize = 1024;

/// What a record of the topic says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A ballot was cast.
    Vote(Vote),
    /// A file says so.
    Imported(ImportedVote),
}

/// A value as it lies in the topic.
#[derive(Serialize)]
struct Payload<Origin> {
    v: i64,
    #[serde(flatten)]
    origin: Origin,
    paredao: ParedaoId,
    participant: ParticipantId,
    minute: Minute,
    partition: i32,
}

#[derive(Serialize)]
struct OfBallot {
    ballot: String,
}

#[derive(Serialize)]
struct OfLine {
    import: ImportId,
    line: Line,
}

/// The key and the value of `vote`'s record.
pub fn encode(vote: &Vote) -> (String, Vec<u8>) {
    let origin = OfBallot { ballot: vote.ballot.to_string() };
    (vote.key().to_string(), value(origin, &vote.group, vote.partition))
}

/// The key and the value of an imported vote's record.
pub fn encode_imported(vote: &ImportedVote) -> (String, Vec<u8>) {
    let origin = OfLine { import: vote.import, line: vote.line };
    (vote.group.to_string(), value(origin, &vote.group, vote.partition))
}

fn value(origin: impl Serialize, group: &Group, partition: i32) -> Vec<u8> {
    let Group { paredao, participant, minute } = *group;
    let payload = Payload { v: VERSION, origin, paredao, participant, minute, partition };
    serde_json::to_vec(&payload).expect("numbers and a string always serialize")
}

impl Entry {
    /// The key and the value of its record.
    pub fn encode(&self) -> (String, Vec<u8>) {
        match self {
            Self::Vote(vote) => encode(vote),
            Self::Imported(vote) => encode_imported(vote),
        }
    }

    /// The vote, where it was cast with a ballot.
    pub fn vote(self) -> Option<Vote> {
        match self {
            Self::Vote(vote) => Some(vote),
            Self::Imported(_) => None,
        }
    }

    fn partition(&self) -> i32 {
        match self {
            Self::Vote(vote) => vote.partition,
            Self::Imported(vote) => vote.partition,
        }
    }
}

/// Reads what a record says that lies in `partition`.
///
/// # Errors
/// The first reason found why the record isn't a vote; the key's reasons come before the value's.
pub fn decode(partition: i32, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Entry, Rejection> {
    let entry = match key.zip(value).and_then(|(key, value)| canonical::read(key, value)) {
        Some(entry) => entry,
        None => diagnosis::read(key, value)?,
    };
    if entry.partition() != partition {
        return Err(Rejection::WrongPartition);
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BallotId;
    use crate::shard::{SHARDS_MAX, Shards};
    use proptest::prelude::*;

    fn any_vote() -> impl Strategy<Value = Vote> {
        let id = 1..=i64::from(i32::MAX);
        let shards = (1..=i64::from(SHARDS_MAX)).prop_map(|shards| Shards::try_from(shards).unwrap());
        (any::<(u64, u64)>(), id.clone(), id, 0..=i64::from(i32::MAX), shards, 0..=i32::MAX).prop_map(
            |((issuer, sequence), paredao, participant, minute, shards, partition)| Vote {
                ballot: BallotId { issuer, sequence },
                shard: shards.of(BallotId { issuer, sequence }),
                group: Group {
                    paredao: paredao.try_into().unwrap(),
                    minute: minute.try_into().unwrap(),
                    participant: participant.try_into().unwrap(),
                },
                partition,
            },
        )
    }

    fn any_entry() -> impl Strategy<Value = Entry> {
        let numbers = (1..=i64::from(i32::MAX), 1..=i64::from(i32::MAX));
        (any_vote(), any::<bool>(), numbers).prop_map(|(vote, is_imported, (import, line))| {
            let Vote { group, partition, .. } = vote;
            if !is_imported {
                return Entry::Vote(vote);
            }
            let (import, line) = (import.try_into().unwrap(), line.try_into().unwrap());
            Entry::Imported(ImportedVote { import, line, group, partition })
        })
    }

    proptest! {
        #[test]
        fn every_entry_survives_the_topic(entry in any_entry()) {
            let (key, value) = entry.encode();
            prop_assert!(key.len() <= KEY_BYTES_MAX && value.len() <= VALUE_BYTES_MAX);
            prop_assert_eq!(decode(entry.partition(), Some(key.as_bytes()), Some(&value)), Ok(entry));
        }

        #[test]
        fn what_this_code_writes_is_read_on_the_short_way(entry in any_entry()) {
            let (key, value) = entry.encode();
            prop_assert_eq!(canonical::read(key.as_bytes(), &value), Some(entry));
        }

        #[test]
        fn the_short_way_never_reads_anything_else_than_the_long_one(
            entry in any_entry(), in_key: bool, at: prop::sample::Index, byte in prop::sample::select(b"0123456789abcdefA\"{}:, \\".to_vec()),
        ) {
            let (key, value) = entry.encode();
            let mut both = [key.into_bytes(), value];
            let changed = &mut both[usize::from(!in_key)];
            let at = at.index(changed.len());
            changed[at] = byte;
            let [key, value] = both;
            if let Some(read) = canonical::read(&key, &value) {
                prop_assert_eq!(diagnosis::read(Some(&key), Some(&value)), Ok(read));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(key: Option<Vec<u8>>, value: Option<Vec<u8>>) {
            prop_assert!(decode(0, key.as_deref(), value.as_deref()).is_err());
        }

        #[test]
        fn an_entry_cut_short_is_never_counted(entry in any_entry(), cut in 1usize..60) {
            let (key, mut value) = entry.encode();
            value.truncate(value.len() - cut);
            prop_assert_eq!(decode(entry.partition(), Some(key.as_bytes()), Some(&value)), Err(Rejection::ValueTruncated));
        }
    }
}
