//! Totals as a table: a row per span of time, also for spans without votes. The chart draws the same rows.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;
use voting_commons::adapters::texts::Texts;

use super::store::Selection;
use super::{Grain, SeriesItem, TotalsView};
use crate::paredao::store::Paredao;

/// A row of the table, and a point of the chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowView {
    /// When the span begins.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// When it ends: the first instant that isn't in it.
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
    /// Its length: coarser than asked for where old buckets were compacted.
    pub grain: Grain,
    /// The span in words, in the language asked for and in the zone of the pages.
    #[schema(example = "21/11 21h")]
    pub label: String,
    /// The votes of each participant, in their order.
    pub votes: Vec<i64>,
    /// The votes of all of them.
    pub total: i64,
}

/// The rows of a table, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<RowView>,
    /// Whether none is left out.
    pub(crate) are_all: bool,
}

/// When the last span ends in which somebody could have voted, of those asked for.
pub(crate) fn open_end(paredao: &Paredao, selection: &Selection) -> Timestamp {
    [paredao.view.closes_at, selection.to].into_iter().flatten().fold(paredao.as_of, Timestamp::min)
}

/// Within which time a span without votes is one that nobody voted in: the paredão was open, and it was asked for.
pub(crate) fn open_range(paredao: &Paredao, selection: &Selection, totals: &TotalsView) -> Range<Timestamp> {
    let view = &paredao.view;
    let end = open_end(paredao, selection);
    let begin = match view.opens_at {
        None => end,
        // What nobody can tell any more isn't "no votes".
        Some(_) if totals.is_cut => totals.series.first().map_or(end, |item| item.start),
        Some(opens_at) => selection.from.map_or(opens_at, |from| from.max(opens_at)),
    };
    begin..end
}

/// The newest `rows_max` rows of `totals`, with labels in the language of `t`. Spans without votes get a row where they lie in
/// `open`.
pub(crate) fn rows(totals: &TotalsView, open: Range<Timestamp>, rows_max: usize, tz: &TimeZone, t: Texts) -> Rows {
    let spans = totals.series.chunk_by(|a, b| (a.start, a.grain) == (b.start, b.grain));
    let mut rows: BTreeMap<(Timestamp, Grain), RowView> =
        spans.map(|items| ((items[0].start, items[0].grain), row(items, totals, tz, t))).collect();
    let asked = totals.granularity;
    let mut end = open.end;
    for _ in 0..=rows_max {
        if end <= open.start {
            break;
        }
        let start = asked.start_of(just_before(end), tz);
        if !is_there(&rows, start, asked, tz) {
            rows.insert((start, asked), empty_row(start, totals, tz, t));
        }
        end = start;
    }
    let surplus = rows.len().saturating_sub(rows_max);
    Rows { are_all: surplus == 0 && end <= open.start, rows: rows.into_values().skip(surplus).collect() }
}

/// Whether a row holds the votes of the span that begins at `start`: its own, or that of a compacted hour or day.
fn is_there(rows: &BTreeMap<(Timestamp, Grain), RowView>, start: Timestamp, asked: Grain, tz: &TimeZone) -> bool {
    let mut grains = [asked, Grain::Hour, Grain::Day].into_iter().filter(|&grain| grain >= asked);
    grains.any(|grain| rows.contains_key(&(grain.start_of(start, tz), grain)))
}

fn row(items: &[SeriesItem], totals: &TotalsView, tz: &TimeZone, t: Texts) -> RowView {
    let SeriesItem { start, grain, .. } = items[0];
    let votes_of = |id| items.iter().filter(|item| item.participant == id).map(|item| item.votes).sum();
    let votes: Vec<i64> = totals.participants.iter().map(|participant| votes_of(participant.id)).collect();
    RowView {
        start,
        end: grain.end_of(start, tz),
        grain,
        label: label((start, grain), totals.granularity, tz, t),
        total: votes.iter().sum(),
        votes,
    }
}

fn empty_row(start: Timestamp, totals: &TotalsView, tz: &TimeZone, t: Texts) -> RowView {
    let grain = totals.granularity;
    RowView {
        start,
        end: grain.end_of(start, tz),
        grain,
        label: label((start, grain), grain, tz, t),
        votes: vec![0; totals.participants.len()],
        total: 0,
    }
}

/// The span in words. One that is coarser than asked for says so.
fn label((start, grain): (Timestamp, Grain), asked: Grain, tz: &TimeZone, t: Texts) -> String {
    let id = match grain {
        Grain::Day if asked == grain => "row-day",
        Grain::Day => "row-merged-day",
        Grain::Hour if asked == grain => "row-hour",
        Grain::Hour => "row-merged-hour",
        Grain::Minute | Grain::FiveMinutes | Grain::QuarterHour => "row-minute",
    };
    let start = start.to_zoned(tz.clone());
    let said = t.text(id).with("day", t.language().short_day(&start));
    said.with("hour", start.strftime("%H").to_string()).with("minute", start.strftime("%M").to_string()).to_string()
}

