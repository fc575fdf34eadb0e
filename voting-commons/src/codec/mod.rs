//! The topic's format: a key `<paredao>:<participant>:<minute>`, or `<paredao>:<participant>:<minute>:<shard>` where a
//! paredão has several shards, and a versioned JSON value.
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

use serde::Serialize;

use crate::rejection::Rejection;
use crate::vote::Vote;
use crate::{Minute, ParedaoId, ParticipantId};

/// The version of the payload that this code writes and reads.
pub const VERSION: i64 = 1;
/// The longest key: three numbers of ten digits at most, a shard of two, and three colons.
pub const KEY_BYTES_MAX: usize = 35;
/// The longest value; a vote takes about 120 bytes.
pub const VALUE_BYTES_MAX: usize = 1024;

/// A vote's value as it lies in the topic.
#[derive(Serialize)]
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
    (vote.key().to_string(), value)
}

/// Reads the vote in a record that lies in `partition`.
///
/// # Errors
/// The first reason found why the record isn't a vote; the key's reasons come before the value's.
pub fn decode(partition: i32, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Vote, Rejection> {
    let vote = match key.zip(value).and_then(|(key, value)| canonical::read(key, value)) {
        Some(vote) => vote,
        None => diagnosis::read(key, value)?,
    };
    if vote.partition != partition {
        return Err(Rejection::WrongPartition);
    }
    Ok(vote)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::{SHARDS_MAX, Shards};
    use crate::{BallotId, Group};
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
                prop_assert_eq!(diagnosis::read(Some(&key), Some(&value)), Ok(read));
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
