//! Whether a copy of a parked vote's ballot was counted, or may still be: the rules, without the log and the tables.

use std::ops::Range;

use voting_commons::window::{self, CLOCK_SKEW_MILLIS};
use voting_commons::{Minute, UnixMillis};

use crate::skipped;

/// Where a partition stands. Read in this order: the clock, the log's ends, the cursor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) now: UnixMillis,
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) start_offset: i64,
    pub(super) next_offset: i64,
    pub(super) log_clock: UnixMillis,
}

impl Standing {
    /// Whether no copy of a ballot of `minute` can be counted any more: the log clock says so; or, where no more votes
    /// come that would move it, everything in the log is counted and whatever comes will be stamped too late.
    pub(super) fn window_is_closed(&self, minute: Minute) -> bool {
        let is_quiet = self.high <= self.next_offset;
        let has_passed = self.now >= window::closes(minute).plus(CLOCK_SKEW_MILLIS);
        window::is_late(minute, self.log_clock) || (is_quiet && has_passed)
    }

    /// The stamp from which the log must be read to meet every copy of a ballot of `minute` that was counted. Brokers'
    /// clocks may differ, so it lies before the window.
    pub(super) fn first_stamp(minute: Minute) -> UnixMillis {
        window::opens(minute).plus(-CLOCK_SKEW_MILLIS)
    }

    /// The stamp up to which the log must be read; past the window, for the same reason.
    pub(super) fn last_stamp(minute: Minute) -> UnixMillis {
        window::closes(minute).plus(CLOCK_SKEW_MILLIS)
    }

    /// The offsets to read, where `from` and `to` are the first ones with [`Self::first_stamp`] and [`Self::last_stamp`];
    /// the log's beginning when what lay before it may have been within the window.
    pub(super) fn stretch(&self, from: Option<i64>, to: Option<i64>) -> Result<Range<i64>, i64> {
        let from = from.unwrap_or(self.high);
        if self.low > self.start_offset && from <= self.low {
            return Err(self.low);
        }
        Ok(from.max(self.start_offset)..to.unwrap_or(self.next_offset).min(self.next_offset))
    }
}

/// The copy of a ballot that was counted, or may have been.
///
/// Of all copies, in the log's order, the first decides: it is counted, and what follows are duplicates; or it is parked,
/// and remembered all the same. Where copies were passed over, nobody knows whether the next one was counted.
pub(super) fn counted_copy(copies: &[i64], parked: &[i64], skipped: &[Range<i64>]) -> Option<i64> {
    let first = copies.iter().chain(parked).min()?;
    if parked.contains(first) {
        return None;
    }
    copies.iter().copied().filter(|copy| !parked.contains(copy) && !skipped::holds(skipped, *copy)).min()
}

/// The same offsets as ranges in order, none of which overlap.
pub(super) fn merged(mut ranges: Vec<Range<i64>>) -> Vec<Range<i64>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<i64>> = Vec::new();
    for range in ranges {
        match merged.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(log_clock: UnixMillis) -> Standing {
        Standing { now: UnixMillis(0), low: 0, high: 100, start_offset: 0, next_offset: 90, log_clock }
    }

    #[test]
    fn a_window_is_closed_by_the_log_clock_or_by_a_quiet_log_and_the_time() {
        let minute = Minute::try_from(1_000).unwrap();
        let closes = window::closes(minute);
        assert!(!standing(closes.plus(-1)).window_is_closed(minute));
        assert!(standing(closes).window_is_closed(minute));

        let quiet = Standing { high: 90, now: closes.plus(CLOCK_SKEW_MILLIS), ..standing(closes.plus(-1)) };
        assert!(quiet.window_is_closed(minute));
        assert!(!Standing { now: quiet.now.plus(-1), ..quiet }.window_is_closed(minute));
        assert!(!Standing { high: 91, ..quiet }.window_is_closed(minute));
    }

    #[test]
    fn what_must_be_read_must_be_there() {
        let whole = standing(UnixMillis(0));
        assert_eq!(whole.stretch(Some(10), Some(20)), Ok(10..20));
        assert_eq!(whole.stretch(Some(0), None), Ok(0..90));
        let trimmed = Standing { low: 5, ..whole };
        assert_eq!(trimmed.stretch(Some(6), Some(95)), Ok(6..90));
        assert_eq!(trimmed.stretch(Some(5), Some(20)), Err(5));
        assert_eq!(Standing { low: 100, ..whole }.stretch(None, None), Err(100), "an empty log tells nothing");
        assert_eq!(Standing { start_offset: 5, ..trimmed }.stretch(Some(5), Some(20)), Ok(5..20));
    }

    #[test]
    fn the_first_copy_decides() {
        assert_eq!(counted_copy(&[], &[7], &[]), None);
        assert_eq!(counted_copy(&[3, 5], &[7], &[]), Some(3));
        assert_eq!(counted_copy(&[3, 5], &[3], &[]), None, "the second was a duplicate of the parked one");
        assert_eq!(counted_copy(&[5], &[1, 7], &[]), None, "parked from the future, before what was read");
        assert_eq!(counted_copy(&[3], &[7], &[1..2, 3..4]), None);
        assert_eq!(counted_copy(&[3, 5], &[7], &[1..2, 3..4]), Some(5));
    }

    #[test]
    fn ranges_that_touch_become_one() {
        assert_eq!(merged(vec![8..9, 1..3, 5..5, 3..4, 2..3]), [1..4, 8..9]);
    }
}
