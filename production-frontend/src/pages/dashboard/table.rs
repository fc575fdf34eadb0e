//! The table of votes by time: what the page shows, and what its exports hold.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use sqlx::PgConnection;
use voting_commons::adapters::texts::Texts;

use super::query::Shown;
use crate::app::Zone;
use crate::error::Error;
use crate::paredao::store::{self, Paredao};
use crate::totals::store::Selection;
use crate::totals::table::{RowView, open_end, open_range, rows};
use crate::totals::{Grain, ParticipantTotal, comparison, store as totals_store};

/// The table.
#[derive(Debug, Serialize)]
pub(super) struct TableView {
    /// Of this paredão.
    pub(super) slug: String,
    pub(super) title: String,
    /// The zone of hours, days and labels.
    pub(super) zone: String,
    /// The range asked for; `null` is no bound.
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    /// When the database was read, by its clock.
    pub(super) as_of: Timestamp,
    /// The grain asked for.
    pub(super) granularity: Grain,
    /// Votes before the closing, within the range.
    pub(super) total: i64,
    /// Votes at or after the closing, within the range; no other number here includes them.
    pub(super) after_closing: i64,
    /// Whether a compacted hour or day reaches into the range, whose votes aren't in here.
    pub(super) is_cut: bool,
    /// Everybody who stands in the paredão, in order, with their totals of the range.
    pub(super) participants: Vec<ParticipantTotal>,
    /// The paredão that it is compared with.
    pub(super) with: Option<WithView>,
    /// The oldest first.
    pub(super) rows: Vec<TableRow>,
    /// Whether no row is left out.
    pub(super) are_all: bool,
}

/// A row, with the votes of the paredão that it is compared with.
#[derive(Debug, Serialize)]
pub(super) struct TableRow {
    #[serde(flatten)]
    pub(super) row: RowView,
    /// Those of the span at the same position since the opening; `null` where there is nothing to compare with.
    pub(super) with_votes: Option<i64>,
}

/// The paredão that a table is compared with.
#[derive(Debug, Serialize)]
pub(super) struct WithView {
    pub(super) slug: String,
    pub(super) title: String,
    /// The grain by which the two can be compared, where the other's votes aren't kept as finely as asked for.
    pub(super) coarser: Option<Grain>,
}

/// The same, without reading much more than what is kept of it: most of a long paredão's minutes are too many for one answer.
pub(super) async fn read_newest(
    snapshot: &mut PgConnection,
    paredao: &Paredao,
    shown: &Shown,
    rows_max: usize,
    zone: &Zone,
    t: Texts,
) -> Result<TableView, Error> {
    let mut newest = shown.clone();
    let first = newest_start(paredao, &shown.selection(), rows_max, &zone.tz);
    if shown.from.or(paredao.view.opens_at).is_some_and(|from| from < first) {
        newest.from = Some(first);
    }
    let table = read(snapshot, paredao, &newest, rows_max, zone, t).await?;
    Ok(TableView { from: shown.from, are_all: table.are_all && newest == *shown, ..table })
}

/// When a day begins from which on there are `rows_max` rows, if the paredão was open for so long. A day, because nothing is
/// compacted across its beginning.
fn newest_start(paredao: &Paredao, selection: &Selection, rows_max: usize, tz: &TimeZone) -> Timestamp {
    let end = open_end(paredao, selection);
    let rows = i64::try_from(rows_max).expect("a page has few rows");
    Grain::Day.start_of(selection.granularity.at_position(-rows, end, tz), tz)
}

/// Reads the newest `rows_max` rows of a paredão that was found in the same snapshot, with labels in the language of `t`.
pub(super) async fn read(
    snapshot: &mut PgConnection,
    paredao: &Paredao,
    shown: &Shown,
    rows_max: usize,
    zone: &Zone,
    t: Texts,
) -> Result<TableView, Error> {
    let selection = shown.selection();
    let totals = totals_store::read(snapshot, paredao, selection, &zone.name).await?;
    let rows = rows(&totals, open_range(paredao, &selection, &totals), rows_max, &zone.tz, t);
    let (with, with_votes) = match &shown.with {
        None => (None, vec![None; rows.rows.len()]),
        Some(slug) => {
            let other = store::find(&mut *snapshot, slug).await?;
            let both = (paredao, &other);
            let compared = comparison::read(snapshot, both, shown.granularity, &rows.rows, zone).await?;
            let view = WithView { slug: other.view.slug, title: other.view.title, coarser: compared.coarser };
            (Some(view), compared.votes)
        }
    };
    Ok(TableView {
        slug: paredao.view.slug.clone(),
        title: paredao.view.title.clone(),
        zone: zone.name.to_string(),
        from: shown.from,
        to: shown.to,
        as_of: totals.as_of,
        granularity: totals.granularity,
        total: totals.total,
        after_closing: totals.after_closing,
        is_cut: totals.is_cut,
        participants: totals.participants,
        with,
        rows: rows.rows.into_iter().zip(with_votes).map(|(row, with_votes)| TableRow { row, with_votes }).collect(),
        are_all: rows.are_all,
    })
}
