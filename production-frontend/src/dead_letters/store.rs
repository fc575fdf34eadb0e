//! Dead letters in Postgres.

use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use voting_commons::{Minute, Rejection};

use super::{DeadLetterDetail, DeadLetterPage, DeadLetterView, HistoryView, ReasonCount, RecordPart};
use crate::error::Error;
use crate::snapshot;

/// The most replays that a dead letter's history tells of.
const HISTORY_MAX: i64 = 20;

/// Which dead letters; all where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) reason: Option<String>,
    pub(crate) partition: Option<i32>,
    /// The slug of the one that the record's key names.
    pub(crate) paredao: Option<String>,
    /// Appended at this time or later, to the millisecond.
    pub(crate) from: Option<Timestamp>,
    /// Appended before this time, to the millisecond.
    pub(crate) to: Option<Timestamp>,
    pub(crate) replayed: Option<bool>,
    /// Whether it is a good vote.
    pub(crate) replayable: Option<bool>,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    /// Only those past this id.
    pub(crate) after: Option<i64>,
    pub(crate) newest_first: bool,
    pub(crate) items_max: i64,
}

/// One page of dead letters, and how many there are of each reason.
pub(crate) async fn list(pool: &PgPool, filter: &Filter, slice: Slice) -> Result<DeadLetterPage, Error> {
    let mut snapshot = snapshot::begin(pool).await?;
    let items = select(&mut snapshot, filter, slice, None).await?;
    let reasons = reasons(&mut snapshot, filter).await?;
    snapshot.commit().await?;
    let is_full = i64::try_from(items.len()).is_ok_and(|items| items == slice.items_max);
    let next = items.last().filter(|_| is_full).map(|last| last.id);
    let asked_for = |count: &&ReasonCount| filter.reason.as_ref().is_none_or(|reason| count.reason == *reason);
    let total = reasons.iter().filter(asked_for).map(|count| count.count).sum();
    Ok(DeadLetterPage { items, next, total, reasons })
}

/// The ids of good votes that weren't replayed, the first `ids_max` of them.
pub(super) async fn waiting_votes(pool: &PgPool, filter: &Filter, ids_max: i64) -> Result<Vec<i64>, Error> {
    let filter = Filter { replayed: Some(false), replayable: Some(true), ..filter.clone() };
    let slice = Slice { after: None, newest_first: false, items_max: ids_max };
    let mut connection = pool.acquire().await?;
    let letters = select(&mut connection, &filter, slice, None).await?;
    Ok(letters.into_iter().map(|letter| letter.id).collect())
}

/// How many good votes of a paredão weren't replayed.
pub(crate) async fn waiting_votes_of(connection: &mut PgConnection, slug: &str) -> Result<i64, Error> {
    let filter =
        Filter { paredao: Some(slug.to_owned()), replayed: Some(false), replayable: Some(true), ..Filter::default() };
    Ok(reasons(connection, &filter).await?.iter().map(|reason| reason.count).sum())
}

async fn select(
    connection: &mut PgConnection,
    filter: &Filter,
    slice: Slice,
    id: Option<i64>,
) -> Result<Vec<DeadLetterView>, Error> {
    let rows = sqlx::query_file!(
        "src/dead_letters/list.sql",
        filter.reason,
        filter.partition,
        filter.paredao,
        filter.from.map(Timestamp::as_millisecond),
        filter.to.map(Timestamp::as_millisecond),
        filter.replayed,
        filter.replayable,
        &votes(),
        slice.after,
        slice.newest_first,
        slice.items_max,
        id,
    )
    .fetch_all(connection)
    .await?;
    let letters = rows.into_iter().map(|row| {
        Ok(DeadLetterView {
            id: row.id,
            topic: row.topic,
            partition: row.partition,
            offset: row.record_offset,
            appended_at: timestamp(row.appended_at)?,
            parked_at: timestamp(row.parked_at)?,
            reason: row.reason,
            detail: row.detail,
            attempts: row.attempts,
            paredao: row.paredao,
            minute: row
                .ballot_minute
                .and_then(|minute| Minute::try_from(i64::from(minute)).ok())
                .map(Minute::timestamp),
            replayable: row.replayable,
            replayed_at: row.replayed_at.map(timestamp).transpose()?,
            replayed_by: row.replayed_by,
        })
    });
    letters.collect()
}

/// Of all reasons, whichever is asked for.
async fn reasons(connection: &mut PgConnection, filter: &Filter) -> Result<Vec<ReasonCount>, Error> {
    let counts = sqlx::query_file_as!(
        ReasonCount,
        "src/dead_letters/reasons.sql",
        None::<String>,
        filter.partition,
        filter.paredao,
        filter.from.map(Timestamp::as_millisecond),
        filter.to.map(Timestamp::as_millisecond),
        filter.replayed,
        filter.replayable,
        &votes(),
    );
    Ok(counts.fetch_all(connection).await?)
}

/// The reasons of good votes.
fn votes() -> Vec<String> {
    Rejection::REPLAYABLE.iter().map(|rejection| rejection.code().to_owned()).collect()
}

/// One dead letter, whole.
pub(crate) async fn find(pool: &PgPool, id: i64) -> Result<DeadLetterDetail, Error> {
    let mut snapshot = snapshot::begin(pool).await?;
    let slice = Slice { after: None, newest_first: false, items_max: 1 };
    let letter = select(&mut snapshot, &Filter::default(), slice, Some(id)).await?.pop();
    let letter = letter.ok_or(Error::DeadLetterUnknown)?;
    let record = sqlx::query!("SELECT key, key_bytes, value, value_bytes FROM dead_letter WHERE id = $1", id)
        .fetch_one(&mut *snapshot)
        .await?;
    let history = history(&mut snapshot, id).await?;
    snapshot.commit().await?;
    Ok(DeadLetterDetail {
        letter,
        key: RecordPart::of(record.key, record.key_bytes),
        value: RecordPart::of(record.value, record.value_bytes),
        history,
    })
}

async fn history(snapshot: &mut PgConnection, id: i64) -> Result<Vec<HistoryView>, Error> {
    let rows = sqlx::query!(
        r#"SELECT q.id, q.dry_run, q.who, (extract(epoch FROM q.requested_at) * 1000)::bigint AS "requested_at!",
                  o.outcome, o.detail
           FROM replay_outcome o
           JOIN replay_request q ON q.id = o.request
           WHERE o.dead_letter = $1
           ORDER BY q.id DESC
           LIMIT $2"#,
        id,
        HISTORY_MAX
    )
    .fetch_all(snapshot)
    .await?;
    let history = rows.into_iter().map(|row| {
        Ok(HistoryView {
            replay: row.id,
            dry_run: row.dry_run,
            who: row.who,
            requested_at: timestamp(row.requested_at)?,
            outcome: row.outcome,
            detail: row.detail,
        })
    });
    history.collect()
}

pub(super) fn timestamp(millis: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(millis).map_err(|error| Error::Internal(error.into()))
}
