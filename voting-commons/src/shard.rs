//! Shards: with two or three participants only as many partitions are busy in any one minute, unless each group's votes
//! are spread over several keys. Nothing is counted by them.

use std::num::NonZeroU8;

use serde::{Deserialize, Serialize};

use crate::ids::BallotId;
use crate::partitioner;

/// The most shards that a paredão can have.
pub const SHARDS_MAX: u8 = 64;

/// How many keys a group's votes are spread over: 1 to [`SHARDS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards(NonZeroU8);

/// Which of a group's keys a vote has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Option<i64>", into = "Option<i64>")]
pub struct Shard(Option<NonZeroU8>);

/// The number isn't in its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("shards are numbered from 1 to {SHARDS_MAX}")]
pub struct ShardOutOfRange;

impl Shards {
    /// The group's text alone is the key.
    pub const ONE: Self = Self(NonZeroU8::MIN);

    /// How many there are.
    pub fn get(self) -> u8 {
        self.0.get()
    }

    /// The one that `ballot` belongs to: the same each time it is asked.
    pub fn of(self, ballot: BallotId) -> Shard {
        if self == Self::ONE {
            return Shard::default();
        }
        let drawn = partitioner::partition_of(ballot.to_string().as_bytes(), i32::from(self.0.get()));
        Shard::try_from(i64::from(drawn) + 1).expect("a remainder is less than its divisor")
    }
}

impl Default for Shards {
    fn default() -> Self {
        Self::ONE
    }
}

impl Shard {
    /// Its number, from 1 to [`SHARDS_MAX`]; `None` for the only one.
    pub fn number(self) -> Option<u8> {
        self.0.map(NonZeroU8::get)
    }
}

fn in_range(number: i64) -> Result<NonZeroU8, ShardOutOfRange> {
    let number = u8::try_from(number).ok().filter(|number| *number <= SHARDS_MAX);
    number.and_then(NonZeroU8::new).ok_or(ShardOutOfRange)
}

impl TryFrom<i64> for Shards {
    type Error = ShardOutOfRange;

    fn try_from(number: i64) -> Result<Self, ShardOutOfRange> {
        in_range(number).map(Self)
    }
}

impl TryFrom<i64> for Shard {
    type Error = ShardOutOfRange;

    fn try_from(number: i64) -> Result<Self, ShardOutOfRange> {
        in_range(number).map(|number| Self(Some(number)))
    }
}

impl TryFrom<Option<i64>> for Shard {
    type Error = ShardOutOfRange;

    fn try_from(number: Option<i64>) -> Result<Self, ShardOutOfRange> {
        number.map_or(Ok(Self::default()), Self::try_from)
    }
}

impl From<Shard> for Option<i64> {
    fn from(shard: Shard) -> Self {
        shard.number().map(i64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_shard_leaves_the_key_as_it_is() {
        assert_eq!(Shards::ONE.of(BallotId { issuer: 1, sequence: 2 }).number(), None);
    }

    #[test]
    fn ballots_are_spread_evenly_and_each_stays_where_it_is() {
        let shards = Shards::try_from(12).unwrap();
        let mut counts = [0u32; 12];
        for sequence in 0..12_000 {
            let ballot = BallotId { issuer: 0x1234_5678_9abc_def0, sequence };
            assert_eq!(shards.of(ballot), shards.of(ballot));
            counts[usize::from(shards.of(ballot).number().unwrap()) - 1] += 1;
        }
        assert!(counts.iter().all(|count| (900..=1100).contains(count)), "{counts:?}");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        for number in [i64::MIN, -1, 0, 65, 256, 257] {
            assert_eq!(Shards::try_from(number), Err(ShardOutOfRange), "{number}");
            assert_eq!(Shard::try_from(number), Err(ShardOutOfRange), "{number}");
        }
    }
}
