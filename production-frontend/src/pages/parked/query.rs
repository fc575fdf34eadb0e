//! What the address of the list says: which records, and which page of them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use crate::dead_letters::store::Filter;
use crate::error::Error;

/// As a form sends it: what was left empty is there, and empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    pub(super) reason: String,
    pub(super) partition: String,
    /// A slug.
    pub(super) paredao: String,
    /// A day of the zone, as `2026-11-21`.
    pub(super) from: String,
    /// The last day.
    pub(super) to: String,
    /// `true`, `false` or empty for both.
    pub(super) replayed: String,
    /// The id below which the page begins.
    pub(super) after: String,
}

impl ListQuery {
    /// Which records it lets through; days are of `tz`.
    pub(super) fn filter(&self, tz: &TimeZone) -> Result<Filter, Error> {
        let filter = Filter {
            reason: read("reason", &self.reason, |text| is_plain(text).then(|| text.to_owned()))?,
            partition: read("partition", &self.partition, |text| text.parse().ok())?,
            paredao: read("paredao", &self.paredao, |text| is_plain(text).then(|| text.to_owned()))?,
            from: read("from", &self.from, |text| beginning(text, 0, tz))?,
            to: read("to", &self.to, |text| beginning(text, 1, tz))?,
            replayed: read("replayed", &self.replayed, |text| text.parse().ok())?,
            replayable: None,
        };
        if filter.from.zip(filter.to).is_some_and(|(from, to)| from >= to) {
            return Err(Error::RangeBackwards);
        }
        Ok(filter)
    }

    /// The id below which the page begins; none for the first page.
    pub(super) fn after(&self) -> Result<Option<i64>, Error> {
        read("after", &self.after, |text| text.parse().ok())
    }

    /// The first page of the same records, as a query in an address. What was read needs no escapes there.
    pub(super) fn first_page(&self) -> String {
        self.page("")
    }

    /// The page that begins below the id `after`.
    pub(super) fn page_after(&self, after: &i64) -> String {
        self.page(&after.to_string())
    }

    fn page(&self, after: &str) -> String {
        let fields = self.fields().into_iter().chain([("after", after)]);
        let said: Vec<_> =
            fields.filter(|(_, value)| !value.is_empty()).map(|(n, value)| format!("{n}={value}")).collect();
        said.join("&")
    }

    /// The first page of those parked for `reason`; empty for all reasons.
    pub(super) fn of_reason(&self, reason: &str) -> String {
        Self { reason: reason.to_owned(), ..self.clone() }.first_page()
    }

    fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("reason", &self.reason),
            ("partition", &self.partition),
            ("paredao", &self.paredao),
            ("from", &self.from),
            ("to", &self.to),
            ("replayed", &self.replayed),
        ]
    }

    /// Whether anything but the reason narrows down what may be replayed.
    pub(super) fn is_narrowed(&self) -> bool {
        self.fields().iter().any(|(name, value)| !["reason", "replayed"].contains(name) && !value.is_empty())
    }
}

fn read<T>(name: &str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or_else(|| Error::QueryMalformed(format!("`{name}` can't be read")))
}

/// Reasons and slugs are of these letters.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'))
}

/// When the day that is `days` after this one begins.
fn beginning(text: &str, days: i64, tz: &TimeZone) -> Option<Timestamp> {
    let day: Date = text.parse().ok()?;
    Some(day.checked_add(days.days()).ok()?.to_zoned(tz.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(change: impl FnOnce(&mut ListQuery)) -> Result<Filter, Error> {
        let mut query = ListQuery::default();
        change(&mut query);
        query.filter(&TimeZone::get("America/Sao_Paulo").unwrap())
    }

    #[test]
    fn days_are_of_the_zone_and_the_last_one_is_whole() {
        let filter = filter(|query| {
            query.from = "2026-11-21".to_owned();
            query.to = "2026-11-21".to_owned();
        })
        .unwrap();
        assert_eq!(filter.from.unwrap().to_string(), "2026-11-21T03:00:00Z");
        assert_eq!(filter.to.unwrap().to_string(), "2026-11-22T03:00:00Z");
    }

    #[test]
    fn what_is_empty_narrows_nothing_down() {
        assert_eq!(filter(|_| ()).unwrap(), Filter::default());
        assert!(!ListQuery { reason: "too_late".to_owned(), ..ListQuery::default() }.is_narrowed());
        assert!(ListQuery { partition: "3".to_owned(), ..ListQuery::default() }.is_narrowed());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let refused = |change: fn(&mut ListQuery)| assert!(matches!(filter(change), Err(Error::QueryMalformed(_))));
        refused(|query| query.reason = "a&b".to_owned());
        refused(|query| query.paredao = "\"".to_owned());
        refused(|query| query.partition = "um".to_owned());
        refused(|query| query.from = "ontem".to_owned());
        refused(|query| query.to = "9999-12-31".to_owned());
        refused(|query| query.replayed = "sim".to_owned());
        let backwards = filter(|query| {
            query.from = "2026-11-22".to_owned();
            query.to = "2026-11-21".to_owned();
        });
        assert!(matches!(backwards, Err(Error::RangeBackwards)));
    }

    #[test]
    fn a_page_keeps_the_filter() {
        let query = ListQuery { reason: "too_late".to_owned(), partition: "3".to_owned(), ..ListQuery::default() };
        assert_eq!(query.page_after(&7), "reason=too_late&partition=3&after=7");
        assert_eq!(query.first_page(), "reason=too_late&partition=3");
        assert_eq!(query.of_reason(""), "partition=3");
    }
}
