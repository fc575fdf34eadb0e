//! How each partition fares, as the table `register_status` says.

use std::time::Instant;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::board::Board;
use super::operator::Operator;
use crate::core::Halt;
use crate::store::{Store, StoreError, answer};

/// A partition as an operator sees it.
#[derive(Debug, Clone)]
pub struct PartitionStatus {
    /// Which partition.
    pub partition: i32,
    /// Who claimed it last.
    pub owner: String,
    /// The epoch of that claim, or of the last command.
    pub epoch: i64,
    /// The next record to count.
    pub next_offset: i64,
    /// The owner's state; `None` while no owner has said anything.
    pub state: Option<String>,
    /// Whether an operator wants it to stand still.
    pub paused: bool,
    /// Why it halted: a sentence.
    pub halt_reason: Option<String>,
    /// What failed last.
    pub last_error: Option<String>,
    /// How long ago that was.
    pub error_seconds_ago: Option<f64>,
    /// Where the log ends, as far as its owner knows.
    pub high_offset: Option<i64>,
    /// Records not yet counted.
    pub lag_records: Option<i64>,
    /// How far the log clock is behind, in milliseconds.
    pub lag_millis: Option<i64>,
    /// How long ago the owner last said anything.
    pub seen_seconds_ago: Option<f64>,
}

impl PartitionStatus {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            partition: row.try_get("partition")?,
            owner: row.try_get("owner")?,
            epoch: row.try_get("epoch")?,
            next_offset: row.try_get("next_offset")?,
            state: row.try_get("state")?,
            paused: row.try_get("paused")?,
            halt_reason: row.try_get("halt_reason")?,
            last_error: row.try_get("last_error")?,
            error_seconds_ago: row.try_get("error_seconds_ago")?,
            high_offset: row.try_get("high_offset")?,
            lag_records: row.try_get("lag_records")?,
            lag_millis: row.try_get("lag_millis")?,
            seen_seconds_ago: row.try_get("seen_seconds_ago")?,
        })
    }
}

/// All partitions of the operator's topic that were ever claimed.
///
/// # Errors
/// When Postgres is away.
pub async fn partitions(operator: &Operator) -> Result<Vec<PartitionStatus>, StoreError> {
    let client = operator.pool().get().await?;
    let rows = answer(client.query(include_str!("partitions.sql"), &[&operator.topic()])).await?;
    Ok(rows.iter().map(PartitionStatus::of).collect::<Result<_, _>>()?)
}

/// The board, column by column.
#[derive(Default)]
struct Columns {
    partition: Vec<i32>,
    epoch: Vec<i64>,
    state: Vec<&'static str>,
    halt_code: Vec<Option<&'static str>>,
    halt_reason: Vec<Option<String>>,
    last_error: Vec<Option<String>>,
    last_error_at: Vec<Option<i64>>,
    low_offset: Vec<Option<i64>>,
    high_offset: Vec<Option<i64>>,
    lag_millis: Vec<Option<i64>>,
    ends_age_millis: Vec<Option<i64>>,
}

/// Writes down what the register knows of its partitions.
pub(super) async fn write(store: &Store, board: &Board) -> Result<(), StoreError> {
    let mut columns = Columns::default();
    for (partition, entry) in board.snapshot() {
        let is_halted = entry.state == "halted";
        // Why is learnt an instant after; and once it starts over, the reason is of the past.
        let halt = entry.halt.filter(|_| is_halted);
        if is_halted && halt.is_none() {
            continue;
        }
        let (error, error_at) = entry.error.unzip();
        columns.partition.push(partition);
        columns.epoch.push(entry.epoch);
        columns.state.push(entry.state);
        columns.halt_code.push(halt.as_ref().map(Halt::code));
        columns.halt_reason.push(halt.as_ref().map(ToString::to_string));
        columns.last_error.push(error);
        columns.last_error_at.push(error_at.map(|at| at.as_millisecond()));
        columns.low_offset.push(entry.ends.map(|ends| ends.low));
        columns.high_offset.push(entry.ends.map(|ends| ends.high));
        columns.lag_millis.push(entry.lag_millis);
        columns.ends_age_millis.push(entry.looked_at.map(millis_since));
    }
    if columns.partition.is_empty() {
        return Ok(());
    }
    let client = store.pool().get().await?;
    let statement = answer(client.prepare_cached(include_str!("write_status.sql"))).await?;
    let parameters: [&(dyn ToSql + Sync); 13] = [
        &store.topic(),
        &store.owner(),
        &columns.partition,
        &columns.state,
        &columns.halt_code,
        &columns.halt_reason,
        &columns.last_error,
        &columns.last_error_at,
        &columns.low_offset,
        &columns.high_offset,
        &columns.lag_millis,
        &columns.epoch,
        &columns.ends_age_millis,
    ];
    answer(client.execute(&statement, &parameters)).await?;
    Ok(())
}

/// An age rather than a time: this machine's clock may differ from the database's.
fn millis_since(instant: Instant) -> i64 {
    i64::try_from(instant.elapsed().as_millis()).unwrap_or(i64::MAX)
}
