//! What the register's tables say, read in one snapshot.

use sqlx::PgPool;
use sqlx::Row as _;
use voting_commons::Rejection;

use super::log_count::late_at;
use super::verdict::{PartitionTables, Tables};

/// For how long minutes are compared one by one; older ones only within their partition's sums.
const COMPARED_MINUTES: i32 = 24 * 60;

/// Reads them as they stand now.
pub(super) async fn read(pool: &PgPool, topic: &str, now_minute: i32) -> sqlx::Result<Tables> {
    let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let refused = Rejection::RefusedByStore.code();
    let mut tables = Tables::default();
    let rows = sqlx::query(include_str!("tables_partitions.sql"))
        .bind(topic)
        .bind(refused)
        .bind(Rejection::TooLate.code())
        .bind(late_at(0));
    for row in rows.fetch_all(&mut *snapshot).await? {
        let of = PartitionTables {
            start_offset: row.try_get("start_offset")?,
            next_offset: row.try_get("next_offset")?,
            counted: row.try_get("counted")?,
            duplicate: row.try_get("duplicate")?,
            parked: row.try_get("parked")?,
            skipped: row.try_get("skipped")?,
            votes: row.try_get("votes")?,
            replayed: row.try_get("replayed")?,
            refused: row.try_get("refused")?,
            untimely: row.try_get("untimely")?,
            undecodable: row.try_get("undecodable")?,
            made_late: row.try_get("made_late")?,
            former_logs: row.try_get("former_logs")?,
            former_counted: row.try_get("former_counted")?,
            former_clock: row.try_get::<Option<i64>, _>("former_clock")?.unwrap_or_default(),
        };
        tables.partitions.insert(row.try_get("partition")?, of);
    }
    // A compacted row covers a day at most, which may be 25 hours long.
    let compacted: i32 = sqlx::query_scalar(
        "SELECT coalesce((extract(epoch FROM max(start)) / 60)::integer + 25 * 60, 0) FROM bucket WHERE grain <> 'minute'",
    )
    .fetch_one(&mut *snapshot)
    .await?;
    tables.minutes_from = compacted.max(now_minute.saturating_sub(COMPARED_MINUTES)).max(0);
    let rows = sqlx::query(include_str!("tables_minutes.sql")).bind(tables.minutes_from).bind(topic).bind(refused);
    for row in rows.fetch_all(&mut *snapshot).await? {
        let place = (row.try_get("paredao")?, row.try_get("minute")?);
        tables.minutes.insert((row.try_get("partition")?, place), row.try_get("votes")?);
    }
    snapshot.commit().await?;
    Ok(tables)
}
