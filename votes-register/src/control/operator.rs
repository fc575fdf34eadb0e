//! What an operator may do. Each command is one transaction, which writes its audit row too.

use deadpool_postgres::{Pool, Transaction};
use rdkafka::error::KafkaError;
use tokio_postgres::Row;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::{Minute, UnixMillis, window};

use crate::log_index::{LogEnds, LogIndex};
use crate::store::{self, BadDatabase, StoreError, answer};

const CLIENT_ID: &str = "votes-register-control";
/// What the owner said of a partition longer ago than this, in seconds, isn't known to hold any more.
pub(crate) const STATUS_SECONDS_MAX: f64 = 30.0;

/// Why a command wasn't carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nothing to command.
    #[error("partition {0} was never counted from")]
    Unclaimed(i32),
    /// It counts, and a slip of the hand shouldn't disturb it.
    #[error("partition {0} is neither halted nor paused: pause it first")]
    Counting(i32),
    /// One partition can't be resumed while all are paused.
    #[error("all partitions are paused, not only partition {0}: resume them all")]
    AllPaused(i32),
    /// Back would count again what was counted.
    #[error("the cursor stands at offset {next_offset}: to {to} is not forward")]
    NotForward {
        /// The cursor.
        next_offset: i64,
        /// Where it was to go.
        to: i64,
    },
    /// There is nothing to read from there.
    #[error("the log goes from offset {low} up to {high}: {to} lies outside")]
    OutsideLog {
        /// The log's first offset.
        low: i64,
        /// The one after its last.
        high: i64,
        /// Where the cursor was to go.
        to: i64,
    },
    /// The log is the one that was counted, as far as anybody knows.
    #[error(
        "partition {0} hasn't halted because its log was made anew or lost counted records (where uncounted ones are gone, \
         skip goes on without them)"
    )]
    SameLog(i32),
    /// The cursor's row can't be moved to there.
    #[error("the cursor's clock at {0} ms can't be")]
    BadClock(i64),
    /// Kafka can't be asked.
    #[error("Kafka can't be asked where the log begins and ends: {0}")]
    Log(#[from] KafkaError),
    /// Postgres failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<tokio_postgres::Error> for ControlError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Commands on one topic's partitions, in somebody's name.
pub struct Operator {
    pool: Pool,
    topic: String,
    who: String,
}

/// What was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skip {
    /// Where the cursor stood.
    pub from: i64,
    /// Where it stands.
    pub to: i64,
    /// Set where the log no longer holds the ballots counted last: a repeated one couldn't be told, so votes of ballots
    /// issued before this are parked as too late.
    pub late_before: Option<UnixMillis>,
}

/// A new log in place of the one that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLog {
    /// The name under which the old log's cursor and dead letters are kept.
    pub archived_as: String,
    /// Where counting begins in the new log.
    pub from: i64,
    /// Votes of ballots issued before this are parked as too late: the old log may have counted them.
    pub late_before: UnixMillis,
}

/// A cursor, locked.
pub(super) struct Locked {
    pub(super) start_offset: i64,
    pub(super) next_offset: i64,
    pub(super) epoch: i64,
    pub(super) log_clock: UnixMillis,
    ballots_from: i64,
    halt_code: Option<String>,
    is_paused: bool,
}

