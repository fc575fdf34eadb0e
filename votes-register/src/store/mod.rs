//! The register's half of Postgres: claim a cursor, flush a batch, read a cursor.

mod flush;
mod pool;

use std::ops::Range;
use std::time::Duration;

use deadpool_postgres::{Object, Pool, PoolError};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use voting_commons::adapters::postgres::{HAS_SCHEMA, PostgresArgs, STATEMENT_TIMEOUT, schema_version};
use voting_commons::{BallotId, Minute, UnixMillis, window};

use crate::core::{Batch, Cursor, FlushOutcome, Imports, Position};

pub use pool::BadDatabase;
pub(crate) use pool::pool;

/// How long an answer may take beyond Postgres's own time-out before the connection is given up for lost.
const ANSWER_GRACE: Duration = Duration::from_secs(5);

/// The statements on one topic's cursors.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    topic: String,
    owner: String,
}

/// Why the store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection was to be had.
    #[error("no connection to Postgres: {0}")]
    NoConnection(#[from] PoolError),
    /// The statement failed, or its answer was lost.
    #[error("Postgres: {}", describe(.0))]
    Statement(#[from] tokio_postgres::Error),
    /// No answer came in time.
    #[error("Postgres gave no answer in time")]
    Silent,
    /// A row holds what no register has written.
    #[error("a row of {table} holds a value out of its range")]
    BadRow {
        /// The row's table.
        table: &'static str,
    },
}

impl Store {
    /// A store for `topic`, that signs its claims with `owner` and uses `connections_max` connections at most.
    ///
    /// # Errors
    /// When the database's URL or certificate can't be read.
    pub fn new(args: &PostgresArgs, topic: &str, owner: &str, connections_max: usize) -> Result<Self, BadDatabase> {
        let pool = pool(args, "votes-register", connections_max)?;
        Ok(Self { pool, topic: topic.to_owned(), owner: owner.to_owned() })
    }

    /// Whether the schema is what this program needs.
    ///
    /// # Errors
    /// When Postgres is away, or no migration was ever made.
    pub(crate) async fn has_schema(&self) -> Result<bool, StoreError> {
        let client = self.pool.get().await?;
        let row = answer(client.query_one(HAS_SCHEMA, &[&schema_version()])).await?;
        Ok(row.try_get(0)?)
    }

    /// Claims `partition` with the next epoch. A partition never claimed before starts at `low`, the log's beginning.
    ///
    /// # Errors
    /// When Postgres is away; repeating is safe.
    pub async fn claim(&self, partition: i32, low: i64) -> Result<Cursor, StoreError> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("claim.sql")).await?;
        let row = answer(client.query_one(&statement, &[&self.topic, &partition, &low, &self.owner])).await?;
        cursor_in(&row)
    }

    /// The ballots of parked votes that aren't late at `log_clock`.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn parked_ballots(
        &self,
        partition: i32,
        log_clock: UnixMillis,
    ) -> Result<Vec<(Minute, BallotId)>, StoreError> {
        let earliest = window::earliest_stamp(log_clock).minute().map_or(0, Minute::get);
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("parked_ballots.sql")).await?;
        let rows = answer(client.query(&statement, &[&self.topic, &partition, &earliest])).await?;
        let ballots: Result<Vec<_>, _> = rows.iter().map(ballot_in).collect();
        Ok(ballots?.into_iter().filter(|(minute, _)| !window::is_late(*minute, log_clock)).collect())
    }

    /// The imports that may be counted, and how far each has been in `partition`.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn imports(&self, partition: i32) -> Result<Imports, StoreError> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("imports.sql")).await?;
        let mut imports = Imports::default();
        for row in answer(client.query(&statement, &[&self.topic, &partition])).await? {
            let (id, paredao): (i32, i32) = (row.try_get("id")?, row.try_get("paredao")?);
            let bad_row = |_| StoreError::BadRow { table: "import" };
            let id = i64::from(id).try_into().map_err(bad_row)?;
            imports.registered.insert(id, i64::from(paredao).try_into().map_err(bad_row)?);
            if let Some(next_line) = row.try_get("next_line")? {
                imports.next_lines.insert(id, next_line);
            }
        }
        Ok(imports)
    }

    /// What was passed over of the partition, and whether an operator wants it to stand still.
    ///
    /// # Errors
    /// When Postgres is away.
    pub(crate) async fn steering(&self, partition: i32) -> Result<(Vec<Range<i64>>, bool), StoreError> {
        let client = self.pool.get().await?;
        let query = "SELECT from_offset, to_offset FROM skipped WHERE topic = $1 AND partition = $2";
        let rows = answer(client.query(query, &[&self.topic, &partition])).await?;
        let skipped = rows.iter().map(|row| row.get("from_offset")..row.get("to_offset")).collect();
        let query = "SELECT EXISTS (SELECT FROM register_control
                                    WHERE topic = $1 AND (partition = $2 OR partition IS NULL)) AS paused";
        let row = answer(client.query_one(query, &[&self.topic, &partition])).await?;
        Ok((skipped, row.try_get("paused")?))
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// The cursor as it stands; `None` when the partition was never claimed.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn read_cursor(&self, partition: i32) -> Result<Option<Cursor>, StoreError> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("read_cursor.sql")).await?;
        let row = answer(client.query_opt(&statement, &[&self.topic, &partition])).await?;
        row.as_ref().map(cursor_in).transpose()
    }

    /// Writes `batch` under `epoch` and says what came of it. The cause of an outage is logged here.
    pub async fn flush(&self, partition: i32, batch: &Batch, epoch: i64) -> FlushOutcome {
        let client = match self.pool.get().await {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(partition, %error, "can't flush: no connection to Postgres");
                return FlushOutcome::Outage;
            }
        };
        match flush::execute(&client, &self.topic, partition, batch, epoch).await {
            Ok(1..) => FlushOutcome::Applied,
            Ok(_) => FlushOutcome::Fenced,
            Err(error) => {
                let outcome = outcome_of(&error);
                tracing::warn!(partition, %error, ?outcome, "a flush failed");
                if outcome == FlushOutcome::Ambiguous {
                    // A connection that gave no answer may hold a late one: never use it again.
                    drop(Object::take(client));
                }
                outcome
            }
        }
    }
}

