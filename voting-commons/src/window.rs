//! How long a ballot can still come: one rule for frontends and registers.
//!
//! A ballot of minute `m` is issued before the minute's end, lives [`BALLOT_LIFE_MILLIS`], is delivered within
//! [`DELIVERY_TIMEOUT_MILLIS`] and was stamped by clocks that differ by [`CLOCK_SKEW_MILLIS`] at most. After that
//! no honest copy of it can reach the log, so its id may be forgotten; a copy that comes all the same is parked.
//! [`is_late`] decides both, which is what makes the set of remembered ids complete.

use crate::time::{Minute, UnixMillis};

/// How long a ballot can be cast after it was issued.
pub const BALLOT_LIFE_MILLIS: i64 = 180_000;
/// How long a frontend waits for Kafka's acknowledgement of one vote.
pub const DELIVERY_TIMEOUT_MILLIS: i64 = 5_000;
/// By how much the clocks of frontends and brokers may differ.
pub const CLOCK_SKEW_MILLIS: i64 = 30_000;
/// From the end of a ballot's minute to the moment its last honest copy has reached the log.
pub const WINDOW_MILLIS: i64 = BALLOT_LIFE_MILLIS + DELIVERY_TIMEOUT_MILLIS + CLOCK_SKEW_MILLIS;

/// Whether a ballot of `minute` can no longer be counted once the log clock shows `log_clock`.
pub fn is_late(minute: Minute, log_clock: UnixMillis) -> bool {
    log_clock >= minute.end().plus(WINDOW_MILLIS)
}

/// Whether a ballot of `minute` claims to be from after `now` by more than clocks may differ.
pub fn is_from_future(minute: Minute, now: UnixMillis) -> bool {
    minute.start() > now.plus(CLOCK_SKEW_MILLIS)
}

/// Whether a record of a ballot of `minute` that the broker stamped `appended_at` is one that registers count.
pub fn holds(minute: Minute, appended_at: UnixMillis) -> bool {
    !is_late(minute, appended_at) && !is_from_future(minute, appended_at)
}

/// The first log clock at which a ballot of `minute` isn't from the future any more.
pub fn opens(minute: Minute) -> UnixMillis {
    minute.start().plus(-CLOCK_SKEW_MILLIS)
}

/// The first log clock at which a ballot of `minute` is late.
pub fn closes(minute: Minute) -> UnixMillis {
    minute.end().plus(WINDOW_MILLIS)
}

/// The last minute of which a ballot may have been counted up to `log_clock`: later ones were from the future. `None` when
/// there is no such minute.
pub fn last_held(log_clock: UnixMillis) -> Option<Minute> {
    log_clock.plus(CLOCK_SKEW_MILLIS).minute()
}

/// The earliest stamp a record can bear whose ballot isn't late at `log_clock`.
///
/// Reading the log from here meets every ballot that can still be retried (those from the future apart, which are
/// parked, and so kept with the dead letters).
pub fn earliest_stamp(log_clock: UnixMillis) -> UnixMillis {
    log_clock.plus(-(WINDOW_MILLIS + crate::time::MINUTE_MILLIS + CLOCK_SKEW_MILLIS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minute(number: i64) -> Minute {
        Minute::try_from(number).unwrap()
    }

    #[test]
    fn a_minute_is_late_exactly_when_its_window_has_passed() {
        let last = minute(100).end().plus(WINDOW_MILLIS - 1);
        assert!(!is_late(minute(100), last));
        assert!(is_late(minute(100), last.plus(1)));
    }

    #[test]
    fn a_minute_is_from_the_future_past_the_skew_only() {
        let early = minute(100).start().plus(-CLOCK_SKEW_MILLIS);
        assert!(!is_from_future(minute(100), early));
        assert!(is_from_future(minute(100), early.plus(-1)));
    }

    #[test]
    fn a_minute_counts_from_its_opening_up_to_its_closing() {
        let minute = minute(100);
        assert!(is_from_future(minute, opens(minute).plus(-1)) && !is_from_future(minute, opens(minute)));
        assert!(!is_late(minute, closes(minute).plus(-1)) && is_late(minute, closes(minute)));
    }

    #[test]
    fn the_last_minute_held_is_the_last_that_isnt_from_the_future() {
        for after in [0, 29_999, 30_000, 59_999] {
            let log_clock = minute(100).start().plus(after);
            let last = last_held(log_clock).unwrap();
            assert!(!is_from_future(last, log_clock) && is_from_future(last.next(), log_clock), "{after}");
        }
    }

    proptest! {
        /// What makes a rebuilt set complete: whatever could be counted and isn't late lies past `earliest_stamp`.
        #[test]
        fn nothing_that_can_be_retried_lies_before_the_earliest_stamp(
            number in 10_000i64..20_000, appended_in in 0i64..400_000, age in 0i64..400_000,
        ) {
            let minute = minute(number);
            let appended_at = minute.start().plus(appended_in - CLOCK_SKEW_MILLIS);
            let log_clock = appended_at.plus(age);
            if holds(minute, appended_at) && !is_late(minute, log_clock) {
                prop_assert!(appended_at >= earliest_stamp(log_clock));
            }
        }
    }
}