impl Operator {
    /// An operator called `who`.
    ///
    /// # Errors
    /// When the database's URL or certificate can't be read.
    pub fn new(postgres: &PostgresArgs, topic: &str, who: &str) -> Result<Self, BadDatabase> {
        Ok(Self { pool: store::pool(postgres, CLIENT_ID, 1)?, topic: topic.to_owned(), who: who.to_owned() })
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// Has `partition`, or all, stand still. Pausing what is paused changes nothing but the audit.
    ///
    /// # Errors
    /// When the partition was never counted from, or Postgres is away.
    pub async fn pause(&self, partition: Option<i32>) -> Result<(), ControlError> {
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let transaction = answer(client.transaction()).await?;
        self.refuse_unclaimed(&transaction, partition).await?;
        let statement =
            "INSERT INTO register_control (topic, partition, who) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        answer(transaction.execute(statement, &[&self.topic, &partition, &self.who])).await?;
        self.audit(&transaction, "pause", partition, "{}").await?;
        Ok(answer(transaction.commit()).await?)
    }

    /// Has `partition` go on, or all of them, however they were paused.
    ///
    /// # Errors
    /// When all partitions are paused and only one is to go on, the partition was never counted from, or Postgres is away.
    pub async fn resume(&self, partition: Option<i32>) -> Result<(), ControlError> {
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let transaction = answer(client.transaction()).await?;
        self.refuse_unclaimed(&transaction, partition).await?;
        if let Some(partition) = partition {
            let query = "SELECT FROM register_control WHERE topic = $1 AND partition IS NULL";
            if answer(transaction.query_opt(query, &[&self.topic])).await?.is_some() {
                return Err(ControlError::AllPaused(partition));
            }
        }
        let statement = "DELETE FROM register_control WHERE topic = $1 AND ($2::integer IS NULL OR partition = $2)";
        answer(transaction.execute(statement, &[&self.topic, &partition])).await?;
        self.audit(&transaction, "resume", partition, "{}").await?;
        Ok(answer(transaction.commit()).await?)
    }

    /// A slip of the hand shouldn't look obeyed.
    async fn refuse_unclaimed(
        &self,
        transaction: &Transaction<'_>,
        partition: Option<i32>,
    ) -> Result<(), ControlError> {
        let Some(partition) = partition else { return Ok(()) };
        let query = "SELECT FROM register_cursor WHERE topic = $1 AND partition = $2";
        let found = answer(transaction.query_opt(query, &[&self.topic, &partition])).await?;
        found.map(|_| ()).ok_or(ControlError::Unclaimed(partition))
    }

    /// Moves the cursor of a halted or paused partition forward to `to`, and writes down what is passed over.
    ///
    /// # Errors
    /// When the partition counts, `to` isn't forward or outside the log, or Kafka or Postgres is away.
    pub async fn skip(&self, kafka: &KafkaArgs, partition: i32, to: i64, reason: &str) -> Result<Skip, ControlError> {
        let ends = LogIndex::new(kafka, CLIENT_ID)?.ends(partition).await?;
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let transaction = answer(client.transaction()).await?;
        let cursor = self.lock(&transaction, partition).await?;
        cursor.refuse_if_counting(partition)?;
        let (from, LogEnds { low, high }) = (cursor.next_offset, ends);
        if to <= from {
            return Err(ControlError::NotForward { next_offset: from, to });
        }
        if to < low || to > high {
            return Err(ControlError::OutsideLog { low, high, to });
        }
        // Of the ballots that can still be retried, some are gone with the log: the register's own question when it claims.
        let last = if cursor.ballots_from < low { Some(last_countable(cursor.log_clock)?) } else { None };
        let clock = last.map(|last| clock_past(last, cursor.log_clock).0);
        let statement = "UPDATE register_cursor
                         SET epoch = epoch + 1, next_offset = $3, skipped = skipped + $3 - next_offset, fingerprint = NULL,
                             log_clock = coalesce($4::bigint, log_clock),
                             ballots_from = greatest(ballots_from, $5)
                         WHERE topic = $1 AND partition = $2";
        answer(transaction.execute(statement, &[&self.topic, &partition, &to, &clock, &low])).await?;
        let statement = "INSERT INTO skipped (topic, partition, from_offset, to_offset, reason, who, log_clock)
                         VALUES ($1, $2, $3, $4, $5, $6, $7)";
        answer(transaction.execute(statement, &[&self.topic, &partition, &from, &to, &reason, &self.who, &clock]))
            .await?;
        let detail = format!(r#"{{"from": {from}, "to": {to}, "epoch": {}}}"#, cursor.epoch + 1);
        self.audit(&transaction, "skip", Some(partition), &detail).await?;
        answer(transaction.commit()).await?;
        Ok(Skip { from, to, late_before: last.map(Minute::end) })
    }

    /// Counts the new log from its beginning, where a topic was made anew or lost records that were counted. The old
    /// log's cursor, with what was counted by it, is kept under another name; what may have been counted is too late now.
    ///
    /// # Errors
    /// When the partition hasn't halted for that reason, or Kafka or Postgres is away.
    pub async fn accept_new_log(&self, kafka: &KafkaArgs, partition: i32) -> Result<NewLog, ControlError> {
        let ends = LogIndex::new(kafka, CLIENT_ID)?.ends(partition).await?;
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let transaction = answer(client.transaction()).await?;
        let cursor = self.lock(&transaction, partition).await?;
        if !matches!(cursor.halt_code.as_deref(), Some("fingerprint_mismatch" | "log_shorter")) {
            return Err(ControlError::SameLog(partition));
        }
        let (from, last) = (ends.low, last_countable(cursor.log_clock)?);
        let clock = clock_past(last, cursor.log_clock).0;
        // An epoch is given out once, so this name is new.
        let archived_as = format!("{}@{}", self.topic, cursor.epoch);
        for table in ["register_cursor", "skipped", "dead_letter", "replayed"] {
            let statement = format!("UPDATE {table} SET topic = $3 WHERE topic = $1 AND partition = $2");
            answer(transaction.execute(&statement, &[&self.topic, &partition, &archived_as])).await?;
        }
        let statement =
            "INSERT INTO register_cursor (topic, partition, start_offset, next_offset, ballots_from, epoch, owner,
                                          log_clock)
                         SELECT $1::text, $2, $4::bigint, $4, $4, epoch + 1, owner, $5::bigint
                         FROM register_cursor WHERE topic = $3 AND partition = $2";
        answer(transaction.execute(statement, &[&self.topic, &partition, &archived_as, &from, &clock])).await?;
        let detail = format!(r#"{{"from": {from}, "archived_as": "{archived_as}", "epoch": {}}}"#, cursor.epoch + 1);
        self.audit(&transaction, "accept_new_log", Some(partition), &detail).await?;
        answer(transaction.commit()).await?;
        Ok(NewLog { archived_as, from, late_before: last.end() })
    }

    /// The partition's cursor, which stays as it is until the transaction ends.
    pub(super) async fn lock(&self, transaction: &Transaction<'_>, partition: i32) -> Result<Locked, ControlError> {
        let statement = include_str!("lock.sql");
        let row = answer(transaction.query_opt(statement, &[&self.topic, &partition, &STATUS_SECONDS_MAX])).await?;
        row.as_ref().map_or(Err(ControlError::Unclaimed(partition)), |row| Ok(Locked::of(row)?))
    }

    /// Writes the audit row; `detail` is JSON.
    pub(super) async fn audit(
        &self,
        transaction: &Transaction<'_>,
        action: &str,
        partition: Option<i32>,
        detail: &str,
    ) -> Result<(), ControlError> {
        let statement = "INSERT INTO audit (who, action, subject, detail) VALUES ($1, $2, $3, $4::text::jsonb)";
        let subject = partition.map_or_else(|| self.topic.clone(), |partition| format!("{}/{partition}", self.topic));
        answer(transaction.execute(statement, &[&self.who, &action, &subject, &detail])).await?;
        Ok(())
    }
}

impl Locked {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            start_offset: row.try_get("start_offset")?,
            next_offset: row.try_get("next_offset")?,
            epoch: row.try_get("epoch")?,
            log_clock: UnixMillis(row.try_get("log_clock")?),
            ballots_from: row.try_get("ballots_from")?,
            halt_code: row.try_get("halt_code")?,
            is_paused: row.try_get("is_paused")?,
        })
    }

    /// A running owner would be fenced and nothing lost; it is asked for so that nobody does it by mistake.
    pub(super) fn refuse_if_counting(&self, partition: i32) -> Result<(), ControlError> {
        if self.is_paused || self.halt_code.is_some() { Ok(()) } else { Err(ControlError::Counting(partition)) }
    }
}

fn last_countable(log_clock: UnixMillis) -> Result<Minute, ControlError> {
    window::last_held(log_clock).ok_or(ControlError::BadClock(log_clock.0))
}

/// The first log clock from `log_clock` on at which ballots of `last` are late.
fn clock_past(last: Minute, log_clock: UnixMillis) -> UnixMillis {
    window::closes(last).max(log_clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_clock_everything_countable_before_is_late() {
        let minute = |number: i64| Minute::try_from(number).unwrap();
        for after in [0, 1, 29_999, 30_000, 30_001, 59_999] {
            let log_clock = minute(1_000).start().plus(after);
            let last = last_countable(log_clock).unwrap();
            let moved = clock_past(last, log_clock);
            for number in 990..1_010 {
                let was_countable = !window::is_from_future(minute(number), log_clock);
                assert!(!was_countable || window::is_late(minute(number), moved), "{after} {number}");
            }
            assert!(!window::is_late(last.next(), moved), "no more is refused than must be");
        }
    }
}
