//! A parked record, as the table `dead_letter` holds it.

use jiff::Timestamp;
use tokio_postgres::Row;
use voting_commons::codec::{self, Entry};
use voting_commons::{Rejection, UnixMillis, Vote};

use super::refusal::Refusal;

/// A parked record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its id in the table.
    pub id: i64,
    /// Where the record lies.
    pub partition: i32,
    /// Where the record lies.
    pub offset: i64,
    /// Kafka's LogAppendTime.
    pub appended_at: UnixMillis,
    /// The stable name of why it was parked.
    pub reason: String,
    /// What the database said, where it was the database that refused.
    pub detail: Option<String>,
    /// How many times the database refused; 0 where something else is wrong.
    pub attempts: i32,
    /// When it was parked.
    pub parked_at: Timestamp,
    /// The key, perhaps cut, where it was asked for.
    pub key: Option<Vec<u8>>,
    /// The value, perhaps cut, where it was asked for.
    pub value: Option<Vec<u8>>,
    /// The key's whole length in bytes; `None` when the record had none.
    pub key_bytes: Option<i64>,
    /// The value's whole length in bytes; `None` when the record had none.
    pub value_bytes: Option<i64>,
    /// Who replayed it, and when.
    pub replayed: Option<(String, Timestamp)>,
}

impl Letter {
    pub(super) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let by: Option<String> = row.try_get("replayed_by")?;
        Ok(Self {
            id: row.try_get("id")?,
            partition: row.try_get("partition")?,
            offset: row.try_get("record_offset")?,
            appended_at: UnixMillis(row.try_get("appended_at")?),
            reason: row.try_get("reason")?,
            detail: row.try_get("detail")?,
            attempts: row.try_get("attempts")?,
            parked_at: row.try_get("parked_at")?,
            key: row.try_get("key")?,
            value: row.try_get("value")?,
            key_bytes: row.try_get("key_bytes")?,
            value_bytes: row.try_get("value_bytes")?,
            replayed: by.zip(row.try_get("replayed_at")?),
        })
    }

    /// The good vote that was parked.
    ///
    /// # Errors
    /// When the record was parked because it isn't one.
    pub fn vote(&self) -> Result<Vote, Refusal> {
        let undecodable = || Refusal::Undecodable { reason: self.reason.clone() };
        if !Rejection::REPLAYABLE.iter().any(|rejection| rejection.code() == self.reason) {
            return Err(undecodable());
        }
        let entry = codec::decode(self.partition, self.key.as_deref(), self.value.as_deref());
        entry.ok().and_then(Entry::vote).ok_or_else(undecodable)
    }
}
