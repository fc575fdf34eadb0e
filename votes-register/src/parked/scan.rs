//! Reading stretches of a partition's log again, looking for copies of ballots.

use std::collections::HashMap;
use std::ops::Range;

use voting_commons::codec::{self, Entry};
use voting_commons::{BallotId, UnixMillis, Vote};

use crate::log_reader::{LogError, LogReader, LogRecord};
use crate::skipped;

/// What to look for in a partition.
pub(super) struct Scan {
    pub(super) partition: i32,
    /// In order, without overlaps.
    pub(super) stretches: Vec<Range<i64>>,
    pub(super) skipped: Vec<Range<i64>>,
    /// The parked votes by their offsets, as they must stand in the log, with their stamps.
    pub(super) parked: HashMap<i64, (UnixMillis, Vote)>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Where each of the ballots lies.
    pub(super) copies: HashMap<BallotId, Vec<i64>>,
    /// The first offset at which the log isn't the one that was counted.
    pub(super) changed: Option<i64>,
}

impl Scan {
    /// Reads them all; it blocks.
    pub(super) fn run(&self, reader: &LogReader) -> Result<Found, LogError> {
        let ballots = self.parked.values().map(|(_, vote)| (vote.ballot, Vec::new()));
        let mut found = Found { copies: ballots.collect(), changed: None };
        for stretch in &self.stretches {
            let mut next_offset = stretch.start;
            reader.read(self.partition, stretch.clone(), |record| {
                self.pass(next_offset..record.offset, &mut found);
                next_offset = record.offset + 1;
                self.take(&record, &mut found);
            })?;
            self.pass(next_offset..stretch.end, &mut found);
        }
        Ok(found)
    }

    fn take(&self, record: &LogRecord<'_>, found: &mut Found) {
        let vote = codec::decode(self.partition, record.key, record.value).ok().and_then(Entry::vote);
        if let Some(copies) = vote.and_then(|vote| found.copies.get_mut(&vote.ballot)) {
            copies.push(record.offset);
        }
        let parked = self.parked.get(&record.offset);
        if parked.is_some_and(|(appended_at, parked)| *appended_at != record.appended_at || vote != Some(*parked)) {
            found.changed.get_or_insert(record.offset);
        }
    }

    /// Offsets that didn't come: only those passed over may be missing.
    fn pass(&self, missing: Range<i64>, found: &mut Found) {
        if found.changed.is_none() {
            found.changed = skipped::first_not_in(&self.skipped, missing);
        }
    }
}
