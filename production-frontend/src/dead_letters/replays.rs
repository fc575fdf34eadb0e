//! Requests to replay, and their outcomes, in Postgres.

use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::store::{self, Filter, timestamp};
use super::{OutcomeCount, OutcomeView, ReplayState, ReplayView};
use crate::audit::{self, Action};
use crate::auth::Producer;
use crate::error::Error;
use crate::{publication, snapshot};

/// The most outcomes of one answer.
const OUTCOMES_MAX: i64 = 1_000;

/// The most dead letters of one replay that names each of them.
pub(crate) const REPLAY_IDS_MAX: usize = 1_000;

/// What is asked for: the dead letters with these ids, those parked for a reason, or where both are `None` all good
/// votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) ids: Option<Vec<i64>>,
    pub(crate) reason: Option<String>,
    pub(crate) dry_run: bool,
}

impl Order {
    /// Of the good votes that `filter` lets through and that weren't replayed. Registers know of reasons; what is narrowed
    /// down by anything else is named one by one.
    pub(crate) async fn of(pool: &PgPool, filter: &Filter, dry_run: bool) -> Result<Self, Error> {
        if filter.replayed == Some(true) {
            return Err(Error::ReplayEmpty);
        }
        // Without such a filter registers leave published paredões out, record by record.
        if let Some(slug) = &filter.paredao
            && publication::store::is_published(pool, slug).await?
        {
            return Err(Error::AlreadyPublished);
        }
        let by_reason = Filter { reason: filter.reason.clone(), replayed: filter.replayed, ..Filter::default() };
        if *filter == by_reason {
            return Ok(Self { ids: None, reason: by_reason.reason, dry_run });
        }
        let ids = store::waiting_votes(pool, filter, ids_beyond_max()).await?;
        match ids.len() {
            0 => Err(Error::ReplayEmpty),
            1..=REPLAY_IDS_MAX => Ok(Self { ids: Some(ids), reason: None, dry_run }),
            _ => Err(Error::ReplayTooMany),
        }
    }
}

fn ids_beyond_max() -> i64 {
    i64::try_from(REPLAY_IDS_MAX + 1).expect("it is a small number")
}

/// Asks the registers for a replay in the producer's name.
pub(crate) async fn request(pool: &PgPool, order: &Order, producer: &Producer) -> Result<ReplayView, Error> {
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
    tracing::info!(request = id, dry_run = order.dry_run, by = producer.name, "replay requested");
    find(pool, id).await
}

/// Asks for the replay that the dry run `id` spoke of: of just those votes that it said would be counted. More than can be
/// named one by one are chosen as the dry run chose them.
pub(crate) async fn request_tried(pool: &PgPool, id: i64, producer: &Producer) -> Result<ReplayView, Error> {
    let tried = find(pool, id).await?;
    if !tried.dry_run || tried.state != ReplayState::Done {
        return Err(Error::ReplayNotTried);
    }
    let ids = sqlx::query_scalar!(
        "SELECT dead_letter FROM replay_outcome WHERE request = $1 AND outcome = 'would_replay'
         ORDER BY dead_letter LIMIT $2",
        id,
        ids_beyond_max()
    )
    .fetch_all(pool)
    .await?;
    let order = match ids.len() {
        0 => return Err(Error::ReplayEmpty),
        1..=REPLAY_IDS_MAX => Order { ids: Some(ids), reason: None, dry_run: false },
        _ => Order { ids: tried.ids, reason: tried.reason, dry_run: false },
    };
    request(pool, &order, producer).await
}

/// A replay, all of one snapshot.
pub(crate) async fn find(pool: &PgPool, id: i64) -> Result<ReplayView, Error> {
    let mut snapshot = snapshot::begin(pool).await?;
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
