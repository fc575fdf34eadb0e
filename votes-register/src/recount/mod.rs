//! Recount: what the log says must be in the table `bucket`, against what is there.
//!
//! The tables are read in one snapshot, the log from where counting began up to that snapshot's cursors. What becomes of
//! a record is decided by code of its own, not by the core's.

mod compare;
mod judge;
mod partition;
mod snapshot;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::{ParedaoId, window};

pub use compare::Difference;
use compare::Expected;
use judge::{Notes, PartitionCount, Place};
pub(crate) use partition::{Derived, PartitionSnapshot, derive};
use snapshot::Snapshot;

use crate::log_index::LogIndex;
use crate::log_reader::{LogError, LogReader};
use crate::store::{self, BadDatabase, StoreError};

/// How often progress is said.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
const CLIENT_ID: &str = "votes-register-recount";

/// What was found.
#[derive(Debug, Clone)]
pub struct Recount {
    /// Records read.
    pub records: i64,
    /// Votes that the log says were to be counted.
    pub counted: i64,
    /// Votes that were replayed.
    pub replayed: i64,
    /// Votes in the table.
    pub table: i64,
    /// Buckets that were compared.
    pub buckets: usize,
    /// Where log and table disagree; none when they are equal.
    pub differences: Vec<Difference>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RecountError {
    /// No paredão has this slug.
    #[error("there is no paredão {0:?}")]
    ParedaoUnknown(String),
    /// Buckets don't say which topic their votes are from.
    #[error("votes of another topic, {0:?}, are in the same buckets: they can't be told apart")]
    OtherTopic(String),
    /// Retention has passed the paredão's first votes.
    #[error(
        "partition {partition}: the log begins at offset {low}, later than the paredão's first possible record at \
         offset {needed}"
    )]
    LogGone {
        /// The partition.
        partition: i32,
        /// The first offset that the log still holds.
        low: i64,
        /// The first offset that may hold a vote of the paredão.
        needed: i64,
    },
    /// The log isn't the one that was counted.
    #[error("partition {partition}: the log ends at offset {high}, before the cursor at {next_offset}")]
    LogShorter {
        /// The partition.
        partition: i32,
        /// Where the log ends.
        high: i64,
        /// Where the cursor stands.
        next_offset: i64,
    },
    /// Records are missing that nobody skipped.
    #[error("partition {partition}: the log lacks the offsets from {} up to {}", .missing.start, .missing.end)]
    Gap {
        /// The partition.
        partition: i32,
        /// The offsets that didn't come.
        missing: Range<i64>,
    },
    /// The record below the cursor isn't the one that was counted.
    #[error("partition {partition}: the record at offset {offset} isn't the one that was counted")]
    AnotherLog {
        /// The partition.
        partition: i32,
        /// The record's offset.
        offset: i64,
    },
    /// The dead letters aren't those that the log asks for.
    #[error("partition {partition}: log and tables disagree on whether the record at offset {offset} is parked")]
    DeadLettersDiffer {
        /// The partition.
        partition: i32,
        /// The first such record's offset.
        offset: i64,
    },
    /// Postgres failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database's settings are wrong.
    #[error(transparent)]
    Database(#[from] BadDatabase),
    /// The log can't be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<KafkaError> for RecountError {
    fn from(error: KafkaError) -> Self {
        Self::Log(error.into())
    }
}

/// How far the reading has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Records read.
    pub read: i64,
    /// Records to read.
    pub total: i64,
    /// Records read per second since the start.
    pub per_second: i64,
}

