//! One partition as a whole, by the recount's rules: all paredões, and what must be parked.

use std::collections::BTreeSet;
use std::ops::Range;

use deadpool_postgres::Pool;
use tokio_postgres::IsolationLevel;

use super::judge::{Judged, Notes, PartitionCount};
use super::{RecountError, snapshot};
use crate::core::Record;
use crate::log_reader::LogReader;
use crate::store::answer;

/// What the tables say of a partition, as of one moment.
pub(crate) struct PartitionSnapshot {
    /// What the cursor has passed.
    pub(crate) counted: Range<i64>,
    fingerprint: Option<i64>,
    notes: Notes,
    parked: BTreeSet<i64>,
}

/// What a partition's rows must be.
pub(crate) struct Derived {
    /// Votes by paredão, participant and minute since the Unix epoch, those replayed apart.
    pub(crate) votes: Vec<(i32, i32, i32, i64)>,
    pub(crate) counted: i64,
    pub(crate) parked: i64,
    pub(crate) skipped: i64,
    pub(crate) duplicate: i64,
}

impl PartitionSnapshot {
    /// Reads it; `None` where the partition was never claimed.
    pub(crate) async fn read(pool: &Pool, topic: &str, partition: i32) -> Result<Option<Self>, RecountError> {
        let mut client = pool.get().await.map_err(crate::store::StoreError::from)?;
        let transaction = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        let snapshot = answer(transaction.start()).await?;
        let query = "SELECT topic FROM register_cursor WHERE topic <> $1 AND next_offset > start_offset LIMIT 1";
        if let Some(other) = answer(snapshot.query_opt(query, &[&topic])).await? {
            return Err(RecountError::OtherTopic(other.get("topic")));
        }
        let query = "SELECT start_offset, next_offset, fingerprint FROM register_cursor
                     WHERE topic = $1 AND partition = $2";
        let Some(cursor) = answer(snapshot.query_opt(query, &[&topic, &partition])).await? else { return Ok(None) };
        let notes = snapshot::notes(&snapshot, topic).await?.remove(&partition).unwrap_or_default();
        let query = "SELECT record_offset FROM dead_letter WHERE topic = $1 AND partition = $2";
        let letters = answer(snapshot.query(query, &[&topic, &partition])).await?;
        Ok(Some(Self {
            counted: cursor.get("start_offset")..cursor.get("next_offset"),
            fingerprint: cursor.get("fingerprint"),
            notes,
            parked: letters.iter().map(|row| row.get("record_offset")).collect(),
        }))
    }
}

/// Reads the partition's log up to the cursor; it blocks.
///
/// The dead letters stay as they are, so they must be those that the log asks for.
pub(crate) fn derive(
    reader: &LogReader,
    partition: i32,
    low: i64,
    snapshot: &PartitionSnapshot,
) -> Result<Derived, RecountError> {
    let Range { start, end } = snapshot.counted;
    let mut count = PartitionCount::new(None, &snapshot.notes, start);
    let mut last = None;
    reader.read(partition, start.max(low)..end, |record| {
        count.take(&record, partition);
        if record.offset + 1 == end {
            last = Some(Record::decode(partition, record.offset, record.appended_at, record.key, record.value));
        }
    })?;
    let Judged { votes, parked } = count.finish(end).map_err(|missing| RecountError::Gap { partition, missing })?;
    if snapshot.fingerprint.is_some_and(|known| last.is_none_or(|last| last.fingerprint() != known)) {
        return Err(RecountError::AnotherLog { partition, offset: end - 1 });
    }
    let must: BTreeSet<i64> = parked.into_iter().collect();
    if let Some(&offset) = must.symmetric_difference(&snapshot.parked).next() {
        return Err(RecountError::DeadLettersDiffer { partition, offset });
    }
    let skipped = snapshot.notes.skipped_within(&snapshot.counted);
    let (counted, parked) = (votes.values().sum(), i64::try_from(must.len()).unwrap_or(i64::MAX));
    Ok(Derived {
        votes: votes.into_iter().map(|((paredao, (who, minute)), votes)| (paredao, who, minute, votes)).collect(),
        counted,
        parked,
        skipped,
        duplicate: end - start - counted - parked - skipped,
    })
}
