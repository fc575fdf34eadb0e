//! Merging old buckets into coarser ones: minutes into hours, hours into civil days.

use sqlx::{PgConnection, Result};

use crate::AggregatorArgs;

/// Rows merged away, by their grain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Rows of minutes that went into hours.
    pub minutes: i64,
    /// Rows of hours that went into days.
    pub hours: i64,
}

/// Merges within the caller's transaction, which is short because the number of rows is bounded.
pub(crate) async fn compact(connection: &mut PgConnection, args: &AggregatorArgs) -> Result<Compacted> {
    let rows_max = i64::from(args.compacted_rows_max);
    let minutes = sqlx::query_file_scalar!(
        "src/compaction/compact_minutes.sql",
        args.zone,
        i32::from(args.minutes_kept_days),
        rows_max
    )
    .fetch_one(&mut *connection)
    .await?;
    let hours = sqlx::query_file_scalar!(
        "src/compaction/compact_hours.sql",
        args.zone,
        i32::from(args.hours_kept_days),
        rows_max
    )
    .fetch_one(connection)
    .await?;
    Ok(Compacted { minutes, hours })
}