/// The last whole second before `end`.
fn just_before(end: Timestamp) -> Timestamp {
    let second = end.as_second() - i64::from(end.subsec_nanosecond() == 0);
    Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use voting_commons::Language;

    use super::*;
    use crate::language::texts;
    use crate::paredao::ParticipantView;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-21T{text}Z").parse().unwrap()
    }

    fn tz() -> TimeZone {
        TimeZone::get("America/Sao_Paulo").unwrap()
    }

    fn portuguese() -> Texts {
        texts(Language::Portuguese)
    }

    fn totals(granularity: Grain, series: &[(&str, i32, i64, Grain)]) -> TotalsView {
        let named = |id| ParticipantView { id, name: format!("n{id}"), photo_url: None };
        let item = |&(start, participant, votes, grain): &(&str, i32, i64, Grain)| SeriesItem {
            start: at(start),
            participant,
            votes,
            grain,
        };
        TotalsView::of(&[named(1), named(2)], granularity, at("23:00:00"), 0, series.iter().map(item).collect())
    }

    fn shown(rows: &Rows) -> Vec<(&str, &[i64])> {
        rows.rows.iter().map(|row| (row.label.as_str(), row.votes.as_slice())).collect()
    }

    #[test]
    fn spans_without_votes_have_rows_while_the_paredao_is_open() {
        let totals = totals(
            Grain::Hour,
            &[("12:00:00", 1, 5, Grain::Hour), ("12:00:00", 2, 6, Grain::Hour), ("15:00:00", 2, 7, Grain::Hour)],
        );
        let all = rows(&totals, at("12:30:00")..at("16:00:01"), 10, &tz(), portuguese());
        let expected: [(&str, &[i64]); 5] = [
            ("21/11 09h", &[5, 6]),
            ("21/11 10h", &[0, 0]),
            ("21/11 11h", &[0, 0]),
            ("21/11 12h", &[0, 7]),
            ("21/11 13h", &[0, 0]),
        ];
        assert_eq!(shown(&all), expected);
        assert!(all.are_all);
        assert_eq!(all.rows.iter().map(|row| row.total).sum::<i64>(), totals.total);
        let newest = rows(&totals, at("12:30:00")..at("16:00:01"), 2, &tz(), portuguese());
        assert_eq!(shown(&newest), expected[3..]);
        assert!(!newest.are_all);
        assert_eq!(shown(&rows(&totals, at("12:00:00")..at("12:00:00"), 10, &tz(), portuguese())).len(), 2);
    }

    #[test]
    fn a_compacted_span_isnt_filled_with_spans_without_votes() {
        let series = [("12:00:00", 1, 5, Grain::Hour), ("13:30:00", 1, 6, Grain::QuarterHour)];
        let rows = rows(&totals(Grain::QuarterHour, &series), at("12:00:00")..at("13:45:00"), 10, &tz(), portuguese());
        let labels: Vec<_> = rows.rows.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(labels, ["21/11 09h (hora)", "21/11 10:00", "21/11 10:15", "21/11 10:30"]);
        assert_eq!((rows.rows[0].end, rows.rows[1].end), (at("13:00:00"), at("13:15:00")));
    }

    #[test]
    fn hours_of_two_days_are_never_one() {
        // 23h and 00h in São Paulo.
        let series = [("02:00:00", 1, 1, Grain::Hour), ("03:00:00", 1, 2, Grain::Hour)];
        let by_hour = rows(&totals(Grain::Hour, &series), at("02:00:00")..at("04:00:00"), 10, &tz(), portuguese());
        assert_eq!(shown(&by_hour).iter().map(|row| row.0).collect::<Vec<_>>(), ["20/11 23h", "21/11 00h"]);
    }

    #[test]
    fn labels_are_in_the_language_asked_for() {
        let in_english = |start, grain, asked| label((at(start), grain), asked, &tz(), texts(Language::English));
        assert_eq!(in_english("12:05:00", Grain::FiveMinutes, Grain::FiveMinutes), "Nov 21, 09:05");
        assert_eq!(in_english("12:00:00", Grain::Hour, Grain::Hour), "Nov 21, 09:00");
        assert_eq!(in_english("12:00:00", Grain::Hour, Grain::Minute), "Nov 21, 09:00 (hour)");
        assert_eq!(in_english("03:00:00", Grain::Day, Grain::Day), "Nov 21");
        assert_eq!(in_english("03:00:00", Grain::Day, Grain::Hour), "Nov 21 (day)");
    }
}
