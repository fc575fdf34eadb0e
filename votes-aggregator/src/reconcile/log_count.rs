//! What one partition of the votes' topic holds, counted by plain rules that share nothing with the register's core but
//! the codec and the window's constants: a mistake in one of the two shows.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringTreemap;
use voting_commons::codec::{self, Entry};
use voting_commons::time::MINUTE_MILLIS;
use voting_commons::window::{CLOCK_SKEW_MILLIS, WINDOW_MILLIS};
use voting_commons::{ImportedVote, Vote};

/// A paredão's id and a minute since the Unix epoch.
pub type Place = (i32, i32);

/// The records of one paredão and minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MinuteCount {
    /// All of them, copies and untimely ones included.
    pub records: i64,
    /// First copies of ballots within their window, and lines of imports.
    pub countable: i64,
    /// Lines of imports, each once: no frontend sent them.
    pub imported: i64,
}

/// The imports that production registered, each for its paredão.
pub type Registered = BTreeMap<i32, i32>;

/// The count of one partition, from `start_offset` up to `next_offset`.
#[derive(Debug, Clone, Default)]
pub struct PartitionCount {
    /// Where the count began.
    pub start_offset: i64,
    /// The next record to read.
    pub next_offset: i64,
    /// How many logs this one took the place of.
    pub former_logs: i64,
    /// The first minute of which this log alone holds votes; 0 where it is the first.
    pub first_minute: i32,
    /// The stamp of the first record, in milliseconds; 0 while there is none.
    pub first_stamp: i64,
    /// The running maximum of the stamps, in milliseconds.
    pub log_clock: i64,
    /// First copies of ballots within their window.
    pub countable: i64,
    /// Further copies within the window.
    pub duplicate: i64,
    /// Votes that came too late or from the future.
    pub untimely: i64,
    /// Records that aren't votes, and lines of imports that may not be counted.
    pub undecodable: i64,
    /// Offsets at which the log holds nothing.
    pub missing: i64,
    /// By paredão and minute.
    pub minutes: BTreeMap<Place, MinuteCount>,
    /// The last line met of each import.
    pub lines: BTreeMap<i32, i32>,
    /// Minutes that have changed since this was last kept.
    pub(super) changed: BTreeSet<Place>,
    /// Ballots met, by minute and issuer; minutes whose ballots are late are let go.
    pub(super) met: BTreeMap<i32, BTreeMap<u64, RoaringTreemap>>,
}

/// A record as it lies in the log.
#[derive(Debug, Clone, Copy)]
pub struct LogRecord<'a> {
    /// Where.
    pub offset: i64,
    /// Kafka's LogAppendTime, in milliseconds.
    pub stamp: i64,
    /// The record's key.
    pub key: Option<&'a [u8]>,
    /// The record's value.
    pub value: Option<&'a [u8]>,
}

impl PartitionCount {
    /// A count that begins at `offset`.
    pub fn starting_at(offset: i64) -> Self {
        Self { start_offset: offset, next_offset: offset, ..Self::default() }
    }

    /// The count of a log that took the place of `former_logs` others, whose log clock was at `former_clock`: all ballots
    /// that those may have counted are late.
    pub fn of_new_log(offset: i64, former_logs: i64, former_clock: i64) -> Self {
        let last = (former_clock + CLOCK_SKEW_MILLIS).div_euclid(MINUTE_MILLIS);
        let last = i32::try_from(last).unwrap_or(i32::MAX - 1);
        let log_clock = late_at(last).max(former_clock);
        Self { former_logs, first_minute: last + 1, log_clock, ..Self::starting_at(offset) }
    }

    /// Counts the next record, which was written before `registered` was asked for.
    pub fn take(&mut self, partition: i32, record: &LogRecord<'_>, registered: &Registered) {
        self.pass_to(record.offset);
        self.next_offset = record.offset + 1;
        self.log_clock = self.log_clock.max(record.stamp);
        if self.first_stamp == 0 {
            self.first_stamp = record.stamp;
        }
        match codec::decode(partition, record.key, record.value) {
            Ok(Entry::Vote(vote)) => self.take_vote(&vote),
            Ok(Entry::Imported(line)) => self.take_line(&line, registered),
            Err(_) => self.undecodable += 1,
        }
    }

    fn take_vote(&mut self, vote: &Vote) {
        let place = (vote.group.paredao.get(), vote.group.minute.get());
        let is_late = self.log_clock >= late_at(place.1);
        let is_from_future = i64::from(place.1) * MINUTE_MILLIS - CLOCK_SKEW_MILLIS > self.log_clock;
        let is_first = !is_late && self.meet(vote);
        let count = self.minutes.entry(place).or_default();
        count.records += 1;
        match (is_late, is_first, is_from_future) {
            (false, true, false) => {
                self.countable += 1;
                count.countable += 1;
            }
            (false, false, _) => self.duplicate += 1,
            (true, ..) | (false, true, true) => self.untimely += 1,
        }
        self.changed.insert(place);
    }

    fn take_line(&mut self, line: &ImportedVote, registered: &Registered) {
        let place = (line.group.paredao.get(), line.group.minute.get());
        let is_from_future = i64::from(place.1) * MINUTE_MILLIS - CLOCK_SKEW_MILLIS > self.log_clock;
        if is_from_future || registered.get(&line.import.get()) != Some(&place.0) {
            self.undecodable += 1;
            return;
        }
        let last = self.lines.entry(line.import.get()).or_default();
        if line.line.get() <= *last {
            self.duplicate += 1;
            return;
        }
        *last = line.line.get();
        self.countable += 1;
        let count = self.minutes.entry(place).or_default();
        count.countable += 1;
        count.imported += 1;
        self.changed.insert(place);
    }

