//! Dead letters in Postgres.

use jiff::Timestamp;
use sqlx::PgPool;
use voting_commons::{Minute, Rejection};

use super::{DeadLetterDetail, DeadLetterPage, DeadLetterView, RecordPart};
use crate::error::Error;

/// Which dead letters.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) reason: Option<String>,
    pub(super) partition: Option<i32>,
    pub(super) replayed: Option<bool>,
    /// Only greater ids than this; ids begin at 1.
    pub(super) after: i64,
    pub(super) id: Option<i64>,
}

/// At most `items_max` dead letters.
pub(super) async fn list(pool: &PgPool, filter: &Filter, items_max: i64) -> Result<DeadLetterPage, Error> {
    let votes: Vec<String> = Rejection::REPLAYABLE.iter().map(|rejection| rejection.code().to_owned()).collect();
    let rows = sqlx::query_file!(
        "src/dead_letters/list.sql",
        filter.reason,
        filter.partition,
        filter.replayed,
        filter.after,
        items_max,
        filter.id,
        &votes,
    )
    .fetch_all(pool)
    .await?;
    let full = i64::try_from(rows.len()).is_ok_and(|rows| rows == items_max);
    let items = rows.into_iter().map(|row| {
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
            minute: row
                .ballot_minute
                .and_then(|minute| Minute::try_from(i64::from(minute)).ok())
                .map(Minute::timestamp),
            replayable: row.replayable,
            replayed_at: row.replayed_at.map(timestamp).transpose()?,
            replayed_by: row.replayed_by,
        })
    });
    let items = items.collect::<Result<Vec<_>, Error>>()?;
    let next = items.last().filter(|_| full).map(|last| last.id);
    Ok(DeadLetterPage { items, next })
}

/// One dead letter, whole.
pub(super) async fn find(pool: &PgPool, id: i64) -> Result<DeadLetterDetail, Error> {
    let filter = Filter { id: Some(id), ..Filter::default() };
    let letter = list(pool, &filter, 1).await?.items.pop().ok_or(Error::DeadLetterUnknown)?;
    let record = sqlx::query!("SELECT key, key_bytes, value, value_bytes FROM dead_letter WHERE id = $1", id)
        .fetch_one(pool)
        .await?;
    Ok(DeadLetterDetail {
        letter,
        key: RecordPart::of(record.key, record.key_bytes),
        value: RecordPart::of(record.value, record.value_bytes),
    })
}

pub(super) fn timestamp(millis: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(millis).map_err(|error| Error::Internal(error.into()))
}
