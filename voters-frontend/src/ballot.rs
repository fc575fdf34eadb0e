//! Ballots: a vote allowed to one voter, fixed when it is issued, so that a retry can't become another vote.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use voting_commons::window::{self, BALLOT_LIFE_MILLIS};
use voting_commons::{BallotId, Group, Minute, ParedaoId, ParticipantId, UnixMillis, Vote, partitioner};

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

impl Ballot {
    /// The record that casting this ballot writes.
    pub fn vote(&self) -> Vote {
        let group = Group { paredao: self.paredao, minute: self.minute, participant: self.participant };
        Vote { ballot: self.id, group, partition: self.partition }
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

    /// A ballot for `participant` of `paredao`, issued at `now` while the topic has `partitions`.
    /// `None` when `now` lies outside the minutes that there are.
    pub fn issue(
        &self,
        paredao: ParedaoId,
        participant: ParticipantId,
        now: UnixMillis,
        partitions: i32,
    ) -> Option<Ballot> {
        let minute = now.minute()?;
        let key = Group { paredao, minute, participant }.to_string();
        Some(Ballot {
            id: BallotId { issuer: self.issuer, sequence: self.next.fetch_add(1, Ordering::Relaxed) },
            paredao,
            participant,
            minute,
            partition: partitioner::partition_of(key.as_bytes(), partitions),
            expires_at: Timestamp::from_millisecond(now.plus(BALLOT_LIFE_MILLIS).0).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_262_459_900);

    fn issue(issuer: &Issuer) -> Ballot {
        issuer.issue(1.try_into().unwrap(), 2.try_into().unwrap(), NOW, 12).unwrap()
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
        let ballot = issue(&Issuer::random());
        let json = serde_json::to_string(&ballot).unwrap();
        assert_eq!(serde_json::from_str::<Ballot>(&json).unwrap(), ballot);
    }

    #[test]
    fn a_ballot_can_be_cast_for_three_minutes() {
        let ballot = issue(&Issuer::random());
        assert_eq!(ballot.check_time(NOW.plus(BALLOT_LIFE_MILLIS - 1)), Ok(()));
        assert_eq!(ballot.check_time(NOW.plus(BALLOT_LIFE_MILLIS)), Err(Problem::BallotExpired));
        assert_eq!(ballot.check_time(NOW.plus(-600_000)), Err(Problem::BallotFromFuture));
    }
}
