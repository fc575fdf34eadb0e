//! Everything that the tables say of a paredão, as of one moment.

use std::collections::BTreeMap;
use std::ops::Range;

use deadpool_postgres::{Pool, Transaction};
use jiff::Timestamp;
use tokio_postgres::{IsolationLevel, Row as PgRow};
use voting_commons::{ParedaoId, Rejection, UnixMillis};

use super::RecountError;
use super::compare::{Column, Row};
use super::judge::Notes;
use crate::store::{StoreError, answer};

/// One snapshot of the database.
pub(super) struct Snapshot {
    pub(super) paredao: ParedaoId,
    /// No record of the paredão can be older.
    pub(super) created_at: UnixMillis,
    /// What each partition's cursor has passed: from where counting began up to the next offset.
    pub(super) counted: BTreeMap<i32, Range<i64>>,
    pub(super) notes: BTreeMap<i32, Notes>,
    pub(super) rows: Vec<Row>,
    /// Replayed votes by minute since the Unix epoch.
    pub(super) replayed: Vec<(Column, i32, i64)>,
}

/// Reads it all.
pub(super) async fn read(pool: &Pool, topic: &str, slug: &str, zone: &str) -> Result<Snapshot, RecountError> {
    let mut client = pool.get().await.map_err(StoreError::from)?;
    let transaction = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let snapshot = answer(transaction.start()).await?;
    let query = "SELECT id, created_at FROM paredao WHERE slug = $1";
    let found = answer(snapshot.query_opt(query, &[&slug])).await?;
    let found = found.ok_or_else(|| RecountError::ParedaoUnknown(slug.to_owned()))?;
    let id: i32 = found.get("id");
    let query = "SELECT topic FROM register_cursor WHERE topic <> $1 AND next_offset > start_offset LIMIT 1";
    if let Some(other) = answer(snapshot.query_opt(query, &[&topic])).await? {
        return Err(RecountError::OtherTopic(other.get("topic")));
    }
    Ok(Snapshot {
        paredao: i64::from(id).try_into().map_err(|_| StoreError::BadRow { table: "paredao" })?,
        created_at: found.get::<_, Timestamp>("created_at").into(),
        counted: counted(&snapshot, topic).await?,
        notes: notes(&snapshot, topic).await?,
        rows: rows(&snapshot, id, zone).await?,
        replayed: replayed(&snapshot, id, topic).await?,
    })
}

async fn counted(snapshot: &Transaction<'_>, topic: &str) -> Result<BTreeMap<i32, Range<i64>>, StoreError> {
    let query = "SELECT partition, start_offset, next_offset FROM register_cursor WHERE topic = $1";
    let found = answer(snapshot.query(query, &[&topic])).await?;
    Ok(found.iter().map(|row| (row.get("partition"), row.get("start_offset")..row.get("next_offset"))).collect())
}

pub(super) async fn notes(snapshot: &Transaction<'_>, topic: &str) -> Result<BTreeMap<i32, Notes>, StoreError> {
    let mut notes = BTreeMap::<i32, Notes>::new();
    let query = "SELECT partition, from_offset, to_offset, log_clock FROM skipped WHERE topic = $1";
    for row in answer(snapshot.query(query, &[&topic])).await? {
        let notes = notes.entry(row.get("partition")).or_default();
        notes.skipped.push(row.get("from_offset")..row.get("to_offset"));
        if let Some(log_clock) = row.get("log_clock") {
            notes.raised.insert(row.get("to_offset"), log_clock);
        }
    }
    let query = "SELECT id, paredao FROM import";
    let found = answer(snapshot.query(query, &[])).await?;
    let imports: BTreeMap<i32, i32> = found.iter().map(|row| (row.get("id"), row.get("paredao"))).collect();
    let query = "SELECT partition FROM register_cursor WHERE topic = $1";
    for row in answer(snapshot.query(query, &[&topic])).await? {
        notes.entry(row.get("partition")).or_default().imports.clone_from(&imports);
    }
    let query = "SELECT partition, record_offset FROM dead_letter WHERE topic = $1 AND reason = $2";
    for row in answer(snapshot.query(query, &[&topic, &Rejection::RefusedByStore.code()])).await? {
        notes.entry(row.get("partition")).or_default().refused.insert(row.get("record_offset"));
    }
    Ok(notes)
}

async fn rows(snapshot: &Transaction<'_>, paredao: i32, zone: &str) -> Result<Vec<Row>, StoreError> {
    let found = answer(snapshot.query(include_str!("rows.sql"), &[&paredao, &zone])).await?;
    let minutes = |row: &PgRow| row.get("from_minute")..row.get("to_minute");
    Ok(found.iter().map(|row| Row { column: column(row), minutes: minutes(row), votes: row.get("votes") }).collect())
}

async fn replayed(
    snapshot: &Transaction<'_>,
    paredao: i32,
    topic: &str,
) -> Result<Vec<(Column, i32, i64)>, StoreError> {
    let query = "SELECT partition, participant, minute, count(*) AS votes FROM replayed
                 WHERE paredao = $1 AND topic = $2 GROUP BY partition, participant, minute";
    let found = answer(snapshot.query(query, &[&paredao, &topic])).await?;
    Ok(found.iter().map(|row| (column(row), row.get("minute"), row.get("votes"))).collect())
}

fn column(row: &PgRow) -> Column {
    (row.get("partition"), row.get("participant"))
}
