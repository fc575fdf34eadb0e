//! What is known of each partition that this register owns, from wherever it is found out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use crate::core::Halt;
use crate::log_index::LogEnds;

/// What is known of one partition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    /// The core's state, by its stable name.
    pub(crate) state: &'static str,
    /// The epoch of its claim; 0 before the first.
    pub(crate) epoch: i64,
    /// Why it stands still, if it does.
    pub(crate) halt: Option<Halt>,
    /// What failed last, and when.
    pub(crate) error: Option<(String, Timestamp)>,
    /// Where the log began and ended at the last look.
    pub(crate) ends: Option<LogEnds>,
    /// When that look began.
    pub(crate) looked_at: Option<Instant>,
    /// How far the log clock was behind then, in milliseconds.
    pub(crate) lag_millis: Option<i64>,
}

/// The partitions of this register. Copies share what they hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Board {
    entries: Arc<Mutex<BTreeMap<i32, Entry>>>,
}

impl Board {
    /// The partition was assigned.
    pub(crate) fn add(&self, partition: i32) {
        self.entries().insert(partition, Entry { state: "claiming", ..Entry::default() });
    }

    /// The partition was revoked; what is said of it later on is dropped.
    pub(crate) fn remove(&self, partition: i32) {
        self.entries().remove(&partition);
    }

    /// Changes what is known of a partition that this register owns.
    pub(crate) fn update(&self, partition: i32, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries().get_mut(&partition) {
            change(entry);
        }
    }

    /// Something failed the partition.
    pub(crate) fn failed(&self, partition: i32, error: String) {
        self.update(partition, |entry| entry.error = Some((error, Timestamp::now())));
    }

    /// All that is known.
    pub(crate) fn snapshot(&self) -> BTreeMap<i32, Entry> {
        self.entries().clone()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<i32, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
