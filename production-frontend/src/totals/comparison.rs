//! Another paredão's votes beside those of this one, span by span since each of them opened.
//!
//! The first span of each is the one of the clock in which it opened: the first hour of one that opened at 20:45 is that
//! from 20:00 on.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

use super::store::{self, Selection};
use super::table::RowView;
use super::{Grain, TotalsView};
use crate::app::Zone;
use crate::error::Error;
use crate::paredao::store::Paredao;

/// The other paredão's votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// For each row of the table the other's votes; none where there is nothing to compare with.
    pub(crate) votes: Vec<Option<i64>>,
    /// The grain by which the two can be compared, where the other's votes aren't kept as finely as those of the table.
    pub(crate) coarser: Option<Grain>,
}

/// Reads the votes of `other` beside `rows`, which are of `paredao`; all of one snapshot.
pub(crate) async fn read(
    snapshot: &mut PgConnection,
    (paredao, other): (&Paredao, &Paredao),
    granularity: Grain,
    rows: &[RowView],
    zone: &Zone,
) -> Result<Comparison, Error> {
    let nothing = Comparison { votes: vec![None; rows.len()], coarser: None };
    let (Some(opening), Some(others_opening)) = (paredao.view.opens_at, other.view.opens_at) else {
        return Ok(nothing);
    };
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(nothing) };
    let there = |start, after: i64| {
        let position = granularity.position_of(start, opening, &zone.tz) + after;
        granularity.at_position(position, others_opening, &zone.tz)
    };
    // The other's votes of the same spans and no more: its whole table may be too long.
    let selection = Selection { granularity, from: Some(there(first.start, 0)), to: Some(there(last.start, 1)) };
    let totals = store::read(snapshot, other, selection, &zone.name).await?;
    if let Some(coarser) = coarser_than_asked(&totals) {
        return Ok(Comparison { coarser: Some(coarser), ..nothing });
    }
    Ok(Comparison { votes: aligned(rows, opening, &totals, (others_opening, end(other)), &zone.tz), coarser: None })
}

/// The coarsest grain of the totals, if it is coarser than asked for.
fn coarser_than_asked(totals: &TotalsView) -> Option<Grain> {
    let coarsest = totals.series.iter().map(|item| item.grain).max();
    coarsest.filter(|&grain| grain > totals.granularity).or(totals.is_cut.then_some(Grain::Day))
}

/// When it closed, or now.
fn end(paredao: &Paredao) -> Timestamp {
    paredao.view.closes_at.map_or(paredao.as_of, |closes_at| closes_at.min(paredao.as_of))
}

/// For each row the votes of the span at the same position since the other's opening; none where the other wasn't open.
fn aligned(
    rows: &[RowView],
    opening: Timestamp,
    others: &TotalsView,
    (others_opening, others_end): (Timestamp, Timestamp),
    tz: &TimeZone,
) -> Vec<Option<i64>> {
    let grain = others.granularity;
    let mut votes = HashMap::<Timestamp, i64>::new();
    for item in &others.series {
        *votes.entry(item.start).or_default() += item.votes;
    }
    let of_row = |row: &RowView| {
        let position = grain.position_of(row.start, opening, tz);
        let start = grain.at_position(position, others_opening, tz);
        let is_comparable = row.grain == grain && position >= 0 && start < others_end;
        is_comparable.then(|| votes.get(&start).copied().unwrap_or_default())
    };
    rows.iter().map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use voting_commons::Language;

    use super::*;
    use crate::language::texts;
    use crate::paredao::ParticipantView;
    use crate::totals::SeriesItem;
    use crate::totals::table::rows;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    fn totals(series: &[(&str, i64)], grain: Grain) -> TotalsView {
        let ana = ParticipantView { id: 1, name: "Ana".to_owned(), photo_url: None };
        let item = |&(start, votes): &(&str, i64)| SeriesItem { start: at(start), participant: 1, votes, grain };
        TotalsView::of(&[ana], Grain::Hour, at("22T00:00"), 0, series.iter().map(item).collect())
    }

    #[test]
    fn spans_are_compared_by_their_position_since_the_opening() {
        let tz = TimeZone::get("America/Sao_Paulo").unwrap();
        let (opening, others_opening) = (at("21T20:45"), at("14T21:10"));
        let t = texts(Language::Portuguese);
        let shown = rows(&totals(&[("21T22:00", 5)], Grain::Hour), opening..at("22T00:30"), 10, &tz, t).rows;
        let others = totals(&[("14T21:00", 7), ("14T23:00", 8)], Grain::Hour);
        let votes = aligned(&shown, opening, &others, (others_opening, at("15T00:00")), &tz);
        // 20h, 21h, 22h, 23h and 00h beside 21h, 22h, 23h, and what came after the other's closing.
        assert_eq!(votes, [Some(7), Some(0), Some(8), None, None]);
    }

    #[test]
    fn what_is_kept_by_the_day_isnt_compared_by_the_hour() {
        assert_eq!(coarser_than_asked(&totals(&[("14T21:00", 7)], Grain::Hour)), None);
        assert_eq!(coarser_than_asked(&totals(&[("14T03:00", 7)], Grain::Day)), Some(Grain::Day));
        assert_eq!(coarser_than_asked(&totals(&[], Grain::Hour)), None);
        let cut = TotalsView { is_cut: true, ..totals(&[], Grain::Hour) };
        assert_eq!(coarser_than_asked(&cut), Some(Grain::Day));
    }
}
