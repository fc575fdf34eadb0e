//! Requests to replay, and their outcomes, in Postgres.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::store::timestamp;
use super::{OutcomeCount, OutcomeView, ReplayState, ReplayView};
use crate::audit::{self, Action};
use crate::auth::Producer;
use crate::error::Error;

/// The most outcomes of one answer.
const OUTCOMES_MAX: i64 = 1_000;

/// What is asked for: the dead letters with these ids, those parked for a reason, or where both are `None` all good
/// votes.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) ids: Option<Vec<i64>>,
    pub(super) reason: Option<String>,
    pub(super) dry_run: bool,
}

/// Asks the registers for a replay in the producer's name.
pub(super) async fn request(pool: &PgPool, order: &Order, producer: &Producer) -> Result<ReplayView, Error> {
    let mut transaction = pool.begin().await?;
    let id = sqlx::query_scalar!(
        "INSERT INTO replay_request (ids, reason, dry_run, who) VALUES ($1, $2, $3, $4) RETURNING id",
        order.ids.as_deref(),
        order.reason,
        order.dry_run,
        producer.name
    )
    .fetch_one(&mut *transaction)
    .await?;
    let detail = json!({"ids": order.ids, "reason": order.reason, "dry_run": order.dry_run});
    audit::write(&mut *transaction, producer, Action::RequestReplay, &id.to_string(), &detail).await?;
    transaction.commit().await?;
    find(pool, id).await
}

/// A replay, all of one snapshot.
pub(super) async fn find(pool: &PgPool, id: i64) -> Result<ReplayView, Error> {
    let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let view = read(&mut snapshot, id).await?;
    snapshot.commit().await?;
    Ok(view)
}

async fn read(snapshot: &mut PgConnection, id: i64) -> Result<ReplayView, Error> {
    let row = sqlx::query!(
        r#"SELECT ids, reason, dry_run, who, error,
                  (extract(epoch FROM requested_at) * 1000)::bigint AS "requested_at!",
                  (extract(epoch FROM finished_at) * 1000)::bigint AS finished_at,
                  coalesce(lease_until > now() AND error IS NULL, false) AS "taken!"
           FROM replay_request WHERE id = $1"#,
        id
    )
    .fetch_optional(&mut *snapshot)
    .await?
    .ok_or(Error::ReplayUnknown)?;
    let counts = sqlx::query_as!(
        OutcomeCount,
        r#"SELECT outcome, count(*) AS "count!" FROM replay_outcome WHERE request = $1 GROUP BY outcome ORDER BY outcome"#,
        id
    )
    .fetch_all(&mut *snapshot)
    .await?;
    let outcomes = sqlx::query_as!(
        OutcomeView,
        "SELECT dead_letter, outcome, detail FROM replay_outcome WHERE request = $1 ORDER BY dead_letter LIMIT $2",
        id,
        OUTCOMES_MAX
    )
    .fetch_all(snapshot)
    .await?;
    Ok(ReplayView {
        id,
        ids: row.ids,
        reason: row.reason,
        dry_run: row.dry_run,
        who: row.who,
        requested_at: timestamp(row.requested_at)?,
        state: match (row.finished_at, row.taken) {
            (Some(_), _) => ReplayState::Done,
            (None, true) => ReplayState::Running,
            (None, false) => ReplayState::Waiting,
        },
        finished_at: row.finished_at.map(timestamp).transpose()?,
        error: row.error,
        counts,
        outcomes,
    })
}
