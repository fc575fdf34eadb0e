//! Totals from Postgres, all of one snapshot.

use std::time::Instant;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::{Grain, SeriesItem, TotalsView};
use crate::app::App;
use crate::error::Error;
use crate::measures::TOTALS_QUERY;
use crate::paredao::store::{self, Paredao};
use crate::snapshot;

/// The most items of one answer's series.
const SERIES_ITEMS_MAX: usize = 50_000;

/// Which totals.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Selection {
    pub(crate) granularity: Grain,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

/// A paredão and its totals.
pub(crate) async fn totals(app: &App, slug: &str, selection: Selection) -> Result<(Paredao, TotalsView), Error> {
    let mut snapshot = snapshot::begin(&app.pool).await?;
    let paredao = store::find(&mut *snapshot, slug).await?;
    let totals = read(&mut snapshot, &paredao, selection, &app.zone.name).await?;
    snapshot.commit().await?;
    Ok((paredao, totals))
}

/// The totals of a paredão that was found in the same snapshot.
pub(crate) async fn read(
    snapshot: &mut PgConnection,
    paredao: &Paredao,
    selection: Selection,
    zone: &str,
) -> Result<TotalsView, Error> {
    let began = Instant::now();
    let rows = sqlx::query_file!(
        "src/totals/series.sql",
        paredao.id,
        selection.granularity.name(),
        selection.from.map(first_second),
        selection.to.map(first_second),
        zone,
        i64::try_from(SERIES_ITEMS_MAX + 1).expect("it is small"),
    )
    .fetch_all(&mut *snapshot)
    .await?;
    let is_cut = is_cut(snapshot, paredao.id, selection.from, zone).await?;
    metrics::histogram!(TOTALS_QUERY).record(began.elapsed().as_secs_f64());
    if rows.len() > SERIES_ITEMS_MAX {
        return Err(Error::RangeTooLong);
    }
    let after_closing = rows.iter().map(|row| row.after_closing).sum();
    let series = rows.iter().filter(|row| row.votes > 0).map(|row| {
        let grain = Grain::named(&row.grain).ok_or_else(|| anyhow::anyhow!("no grain is named {:?}", row.grain))?;
        let start = Timestamp::from_second(row.start).map_err(anyhow::Error::from)?;
        Ok(SeriesItem { start, participant: row.participant, votes: row.votes, grain })
    });
    let series = series.collect::<Result<Vec<_>, Error>>()?;
    let totals =
        TotalsView::of(&paredao.view.participants, selection.granularity, paredao.as_of, after_closing, series);
    Ok(TotalsView { is_cut, ..totals })
}

/// Whether `from` lies within a compacted bucket.
async fn is_cut(snapshot: &mut PgConnection, paredao: i32, from: Option<Timestamp>, zone: &str) -> Result<bool, Error> {
    let Some(from) = from else { return Ok(false) };
    Ok(sqlx::query_file_scalar!("src/totals/cut.sql", paredao, first_second(from), zone).fetch_one(snapshot).await?)
}

/// Buckets start at whole minutes, so a bound within a second is the next whole one. None starts before 1970, and
/// Postgres's times don't reach as far back as ours.
fn first_second(bound: Timestamp) -> i64 {
    (bound.as_second() + i64::from(bound.subsec_nanosecond() > 0)).max(0)
}
