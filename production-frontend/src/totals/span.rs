//! Where spans of time begin and end, in a zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Grain;

/// A civil day's usual length.
const DAY_SECONDS: i64 = 24 * 3600;

impl Grain {
    /// The length in seconds; none for a civil day, which may be an hour longer or shorter.
    const fn seconds(self) -> Option<i64> {
        match self {
            Self::Minute => Some(60),
            Self::FiveMinutes => Some(5 * 60),
            Self::QuarterHour => Some(15 * 60),
            Self::Hour => Some(3600),
            Self::Day => None,
        }
    }

    /// When the span begins in which `at` lies.
    pub(crate) fn start_of(self, at: Timestamp, tz: &TimeZone) -> Timestamp {
        let Some(seconds) = self.seconds() else {
            return at.to_zoned(tz.clone()).start_of_day().map_or(Timestamp::MIN, |day| day.timestamp());
        };
        // An hour begins where the zone's clocks say so, which may be half an hour off.
        let offset = i64::from(tz.to_offset(at).seconds());
        let local = (at.as_second() + offset).div_euclid(seconds) * seconds;
        Timestamp::from_second(local - offset).unwrap_or(Timestamp::MIN)
    }

    /// When the span ends that begins at `start`: the first instant that isn't in it.
    pub(crate) fn end_of(self, start: Timestamp, tz: &TimeZone) -> Timestamp {
        match self.seconds() {
            Some(seconds) => {
                Timestamp::from_second(start.as_second().saturating_add(seconds)).unwrap_or(Timestamp::MAX)
            }
            None => {
                let tomorrow = start.to_zoned(tz.clone()).tomorrow().and_then(|day| day.start_of_day());
                tomorrow.map_or(Timestamp::MAX, |day| day.timestamp())
            }
        }
    }

    /// When the spans end that hold everything before `at`.
    pub(crate) fn end_at(self, at: Timestamp, tz: &TimeZone) -> Timestamp {
        let start = self.start_of(at, tz);
        if start == at { at } else { self.end_of(start, tz) }
    }

    /// How many spans after the one of `origin` the one begins that begins at `start`; negative before it.
    pub(crate) fn position_of(self, start: Timestamp, origin: Timestamp, tz: &TimeZone) -> i64 {
        let seconds = self.seconds().unwrap_or(DAY_SECONDS);
        let distance = start.as_second() - self.start_of(origin, tz).as_second();
        // To the nearest, for the days that are an hour longer or shorter.
        (distance + seconds / 2).div_euclid(seconds)
    }

    /// When the span begins that is `position` spans after the one of `origin`.
    pub(crate) fn at_position(self, position: i64, origin: Timestamp, tz: &TimeZone) -> Timestamp {
        let seconds = self.seconds().unwrap_or(DAY_SECONDS);
        // From the middle of a span its beginning is found, also where a day was longer or shorter.
        let middle =
            self.start_of(origin, tz).as_second().saturating_add(position.saturating_mul(seconds) + seconds / 2);
        Timestamp::from_second(middle).map_or(Timestamp::MAX, |middle| self.start_of(middle, tz))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn spans_begin_by_the_zones_clocks() {
        let tz = zone("America/Sao_Paulo");
        let starts = Grain::ALL.map(|grain| grain.start_of(at("2026-11-22T02:59:59Z"), &tz).to_string());
        let expected = ["02:59:00", "02:55:00", "02:45:00", "02:00:00"].map(|time| format!("2026-11-22T{time}Z"));
        assert_eq!(starts[..4], expected);
        assert_eq!(starts[4], "2026-11-21T03:00:00Z");
        let kolkata = Grain::Hour.start_of(at("2026-11-22T02:59:59Z"), &zone("Asia/Kolkata"));
        assert_eq!(kolkata, at("2026-11-22T02:30:00Z"));
    }

    #[test]
    fn a_span_ends_where_the_next_begins() {
        let tz = zone("America/Sao_Paulo");
        // Clocks went forward on the first of these days, so it has 23 hours.
        for day in ["2018-11-04T12:00:00Z", "2026-11-22T02:59:59Z"] {
            for grain in Grain::ALL {
                let end = grain.end_of(grain.start_of(at(day), &tz), &tz);
                assert_eq!(grain.start_of(end, &tz), end, "{grain:?}");
                assert!(end > at(day));
            }
        }
    }

    #[test]
    fn positions_count_spans_of_the_clock_since_the_opening() {
        let (tz, opening) = (zone("America/Sao_Paulo"), at("2018-11-03T23:20:00Z"));
        for grain in Grain::ALL {
            for position in [0, 1, 2, 100] {
                let start = grain.at_position(position, opening, &tz);
                assert_eq!(grain.position_of(start, opening, &tz), position, "{grain:?}");
                assert_eq!(grain.start_of(start, &tz), start, "{grain:?}");
            }
        }
        assert_eq!(Grain::Hour.at_position(1, opening, &tz), at("2018-11-04T00:00:00Z"));
        assert_eq!(Grain::Hour.position_of(at("2018-11-03T22:00:00Z"), opening, &tz), -1);
    }
}
