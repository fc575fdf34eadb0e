//! What the page's address says: granularity, range, and the paredão to compare with.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::error::Error;
use crate::instant;
use crate::totals::Grain;
use crate::totals::store::Selection;

/// As a form sends it: what was left empty is there, and empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct TableQuery {
    granularity: Grain,
    /// RFC 3339, or without an offset a time of the zone, as browsers send it.
    from: String,
    /// The same.
    to: String,
    /// The slug of the paredão to compare with.
    with: String,
}

/// The same, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) granularity: Grain,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    pub(super) with: Option<String>,
}

impl TableQuery {
    /// Reads it; times without an offset are of `tz`. A range holds whole spans: a part of an hour would look like an hour, and
    /// be compared with one.
    pub(super) fn read(&self, tz: &TimeZone) -> Result<Shown, Error> {
        let (from, to) = (instant("from", &self.from, tz)?, instant("to", &self.to, tz)?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(Error::RangeBackwards);
        }
        Ok(Shown {
            granularity: self.granularity,
            from: from.map(|from| self.granularity.start_of(from, tz)),
            to: to.map(|to| self.granularity.end_at(to, tz)),
            with: Some(self.with.clone()).filter(|slug| !slug.is_empty()),
        })
    }
}

impl Shown {
    pub(super) fn selection(&self) -> Selection {
        Selection { granularity: self.granularity, from: self.from, to: self.to }
    }

    /// As a query in an address.
    pub(super) fn query(&self) -> String {
        let mut query = format!("granularity={}", self.granularity.name());
        for (name, instant) in [("from", self.from), ("to", self.to)] {
            if let Some(instant) = instant {
                query.push_str(&format!("&{name}={instant}"));
            }
        }
        if let Some(slug) = &self.with {
            query.push_str(&format!("&with={slug}"));
        }
        query
    }
}

fn instant(name: &str, text: &str, tz: &TimeZone) -> Result<Option<Timestamp>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    instant::read(text, tz)
        .map(Some)
        .ok_or_else(|| Error::QueryMalformed(format!("`{name}` is no time, as 2026-11-21T21:00 is one")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(granularity: Grain, from: &str, to: &str, with: &str) -> Result<Shown, Error> {
        let query = TableQuery { granularity, from: from.to_owned(), to: to.to_owned(), with: with.to_owned() };
        query.read(&TimeZone::get("America/Sao_Paulo").unwrap())
    }

    #[test]
    fn what_was_left_empty_isnt_asked_for() {
        let all = read(Grain::Hour, "", " ", "").unwrap();
        assert_eq!(all, Shown { granularity: Grain::Hour, from: None, to: None, with: None });
        assert_eq!(all.query(), "granularity=hour");
    }

    #[test]
    fn times_are_of_the_zone_unless_they_say_otherwise() {
        let shown = read(Grain::FiveMinutes, "2026-11-21T21:00", "2026-11-22T02:00:00Z", "final-2025").unwrap();
        assert_eq!(shown.from.unwrap().to_string(), "2026-11-22T00:00:00Z");
        assert_eq!(shown.query(), "granularity=5min&from=2026-11-22T00:00:00Z&to=2026-11-22T02:00:00Z&with=final-2025");
    }

    #[test]
    fn a_range_holds_whole_spans() {
        let range = |granularity, from: &str, to: &str| {
            let Shown { from, to, .. } = read(granularity, from, to, "").unwrap();
            [from, to].map(|bound| bound.unwrap().to_string())
        };
        let by_hour = range(Grain::Hour, "2026-11-21T20:37", "2026-11-21T21:00:01");
        assert_eq!(by_hour, ["2026-11-21T23:00:00Z", "2026-11-22T01:00:00Z"]);
        let by_day = range(Grain::Day, "2026-11-21T20:37", "2026-11-21T20:37");
        assert_eq!(by_day, ["2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z"]);
        let whole = range(Grain::FiveMinutes, "2026-11-21T20:35", "2026-11-21T20:40");
        assert_eq!(whole, ["2026-11-21T23:35:00Z", "2026-11-21T23:40:00Z"]);
    }

    #[test]
    fn ranges_that_cannot_be_read_or_run_backwards_are_refused() {
        assert!(matches!(read(Grain::Hour, "ontem", "", ""), Err(Error::QueryMalformed(_))));
        assert!(matches!(read(Grain::Hour, "2026-11-22", "2026-11-21", ""), Err(Error::RangeBackwards)));
    }
}
