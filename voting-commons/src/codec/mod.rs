//! The topic's format: a key `<paredao>:<participant>:<minute>` and a versioned JSON value.
//!
//! ```json
//! {"v":1,"ballot":"<32 hex digits>","paredao":12,"participant":34,"minute":29395760,"partition":7}
//! ```
//!
//! `schema/vote-v1.json` says the same for other languages; a test holds the two together. Decoding is strict: what
//! isn't exactly a vote is parked with its reason, for a vote counted wrongly can't be taken back, while one that is
//! parked can be replayed.

mod canonical;
mod diagnosis;

use std::io::Write;

use serde::{Deserialize, Serialize};

use crate::rejection::Rejection;
use crate::vote::{Group, Vote};
use crate::{BallotId, Minute, ParedaoId, ParticipantId};

/// The version of the payload that this code writes and reads.
pub const VERSION: i64 = 1;
/// The longest key: three numbers of ten digits at most, and two colons.
pub const KEY_BYTES_MAX: usize = 32;
/// The longest value; a vote takes about 120 bytes.
pub const VALUE_BYTES_MAX: usize = 1024;

/// A vote's value as it lies in the topic.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload<'a> {
    v: i64,
    ballot: &'a str,
    paredao: ParedaoId,
    participant: ParticipantId,
    minute: Minute,
    partition: i32,
}

/// The key and the value of `vote`'s record.
pub fn encode(vote: &Vote) -> (String, Vec<u8>) {
    let payload = Payload {
        v: VERSION,
        ballot: &vote.ballot.to_string(),
        paredao: vote.group.paredao,
        participant: vote.group.participant,
        minute: vote.group.minute,
        partition: vote.partition,
    };
    let value = serde_json::to_vec(&payload).expect("numbers and a string always serialize");
    (vote.group.to_string(), value)
}

/// Reads the vote in a record that lies in `partition`.
///
/// # Errors
/// The first reason found why the record isn't a vote; the key's reasons come before the value's.
pub fn decode(partition: i32, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Vote, Rejection> {
    let vote = match key.zip(value).and_then(|(key, value)| canonical::read(key, value)) {
        Some(vote) => vote,
        None => decode_any(key, value)?,
    };
    if vote.partition != partition {
        return Err(Rejection::WrongPartition);
    }
    Ok(vote)
}

/// Reads a vote however its JSON is written.
fn decode_any(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Vote, Rejection> {
    match (key, value.and_then(read)) {
        (Some(key), Some(vote)) if key_is_of(key, &vote.group) => Ok(vote),
        _ => diagnosis::diagnose(key, value),
    }
}

/// The vote in `value`, if it is exactly one; why it isn't is [`diagnosis`]'s to find out, off the hot path.
fn read(value: &[u8]) -> Option<Vote> {
    if value.len() > VALUE_BYTES_MAX {
        return None;
    }
    let payload: Payload<'_> = serde_json::from_slice(value).ok()?;
    if payload.v != VERSION || payload.partition < 0 {
        return None;
    }
    Some(Vote {
        ballot: payload.ballot.parse::<BallotId>().ok()?,
        group: Group { paredao: payload.paredao, minute: payload.minute, participant: payload.participant },
        partition: payload.partition,
    })
}

/// Whether `key` is `group`'s text, found without allocating.
fn key_is_of(key: &[u8], group: &Group) -> bool {
    let mut expected = [0; KEY_BYTES_MAX];
    let mut rest = expected.as_mut_slice();
    write!(rest, "{group}").expect("a group's text is at most KEY_BYTES_MAX long");
    let unused = rest.len();
    expected[..KEY_BYTES_MAX - unused] == *key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_vote() -> impl Strategy<Value = Vote> {
        let id = 1..=i64::from(i32::MAX);
        (any::<(u64, u64)>(), id.clone(), id, 0..=i64::from(i32::MAX), 0..=i32::MAX).prop_map(
            |((issuer, sequence), paredao, participant, minute, partition)| Vote {
                ballot: BallotId { issuer, sequence },
                group: Group {
                    paredao: paredao.try_into().unwrap(),
                    minute: minute.try_into().unwrap(),
                    participant: participant.try_into().unwrap(),
                },
                partition,
            },
        )
    }

    proptest! {
        #[test]
        fn every_vote_survives_the_topic(vote in any_vote()) {
            let (key, value) = encode(&vote);
            prop_assert!(key.len() <= KEY_BYTES_MAX && value.len() <= VALUE_BYTES_MAX);
            prop_assert_eq!(decode(vote.partition, Some(key.as_bytes()), Some(&value)), Ok(vote));
        }

        #[test]
        fn what_this_code_writes_is_read_on_the_short_way(vote in any_vote()) {
            let (key, value) = encode(&vote);
            prop_assert_eq!(canonical::read(key.as_bytes(), &value), Some(vote));
        }

        #[test]
        fn the_short_way_never_reads_anything_else_than_the_long_one(
            vote in any_vote(), in_key: bool, at: prop::sample::Index, byte in prop::sample::select(b"0123456789abcdefA\"{}:, \\".to_vec()),
        ) {
            let (key, value) = encode(&vote);
            let mut both = [key.into_bytes(), value];
            let changed = &mut both[usize::from(!in_key)];
            let at = at.index(changed.len());
            changed[at] = byte;
            let [key, value] = both;
            if let Some(read) = canonical::read(&key, &value) {
                prop_assert_eq!(decode_any(Some(&key), Some(&value)), Ok(read));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(key: Option<Vec<u8>>, value: Option<Vec<u8>>) {
            prop_assert!(decode(0, key.as_deref(), value.as_deref()).is_err());
        }

        #[test]
        fn a_vote_cut_short_is_never_counted(vote in any_vote(), cut in 1usize..60) {
            let (key, mut value) = encode(&vote);
            value.truncate(value.len() - cut);
            prop_assert_eq!(decode(vote.partition, Some(key.as_bytes()), Some(&value)), Err(Rejection::ValueTruncated));
        }
    }
}
