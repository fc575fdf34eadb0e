//! Numbers and times as people write them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use voting_commons::adapters::texts::{Text, Texts};
use voting_commons::percentages::Percent;

use crate::app::Zone;

/// The hour and minute in `tz`.
pub(super) fn hour_minute(timestamp: &Timestamp, tz: &TimeZone) -> String {
    timestamp.to_zoned(tz.clone()).strftime("%H:%M").to_string()
}

/// The time of day in `tz`, to the second.
pub(super) fn clock(timestamp: &Timestamp, tz: &TimeZone) -> String {
    timestamp.to_zoned(tz.clone()).strftime("%H:%M:%S").to_string()
}

/// The minute in `tz` as a form's field takes it; empty for none.
pub(super) fn field(timestamp: &Option<Timestamp>, tz: &TimeZone) -> String {
    let text = |timestamp: &Timestamp| timestamp.to_zoned(tz.clone()).strftime("%Y-%m-%dT%H:%M").to_string();
    timestamp.as_ref().map(text).unwrap_or_default()
}

/// `1500` milliseconds as `1,5 s` or `1.5 s`.
pub(super) fn tenths(t: &Texts, millis: &i64) -> String {
    format!("{} s", t.language().decimal(millis / 100, 1))
}

/// Percentage points with both their decimals: `21,56` or `21.56`.
pub(super) fn points(t: &Texts, points: &Percent) -> String {
    t.language().decimal(points.hundredths().into(), 2)
}

/// The zone as people call it.
pub(super) fn zone(t: &Texts, zone: &Zone) -> Text {
    match &*zone.name {
        "America/Sao_Paulo" => t.text("zone-brasilia"),
        name => t.text("zone-other").with("zone", name),
    }
}

/// How long ago something was, roughly: `há 5 min`. What is `millis` milliseconds ahead is now.
pub(super) fn ago(t: Texts, millis: i64) -> Text {
    let seconds = millis.max(0) / 1000;
    let (id, n) = match seconds {
        0..120 => ("ago-seconds", seconds),
        120..7_200 => ("ago-minutes", seconds / 60),
        7_200..172_800 => ("ago-hours", seconds / 3_600),
        _ => ("ago-days", seconds / 86_400),
    };
    t.text(id).with("n", n)
}

#[cfg(test)]
mod tests {
    use voting_commons::Language;

    use super::*;
    use crate::language::texts;

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let lead = Percent::try_from(2156).unwrap();
        let shown = Language::ALL.map(texts).map(|t| (tenths(&t, &3_600_099), points(&t, &lead)));
        let expected = [("3.600,0 s", "21,56"), ("3,600.0 s", "21.56")];
        assert_eq!(shown, expected.map(|(lag, lead)| (lag.to_owned(), lead.to_owned())));
    }

    #[test]
    fn a_zone_is_called_as_people_call_it() {
        let called = |name: &str| {
            let named = Zone { name: name.into(), tz: TimeZone::get(name).unwrap() };
            Language::ALL.map(|language| zone(&texts(language), &named).to_string())
        };
        assert_eq!(called("America/Sao_Paulo"), ["horário de Brasília", "Brasília time"]);
        assert_eq!(called("America/Manaus"), ["horário de America/Manaus", "the time of America/Manaus"]);
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let tz = TimeZone::get("America/Sao_Paulo").unwrap();
        let at = "2026-11-22T00:30:05Z".parse().unwrap();
        assert_eq!((hour_minute(&at, &tz).as_str(), clock(&at, &tz).as_str()), ("21:30", "21:30:05"));
        assert_eq!((field(&Some(at), &tz).as_str(), field(&None, &tz).as_str()), ("2026-11-21T21:30", ""));
    }
}
