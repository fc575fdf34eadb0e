//! Ballots: a vote allowed to one voter, fixed when it is issued, so that a retry can't become another vote.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use voting_commons::window::{self, BALLOT_LIFE_MILLIS};
use voting_commons::{
    BallotId, Group, Key, Minute, ParedaoId, ParticipantId, Shard, Shards, UnixMillis, Vote, partitioner,
};

use crate::problem::Problem;

/// One vote that may be cast, as it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// What makes it this ballot; it counts once.
    #[serde(with = "id_text")]
    pub id: BallotId,
    /// The paredão voted in.
    pub paredao: ParedaoId,
    /// The participant voted for.
    pub participant: ParticipantId,
    /// The minute of issue, in which the vote counts.
    pub minute: Minute,
    /// Which share of its group's votes it lies with; left out where there is only one.
    #[serde(default, skip_serializing_if = "is_only")]
    pub shard: Shard,
    /// The partition of the topic, by the partition count at issue.
    pub partition: i32,
    /// When it can no longer be cast.
    pub expires_at: Timestamp,
}

/// A [`BallotId`] within JSON.
mod id_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use voting_commons::BallotId;

    pub(super) fn serialize<S: Serializer>(id: &BallotId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BallotId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn is_only(shard: &Shard) -> bool {
    shard.number().is_none()
}

impl Ballot {
    /// The record that casting this ballot writes.
    pub fn vote(&self) -> Vote {
        let group = Group { paredao: self.paredao, minute: self.minute, participant: self.participant };
        Vote { ballot: self.id, group, shard: self.shard, partition: self.partition }
    }

    /// Whether it can be cast at `now`, as far as the ballot itself says.
    ///
    /// # Errors
    /// When it has expired, or claims to be from the future.
    pub fn check_time(&self, now: UnixMillis) -> Result<(), Problem> {
        if now >= self.expires_at.into() {
            return Err(Problem::BallotExpired);
        }
        if window::is_from_future(self.minute, now) {
            return Err(Problem::BallotFromFuture);
        }
        Ok(())
    }
}

/// Gives out ballots, none twice.
#[derive(Debug)]
pub struct Issuer {
    issuer: u64,
    next: AtomicU64,
}

impl Issuer {
    /// One with a random number of its own.
    pub fn random() -> Self {
        Self { issuer: rand::random(), next: AtomicU64::new(0) }
    }

    /// A ballot for `participant` of `paredao`, which has `shards`, issued at `now` while the topic has `partitions`.
    /// `None` when `now` lies outside the minutes that there are.
    pub fn issue(
        &self,
        paredao: ParedaoId,
        participant: ParticipantId,
        shards: Shards,
        now: UnixMillis,
        partitions: i32,
    ) -> Option<Ballot> {
        let minute = now.minute()?;
        let id = BallotId { issuer: self.issuer, sequence: self.next.fetch_add(1, Ordering::Relaxed) };
        let shard = shards.of(id);
        let key = Key { group: Group { paredao, minute, participant }, shard }.to_string();
        Some(Ballot {
            id,
            paredao,
            participant,
            minute,
            shard,
            partition: partitioner::partition_of(key.as_bytes(), partitions),
            expires_at: Timestamp::from_millisecond(now.plus(BALLOT_LIFE_MILLIS).0).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_262_459_900);

    fn issue(issuer: &Issuer) -> Ballot {
        issue_with(issuer, Shards::ONE)
    }

    fn issue_with(issuer: &Issuer, shards: Shards) -> Ballot {
        issuer.issue(1.try_into().unwrap(), 2.try_into().unwrap(), shards, NOW, 12).unwrap()
    }

    #[test]
    fn ballots_differ_in_their_id_only() {
        let issuer = Issuer::random();
        let (first, second) = (issue(&issuer), issue(&issuer));
        assert_ne!(first.id, second.id);
        assert_eq!(first, Ballot { id: first.id, ..second });
        assert_eq!(Some(first.minute), NOW.minute());
    }

    #[test]
    fn a_ballot_survives_json() {
        let shards = Shards::try_from(4).unwrap();
        for ballot in [issue(&Issuer::random()), issue_with(&Issuer::random(), shards)] {
            let json = serde_json::to_string(&ballot).unwrap();
            assert_eq!(serde_json::from_str::<Ballot>(&json).unwrap(), ballot);
        }
    }

    #[test]
    fn shards_spread_one_group_over_partitions() {
        let (issuer, shards) = (Issuer::random(), Shards::try_from(12).unwrap());
        let partitions: HashSet<i32> = (0..100).map(|_| issue_with(&issuer, shards).partition).collect();
        assert!(partitions.len() > 3, "{partitions:?}");
        let only: HashSet<i32> = (0..100).map(|_| issue(&issuer).partition).collect();
        assert_eq!(only.len(), 1);
    }

    #[test]
    fn a_ballot_can_be_cast_for_three_minutes() {
        let ballot = issue(&Issuer::random());
        assert_eq!(ballot.check_time(NOW.plus(BALLOT_LIFE_MILLIS - 1)), Ok(()));
        assert_eq!(ballot.check_time(NOW.plus(BALLOT_LIFE_MILLIS)), Err(Problem::BallotExpired));
        assert_eq!(ballot.check_time(NOW.plus(-600_000)), Err(Problem::BallotFromFuture));
    }
}
