//! The audit in Postgres, as it is read.

use jiff::Timestamp;
use sqlx::PgPool;

use super::{AuditPage, EntryView, Filter};
use crate::error::Error;

/// At most `entries_max` entries, the newest first.
pub(crate) async fn list(pool: &PgPool, filter: &Filter, entries_max: i64) -> Result<AuditPage, Error> {
    let rows = sqlx::query_file!(
        "src/audit/list.sql",
        filter.who,
        filter.action,
        filter.subject,
        filter.from.map(Timestamp::as_second),
        filter.to.map(Timestamp::as_second),
        filter.before,
        // One more tells whether there are more.
        entries_max + 1,
    )
    .fetch_all(pool)
    .await?;
    let has_more = i64::try_from(rows.len()).is_ok_and(|rows| rows > entries_max);
    let entries = rows.into_iter().take(usize::try_from(entries_max).unwrap_or(0)).map(|row| {
        Ok(EntryView {
            id: row.id,
            at: Timestamp::from_millisecond(row.at).map_err(anyhow::Error::from)?,
            who: row.who,
            kind: row.kind,
            action: row.action,
            subject: row.subject,
            outcome: row.outcome,
            detail: serde_json::from_str(&row.detail).map_err(anyhow::Error::from)?,
        })
    });
    let entries = entries.collect::<Result<Vec<_>, Error>>()?;
    let next = entries.last().filter(|_| has_more).map(|last| last.id);
    Ok(AuditPage { entries, next })
}
