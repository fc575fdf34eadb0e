//! Back, without counting twice: a partition's buckets are made anew from its log.
//!
//! The cursor stays where it is, because it never goes back. What lies below it is judged by the recount's rules, which
//! aren't the core's, and replaces what was there.

use std::ops::Range;

use rdkafka::error::KafkaError;
use tokio_postgres::types::ToSql;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::AGGREGATOR_LOCK;

use super::operator::{ControlError, Operator};
use crate::log_index::LogIndex;
use crate::log_reader::{LogError, LogReader};
use crate::recount::{self, Derived, PartitionSnapshot, RecountError};
use crate::store::{StoreError, answer};

const CLIENT_ID: &str = "votes-register-rederive";

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rederived {
    /// Votes in the partition's buckets before, those replayed among them.
    pub before: i64,
    /// And after.
    pub after: i64,
    /// How many of them were replayed.
    pub replayed: i64,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RederiveError {
    /// The command isn't in place.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// Log and tables don't say what must be there.
    #[error(transparent)]
    Recount(#[from] RecountError),
    /// Something was counted meanwhile.
    #[error("partition {0} was counted on meanwhile: pause it, and wait until it stands still")]
    Moved(i32),
}

impl From<KafkaError> for RederiveError {
    fn from(error: KafkaError) -> Self {
        Self::Recount(error.into())
    }
}

impl From<LogError> for RederiveError {
    fn from(error: LogError) -> Self {
        Self::Recount(error.into())
    }
}

impl From<StoreError> for RederiveError {
    fn from(error: StoreError) -> Self {
        Self::Control(error.into())
    }
}

/// Makes the buckets of `partition`, and its cursor's numbers, anew from the log.
///
/// # Errors
/// When the partition counts, the log doesn't hold all that was counted, or Kafka or Postgres is away.
pub async fn rederive(operator: &Operator, kafka: &KafkaArgs, partition: i32) -> Result<Rederived, RederiveError> {
    {
        let mut client = operator.pool().get().await.map_err(StoreError::from)?;
        let look = answer(client.transaction()).await?;
        operator.lock(&look, partition).await?.refuse_if_counting(partition)?;
    }
    let snapshot = PartitionSnapshot::read(operator.pool(), operator.topic(), partition).await?;
    let snapshot = snapshot.ok_or(ControlError::Unclaimed(partition))?;
    let ends = LogIndex::new(kafka, CLIENT_ID)?.ends(partition).await?;
    let stop = CancellationToken::new();
    let reader = LogReader::new(kafka, CLIENT_ID, stop.clone())?;
    let _stop = stop.drop_guard();
    let counted = snapshot.counted.clone();
    // The log is read before anything is locked: it may take minutes.
    let derived = tokio::task::spawn_blocking(move || recount::derive(&reader, partition, ends.low, &snapshot));
    let derived = derived.await.map_err(|_| LogError::Stopped)??;
    replace(operator, partition, &counted, &derived).await
}

/// The one transaction. It takes its locks in the order that keeps everybody else from a deadlock: the aggregator's, which
/// compacts buckets; the table of replays, each of which adds to a bucket; the cursor.
async fn replace(
    operator: &Operator,
    partition: i32,
    counted: &Range<i64>,
    derived: &Derived,
) -> Result<Rederived, RederiveError> {
    let topic = operator.topic();
    let mut client = operator.pool().get().await.map_err(StoreError::from)?;
    let transaction = answer(client.transaction()).await?;
    answer(transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&AGGREGATOR_LOCK])).await?;
    answer(transaction.execute("LOCK TABLE replayed IN SHARE MODE", &[])).await?;
    let cursor = operator.lock(&transaction, partition).await?;
    cursor.refuse_if_counting(partition)?;
    // The cursor never goes back, so nothing below it was added either.
    if (cursor.start_offset, cursor.next_offset) != (counted.start, counted.end) {
        return Err(RederiveError::Moved(partition));
    }
    let removed = answer(transaction.query_one(include_str!("zero.sql"), &[&partition])).await?;
    let mut columns = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (paredao, participant, minute, votes) in &derived.votes {
        columns.0.push(*paredao);
        columns.1.push(*participant);
        columns.2.push(*minute);
        columns.3.push(*votes);
    }
    let statement = include_str!("rebuild.sql");
    let parameters: [&(dyn ToSql + Sync); 6] = [&topic, &partition, &columns.0, &columns.1, &columns.2, &columns.3];
    let rebuilt = answer(transaction.query_one(statement, &parameters)).await?;
    // The epoch fences whoever owns the partition.
    let statement =
        "UPDATE register_cursor SET epoch = epoch + 1, counted = $3, duplicate = $4, parked = $5, skipped = $6
                     WHERE topic = $1 AND partition = $2";
    let numbers = (derived.counted, derived.duplicate, derived.parked, derived.skipped);
    let parameters: [&(dyn ToSql + Sync); 6] = [&topic, &partition, &numbers.0, &numbers.1, &numbers.2, &numbers.3];
    answer(transaction.execute(statement, &parameters)).await?;
    let (before, after, replayed): (i64, i64, i64) = (removed.get(0), rebuilt.get("votes"), rebuilt.get("replayed"));
    let epoch = cursor.epoch + 1;
    let detail = format!(
        r#"{{"from": {}, "to": {}, "before": {before}, "after": {after}, "replayed": {replayed}, "epoch": {epoch}}}"#,
        counted.start, counted.end
    );
    operator.audit(&transaction, "rederive", Some(partition), &detail).await?;
    answer(transaction.commit()).await?;
    Ok(Rederived { before, after, replayed })
}
