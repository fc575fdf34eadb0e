//! The two units of time in which votes are counted: UTC minutes, and milliseconds as Kafka stamps them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Milliseconds in a minute.
pub const MINUTE_MILLIS: i64 = 60_000;

/// Milliseconds since the Unix epoch, the unit of Kafka's LogAppendTime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The minute this instant falls into; `None` before the epoch or past the year 6000.
    pub fn minute(self) -> Option<Minute> {
        Minute::try_from(self.0.div_euclid(MINUTE_MILLIS)).ok()
    }

    /// This instant moved by `millis`, which may be negative; stops at the ends of the range.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<Timestamp> for UnixMillis {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_millisecond())
    }
}

/// A whole minute in UTC, counted from the Unix epoch. A vote counts in the minute in which its ballot was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i32")]
pub struct Minute(i32);

impl Minute {
    /// Minutes since the Unix epoch, as a column of type `integer` holds them: 0 or more.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// The first instant of this minute.
    pub const fn start(self) -> UnixMillis {
        UnixMillis(self.0 as i64 * MINUTE_MILLIS)
    }

    /// The first instant after this minute.
    pub const fn end(self) -> UnixMillis {
        UnixMillis((self.0 as i64 + 1) * MINUTE_MILLIS)
    }

    /// The minute after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The first instant of this minute, for JSON and SQL.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.start().0).expect("a minute ends before the year 6100, and jiff at 9999")
    }
}

/// The number isn't a minute: 0 to `i32::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a minute is a whole number from 0 to {}", i32::MAX)]
pub struct MinuteOutOfRange;

impl TryFrom<i64> for Minute {
    type Error = MinuteOutOfRange;

    fn try_from(number: i64) -> Result<Self, MinuteOutOfRange> {
        match i32::try_from(number) {
            Ok(minute) if minute >= 0 => Ok(Self(minute)),
            _ => Err(MinuteOutOfRange),
        }
    }
}

impl From<Minute> for i32 {
    fn from(minute: Minute) -> i32 {
        minute.0
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_its_first_millisecond_and_not_its_end() {
        let minute = Minute::try_from(29_395_760).unwrap();
        assert_eq!(minute.start().minute(), Some(minute));
        assert_eq!(minute.end().plus(-1).minute(), Some(minute));
        assert_eq!(minute.end().minute(), Some(minute.next()));
    }

    #[test]
    fn what_lies_before_the_epoch_has_no_minute() {
        assert_eq!(UnixMillis(-1).minute(), None);
        assert!(Minute::try_from(-1).is_err());
    }
}