    /// Meets the ballots of a record that was counted before this process began.
    pub fn remember(&mut self, partition: i32, record: &LogRecord<'_>) {
        if let Ok(Entry::Vote(vote)) = codec::decode(partition, record.key, record.value) {
            self.meet(&vote);
        }
    }

    /// What comes next lies at `offset`: in front of it, nothing is there any more.
    pub fn pass_to(&mut self, offset: i64) {
        self.missing += (offset - self.next_offset).max(0);
        self.next_offset = self.next_offset.max(offset);
    }

    /// Whether the ballot is new.
    fn meet(&mut self, vote: &Vote) -> bool {
        while self.met.first_key_value().is_some_and(|(minute, _)| self.log_clock >= late_at(*minute)) {
            self.met.pop_first();
        }
        let of_minute = self.met.entry(vote.group.minute.get()).or_default();
        of_minute.entry(vote.ballot.issuer).or_default().insert(vote.ballot.sequence)
    }

    /// Lets go of minutes before `minute`.
    pub(super) fn forget_before(&mut self, minute: i32) {
        self.minutes.retain(|(_, of), _| *of >= minute);
        self.changed.retain(|(_, of)| *of >= minute);
    }
}

/// The first log clock at which a minute's ballots are late, in milliseconds.
pub(super) fn late_at(minute: i32) -> i64 {
    (i64::from(minute) + 1) * MINUTE_MILLIS + WINDOW_MILLIS
}

#[cfg(test)]
mod tests {
    use super::*;
    use voting_commons::{BallotId, Group, Minute, Shard};

    const MINUTE: i32 = 1_000;
    const START: i64 = MINUTE as i64 * MINUTE_MILLIS;

    fn take(count: &mut PartitionCount, sequence: u64, stamp: i64) {
        let minute = Minute::try_from(i64::from(MINUTE)).unwrap();
        let group = Group { paredao: 1.try_into().unwrap(), minute, participant: 2.try_into().unwrap() };
        let (key, value) = codec::encode(&Vote {
            ballot: BallotId { issuer: 1, sequence },
            group,
            shard: Shard::default(),
            partition: 0,
        });
        let offset = count.next_offset;
        count.take(0, &LogRecord { offset, stamp, key: Some(key.as_bytes()), value: Some(&value) }, &Registered::new());
    }

    #[test]
    fn every_record_is_one_of_four() {
        let mut count = PartitionCount::starting_at(5);
        take(&mut count, 1, START - CLOCK_SKEW_MILLIS - 1);
        take(&mut count, 1, START);
        take(&mut count, 2, START);
        take(&mut count, 2, START);
        count.take(0, &LogRecord { offset: 11, stamp: START, key: None, value: None }, &Registered::new());
        take(&mut count, 2, late_at(MINUTE));
        take(&mut count, 3, late_at(MINUTE));
        let PartitionCount { countable, duplicate, untimely, undecodable, missing, next_offset, .. } = count;
        assert_eq!((countable, duplicate, untimely, undecodable, missing), (1, 2, 3, 1, 2));
        assert_eq!(next_offset - 5, countable + duplicate + untimely + undecodable + missing);
        assert_eq!(count.minutes[&(1, MINUTE)], MinuteCount { records: 6, countable: 1, imported: 0 });
    }

    #[test]
    fn a_line_of_a_registered_import_counts_once_whatever_its_minute() {
        let registered = Registered::from([(5, 1)]);
        let mut count = PartitionCount::starting_at(0);
        let mut take = |import: i64, line: i64, stamp: i64| {
            let group = Group {
                paredao: 1.try_into().unwrap(),
                minute: i64::from(MINUTE).try_into().unwrap(),
                participant: 2.try_into().unwrap(),
            };
            let (import, line) = (import.try_into().unwrap(), line.try_into().unwrap());
            let (key, value) = codec::encode_imported(&ImportedVote { import, line, group, partition: 0 });
            let offset = count.next_offset;
            let record = LogRecord { offset, stamp, key: Some(key.as_bytes()), value: Some(&value) };
            count.take(0, &record, &registered);
        };
        take(5, 7, late_at(MINUTE));
        take(5, 9, late_at(MINUTE));
        take(5, 7, late_at(MINUTE));
        take(6, 1, late_at(MINUTE));
        assert_eq!((count.countable, count.duplicate, count.undecodable), (2, 1, 1));
        assert_eq!(count.minutes[&(1, MINUTE)], MinuteCount { records: 0, countable: 2, imported: 2 });
    }

    #[test]
    fn ballots_met_before_a_restart_are_known_after_it() {
        let mut before = PartitionCount::starting_at(0);
        take(&mut before, 1, START);
        let mut after = PartitionCount { met: BTreeMap::new(), ..before.clone() };
        let group = Group {
            paredao: 1.try_into().unwrap(),
            minute: 1000.try_into().unwrap(),
            participant: 2.try_into().unwrap(),
        };
        let (key, value) = codec::encode(&Vote {
            ballot: BallotId { issuer: 1, sequence: 1 },
            group,
            shard: Shard::default(),
            partition: 0,
        });
        after.remember(0, &LogRecord { offset: 0, stamp: START, key: Some(key.as_bytes()), value: Some(&value) });
        take(&mut after, 1, START);
        assert_eq!((after.countable, after.duplicate), (1, 1));
    }
}
