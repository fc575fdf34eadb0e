//! What finality is judged by, all of one snapshot.

use jiff::Timestamp;
use sqlx::PgConnection;

use super::{FinalityView, Partition, judge, window_end};
use crate::app::App;
use crate::error::Error;
use crate::paredao::store::{self, Paredao};
use crate::reconciliation::{self, ReconciliationView};
use crate::snapshot;

/// Whether the count of the paredão with this slug is final now.
pub(crate) async fn finality(app: &App, slug: &str) -> Result<FinalityView, Error> {
    let mut snapshot = snapshot::begin(&app.pool).await?;
    let paredao = store::find(&mut *snapshot, slug).await?;
    let verdict = reconciliation::store::read(&mut snapshot).await?;
    let view = read(&mut snapshot, &paredao, &verdict).await?;
    snapshot.commit().await?;
    Ok(view)
}

/// The same for a paredão that was found in the same snapshot, as the verdict was.
pub(crate) async fn read(
    snapshot: &mut PgConnection,
    paredao: &Paredao,
    verdict: &ReconciliationView,
) -> Result<FinalityView, Error> {
    let closes_at = paredao.view.closes_at.filter(|_| paredao.view.opens_at.is_some());
    let deadline = closes_at.map_or(i64::MAX, |closes_at| window_end(closes_at).as_millisecond());
    let rows = match closes_at {
        Some(_) => sqlx::query_file!("src/finality/partitions.sql", deadline).fetch_all(&mut *snapshot).await?,
        None => Vec::new(),
    };
    let partitions = rows.into_iter().map(|row| {
        Ok::<_, anyhow::Error>(Partition {
            topic: row.topic,
            partition: row.partition,
            next_offset: row.next_offset,
            is_past: row.is_past,
            is_halted: row.is_halted,
            flushed_at: row.flushed_at.map(Timestamp::from_millisecond).transpose()?,
            high_offset: row.high_offset,
            ends_are_later: row.ends_are_later,
        })
    });
    let partitions = partitions.collect::<Result<Vec<_>, _>>()?;
    Ok(judge(paredao.as_of, closes_at, &partitions, verdict))
}

/// How far each log is counted.
pub(crate) async fn cursors(snapshot: &mut PgConnection) -> sqlx::Result<Vec<(String, i32, i64)>> {
    let rows = sqlx::query!("SELECT topic, partition, next_offset FROM register_cursor ORDER BY topic, partition")
        .fetch_all(snapshot)
        .await?;
    Ok(rows.into_iter().map(|row| (row.topic, row.partition, row.next_offset)).collect())
}