/// A failed flush was written or it was not, and only some failures tell. An error that Postgres itself reports means
/// that the statement was rolled back; anything else leaves it open.
fn outcome_of(error: &StoreError) -> FlushOutcome {
    let StoreError::Statement(error) = error else { return FlushOutcome::Ambiguous };
    match error.as_db_error() {
        None => FlushOutcome::Ambiguous,
        Some(_) if error.is_closed() => FlushOutcome::Ambiguous,
        Some(db) if is_about_data(db.code()) => FlushOutcome::DataError(describe(error)),
        // Being told to stop may come while the commit is under way.
        Some(db) if db.code().code().starts_with("57P") => FlushOutcome::Ambiguous,
        Some(_) => FlushOutcome::Outage,
    }
}

/// SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation).
fn is_about_data(state: &SqlState) -> bool {
    state.code().starts_with("22") || state.code().starts_with("23")
}

/// What Postgres says where it refuses the data of a statement; `None` where something else failed.
pub(crate) fn data_error(error: &StoreError) -> Option<String> {
    match outcome_of(error) {
        FlushOutcome::DataError(detail) => Some(detail),
        _ => None,
    }
}

fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} (SQLSTATE {})", db.message(), db.code().code()),
        None => std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")),
    }
}

/// Waits for an answer a little longer than Postgres lets a statement run: the network may have swallowed it.
pub(crate) async fn answer<T>(query: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(STATEMENT_TIMEOUT + ANSWER_GRACE, query).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::Silent),
    }
}

fn cursor_in(row: &Row) -> Result<Cursor, StoreError> {
    Ok(Cursor {
        at: Position {
            next_offset: row.try_get("next_offset")?,
            ballots_from: row.try_get("ballots_from")?,
            log_clock: UnixMillis(row.try_get("log_clock")?),
            fingerprint: row.try_get("fingerprint")?,
        },
        epoch: row.try_get("epoch")?,
    })
}

fn ballot_in(row: &Row) -> Result<(Minute, BallotId), StoreError> {
    let minute: i32 = row.try_get("ballot_minute")?;
    let issuer: i64 = row.try_get("ballot_issuer")?;
    let sequence: i64 = row.try_get("ballot_sequence")?;
    let minute = Minute::try_from(i64::from(minute)).map_err(|_| StoreError::BadRow { table: "dead_letter" })?;
    Ok((minute, BallotId { issuer: issuer.cast_unsigned(), sequence: sequence.cast_unsigned() }))
}
