//! Times as scripts and browsers write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads RFC 3339, or without an offset a time of `tz`; none where `text` is neither.
pub(crate) fn read(text: &str, tz: &TimeZone) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        tz.to_timestamp(civil).ok()
    })
}
