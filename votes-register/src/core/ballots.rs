//! The ballots that were seen and can still be retried.

use std::collections::BTreeMap;

use roaring::RoaringTreemap;
use rustc_hash::FxHashMap;
use voting_commons::{BallotId, Minute, UnixMillis, window};

/// The most ballots one partition remembers, in ids: several minutes of the record vote in a single partition.
/// At the limit the partition halts, for to forget one would be to count it twice.
pub const BALLOTS_MAX: u64 = 40_000_000;

/// The ids seen, per minute, so that a minute's ids go all at once, and per issuer, so that they are a bitmap.
#[derive(Debug, Clone, Default)]
pub struct BallotSet {
    minutes: BTreeMap<Minute, OfMinute>,
    ids: u64,
}

#[derive(Debug, Clone, Default)]
struct OfMinute {
    issuers: FxHashMap<u64, RoaringTreemap>,
    /// `None` while each of them is known without the log.
    first_offset: Option<i64>,
}

impl BallotSet {
    /// Remembers a ballot; `false` when it was there before. `offset` is where the log must be read to know it: `None` where
    /// a dead letter says it.
    pub fn insert(&mut self, minute: Minute, ballot: BallotId, offset: Option<i64>) -> bool {
        let of_minute = self.minutes.entry(minute).or_default();
        of_minute.first_offset = of_minute.first_offset.into_iter().chain(offset).min();
        let new = of_minute.issuers.entry(ballot.issuer).or_default().insert(ballot.sequence);
        self.ids += u64::from(new);
        new
    }

    /// From here on the log must be read to meet them all again; `None` when it needn't be.
    pub fn first_offset(&self) -> Option<i64> {
        self.minutes.values().filter_map(|of_minute| of_minute.first_offset).min()
    }

    /// Forgets every minute whose ballots are late at `log_clock`, by the rule that parks such ballots.
    pub fn forget_late(&mut self, log_clock: UnixMillis) {
        while let Some(minute) = self.minutes.first_entry() {
            if !window::is_late(*minute.key(), log_clock) {
                break;
            }
            self.ids -= minute.remove().issuers.values().map(RoaringTreemap::len).sum::<u64>();
        }
    }

    /// How many ballots are remembered.
    pub fn len(&self) -> u64 {
        self.ids
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.ids == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(number: i64) -> Minute {
        Minute::try_from(number).unwrap()
    }

    fn ballot(sequence: u64) -> BallotId {
        BallotId { issuer: 9, sequence }
    }

    #[test]
    fn a_ballot_is_new_once() {
        let mut set = BallotSet::default();
        assert!(set.insert(minute(5), ballot(1), Some(10)));
        assert!(!set.insert(minute(5), ballot(1), Some(10)));
        assert!(set.insert(minute(5), ballot(2), Some(11)));
        assert_eq!(set.len(), 2);
    }

    #[test]
    fn a_minute_is_remembered_until_it_is_late_and_not_longer() {
        let mut set = BallotSet::default();
        set.insert(minute(5), ballot(1), Some(10));
        set.insert(minute(6), ballot(2), Some(8));
        let late = minute(5).end().plus(window::WINDOW_MILLIS);
        set.forget_late(late.plus(-1));
        assert_eq!(set.len(), 2);
        set.insert(minute(9), ballot(3), None);
        assert_eq!((set.first_offset(), set.len()), (Some(8), 3));
        set.forget_late(late);
        assert_eq!(set.len(), 2);
        assert!(!set.insert(minute(6), ballot(2), Some(8)));
    }
}