/// Recounts the paredão `slug`; compacted days are days of `zone`. `say` is told once a second how far it is, and last
/// at the end.
///
/// # Errors
/// When the log or the tables can't give an answer.
pub async fn recount(
    kafka: &KafkaArgs,
    postgres: &PostgresArgs,
    slug: &str,
    zone: &str,
    say: impl Fn(Progress),
) -> Result<Recount, RecountError> {
    let index = LogIndex::new(kafka, CLIENT_ID)?;
    let pool = store::pool(postgres, CLIENT_ID, 1)?;
    let snapshot = snapshot::read(&pool, &kafka.kafka_topic, slug, zone).await?;
    let stretches = stretches(&index, &snapshot).await?;
    let records = stretches.values().map(|stretch| stretch.end - stretch.start).sum();
    let stop = CancellationToken::new();
    let reader = LogReader::new(kafka, CLIENT_ID, stop.clone())?;
    // Stops the reading when whoever waits for the answer has given up.
    let _stop = stop.drop_guard();
    let progress = Arc::new(AtomicI64::new(0));
    let (paredao, notes, read) = (snapshot.paredao, snapshot.notes, Arc::clone(&progress));
    let mut counting = tokio::task::spawn_blocking(move || count(&reader, paredao, &notes, &stretches, &read));
    let start = Instant::now();
    let mut tick = tokio::time::interval(PROGRESS_EVERY);
    let counted = loop {
        tokio::select! {
            counted = &mut counting => break counted,
            _ = tick.tick() => say(Progress::new(&progress, records, start)),
        }
    };
    let mut expected = counted.map_err(|_| LogError::Stopped)??;
    say(Progress::new(&progress, records, start));

    let counted = expected.values().flat_map(|minutes| minutes.values()).sum();
    for (column, minute, votes) in &snapshot.replayed {
        *expected.entry(*column).or_default().entry(*minute).or_default() += votes;
    }
    let replayed = snapshot.replayed.iter().map(|(_, _, votes)| votes).sum();
    let table = snapshot.rows.iter().map(|row| row.votes).sum();
    let (buckets, differences) = compare::compare(expected, snapshot.rows);
    Ok(Recount { records, counted, replayed, table, buckets, differences })
}

/// Which stretch of each partition to read: all that was counted, or all that is left of it when nothing of the paredão
/// can be missing.
async fn stretches(index: &LogIndex, snapshot: &Snapshot) -> Result<BTreeMap<i32, Range<i64>>, RecountError> {
    let mut stretches = BTreeMap::new();
    for (&partition, counted) in &snapshot.counted {
        let ends = index.ends(partition).await?;
        if ends.high < counted.end {
            return Err(RecountError::LogShorter { partition, high: ends.high, next_offset: counted.end });
        }
        if counted.is_empty() {
            continue;
        }
        if ends.low > counted.start {
            // Clocks of database and brokers, and those of brokers among themselves, may each differ.
            let first = snapshot.created_at.plus(-2 * window::CLOCK_SKEW_MILLIS);
            let needed = index.offset_at(partition, first).await?;
            let begins_before = ends.low < ends.high && needed.is_none_or(|needed| needed > ends.low);
            if !begins_before || ends.low > counted.end {
                return Err(RecountError::LogGone { partition, low: ends.low, needed: counted.start });
            }
        }
        stretches.insert(partition, counted.start.max(ends.low)..counted.end);
    }
    Ok(stretches)
}

/// One partition after the other, so that the ballots of one only are held.
fn count(
    reader: &LogReader,
    paredao: ParedaoId,
    notes: &BTreeMap<i32, Notes>,
    stretches: &BTreeMap<i32, Range<i64>>,
    progress: &AtomicI64,
) -> Result<Expected, RecountError> {
    let nothing = Notes::default();
    let mut expected = Expected::new();
    for (&partition, stretch) in stretches {
        let mut count = PartitionCount::new(Some(paredao), notes.get(&partition).unwrap_or(&nothing), stretch.start);
        reader.read(partition, stretch.clone(), |record| {
            count.take(&record, partition);
            progress.fetch_add(1, Ordering::Relaxed);
        })?;
        let judged = count.finish(stretch.end).map_err(|missing| RecountError::Gap { partition, missing })?;
        add(&mut expected, partition, judged.votes);
    }
    Ok(expected)
}

fn add(expected: &mut Expected, partition: i32, votes: HashMap<(i32, Place), i64>) {
    for ((_, (participant, minute)), votes) in votes {
        expected.entry((partition, participant)).or_default().insert(minute, votes);
    }
}

impl Progress {
    fn new(read: &AtomicI64, total: i64, start: Instant) -> Self {
        let read = read.load(Ordering::Relaxed);
        let millis = i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX).max(1);
        Self { read, total, per_second: read.saturating_mul(1000) / millis }
    }
}
