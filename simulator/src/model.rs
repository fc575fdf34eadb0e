//! What must be true, said naively: every record's fate follows from the log alone, and the tables say exactly that.
//!
//! It shares no code with the register's core and none of its constants: here a ballot is remembered for ever.

use std::collections::{BTreeMap, HashSet};

use voting_commons::{BallotId, ImportedVote, UnixMillis, Vote};

use crate::store::{Commit, Rows, Store};

/// From the beginning of a ballot's minute to the moment from which on it is too late: its minute, the 3 minutes that
/// it lives, 5 s for the delivery and 30 s for clocks that differ.
pub(crate) const TOO_LATE_AFTER_MILLIS: i64 = 60_000 + 180_000 + 5_000 + 30_000;
/// How far a ballot's minute may lie ahead of the log.
const CLOCKS_DIFFER_MILLIS: i64 = 30_000;
/// How often a single record's data must have been refused before it may be parked for that.
const REFUSALS_MIN: u32 = 5;

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which promise.
    pub promise: &'static str,
    /// How it shows.
    pub text: String,
}

impl Violation {
    pub(crate) fn of(promise: &'static str, text: impl Into<String>) -> Self {
        Self { promise, text: text.into() }
    }
}

pub(crate) const NEVER_LOST: &str = "P1 never lost";
pub(crate) const NEVER_TWICE: &str = "P2 never twice";
pub(crate) const CONSERVATION: &str = "P3 conservation";
pub(crate) const NEVER_BACK: &str = "P4 never back";
pub(crate) const BOUNDED: &str = "P7 bounded";
pub(crate) const NO_PANIC: &str = "no panic";
pub(crate) const LIVENESS: &str = "liveness";

/// What a bucket is of: paredão, minute, participant.
type Group = (i32, i32, i32);

/// What must become of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Counted(Group),
    Duplicate,
    Parked(&'static str),
}

/// Everything that was appended, and what follows from it.
#[derive(Debug, Default)]
pub(crate) struct Model {
    partitions: BTreeMap<i32, Expected>,
    settled: HashSet<BallotId>,
    /// Lines of imports that were met, by import and number.
    lines: HashSet<(i32, i32)>,
    /// How often a record was refused that was alone in its batch.
    refusals: BTreeMap<(i32, i64), u32>,
}

/// What the log says of one partition, and what of it lies below the cursor.
#[derive(Debug, Default)]
struct Expected {
    records: Vec<Appended>,
    next_offset: i64,
    log_clock: i64,
    epoch: i64,
    counted: i64,
    duplicate: i64,
    parked: i64,
    letters: usize,
    buckets: BTreeMap<Group, i64>,
}

#[derive(Debug, Clone, Copy)]
struct Appended {
    ballot: Option<BallotId>,
    log_clock: i64,
    fate: Fate,
}

impl Model {
    /// A vote reached the log.
    pub(crate) fn vote_appended(&mut self, vote: &Vote, stamp: UnixMillis) -> Fate {
        let log_clock = self.log_clock(vote.partition).max(stamp.0);
        let minute_begins = i64::from(vote.group.minute.get()) * 60_000;
        let group = (vote.group.paredao.get(), vote.group.minute.get(), vote.group.participant.get());
        let fate = if log_clock >= minute_begins + TOO_LATE_AFTER_MILLIS {
            Fate::Parked("too_late")
        } else if !self.settled.insert(vote.ballot) {
            Fate::Duplicate
        } else if minute_begins > log_clock + CLOCKS_DIFFER_MILLIS {
            Fate::Parked("from_future")
        } else {
            Fate::Counted(group)
        };
        self.push(vote.partition, Appended { ballot: Some(vote.ballot), log_clock, fate });
        fate
    }

    /// A line of an import reached the log.
    pub(crate) fn line_appended(&mut self, vote: &ImportedVote, is_registered: bool, stamp: UnixMillis) -> Fate {
        let log_clock = self.log_clock(vote.partition).max(stamp.0);
        let fate = if !is_registered {
            Fate::Parked("import_unknown")
        } else if !self.lines.insert((vote.import.get(), vote.line.get())) {
            Fate::Duplicate
        } else {
            Fate::Counted((vote.group.paredao.get(), vote.group.minute.get(), vote.group.participant.get()))
        };
        self.push(vote.partition, Appended { ballot: None, log_clock, fate });
        fate
    }

    /// Something that is no vote reached the log.
    pub(crate) fn garbage_appended(&mut self, partition: i32, stamp: UnixMillis, reason: &'static str) {
        let log_clock = self.log_clock(partition).max(stamp.0);
        self.push(partition, Appended { ballot: None, log_clock, fate: Fate::Parked(reason) });
    }

    /// The store refused a batch of this one record.
    pub(crate) fn refused_alone(&mut self, partition: i32, offset: i64) {
        *self.refusals.entry((partition, offset)).or_default() += 1;
    }

    /// The running maximum of the partition's stamps.
    pub(crate) fn log_clock(&self, partition: i32) -> i64 {
        self.partitions.get(&partition).and_then(|expected| expected.records.last()).map_or(0, |last| last.log_clock)
    }

    fn push(&mut self, partition: i32, record: Appended) {
        self.partitions.entry(partition).or_default().records.push(record);
    }

    /// Compares the tables with what must stand in them.
    pub(crate) fn check(&mut self, store: &Store, commits: &[Commit]) -> Result<(), Violation> {
        for (partition, rows) in store.partitions() {
            let expected = self.partitions.entry(partition).or_default();
            let of_this = commits.iter().filter(|commit| commit.partition == partition);
            let checked = expected
                .check_order(rows, of_this)
                .and_then(|()| expected.advance(rows, |offset| self.refusals.get(&(partition, offset)).copied()))
                .and_then(|()| expected.check_sums(rows));
            checked.map_err(|violation| Violation {
                text: format!("partition {partition}: {}", violation.text),
                ..violation
            })?;
        }
        Ok(())
    }

    /// With everything drained: each acknowledged ballot is counted once or parked, and the cursors are at the ends.
    pub(crate) fn check_complete(&self, acknowledged: &[BallotId]) -> Result<(), Violation> {
        let mut counted = HashSet::new();
        let mut parked = HashSet::new();
        for (partition, expected) in &self.partitions {
            let end = as_i64(expected.records.len());
            if expected.next_offset != end {
                let text = format!("partition {partition} was counted up to {} of {end}", expected.next_offset);
                return Err(Violation::of(LIVENESS, text));
            }
            for record in &expected.records {
                let Some(ballot) = record.ballot else { continue };
                match record.fate {
                    Fate::Counted(_) if !counted.insert(ballot) => {
                        return Err(Violation::of(NEVER_TWICE, format!("ballot {ballot} was counted twice")));
                    }
                    Fate::Parked(_) => _ = parked.insert(ballot),
                    Fate::Counted(_) | Fate::Duplicate => {}
                }
            }
        }
        match acknowledged.iter().find(|ballot| !counted.contains(ballot) && !parked.contains(ballot)) {
            Some(ballot) => Err(Violation::of(NEVER_LOST, format!("acknowledged ballot {ballot} left no trace"))),
            None => Ok(()),
        }
    }
}

impl Expected {
    fn check_order<'a>(&mut self, rows: &Rows, mut commits: impl Iterator<Item = &'a Commit>) -> Result<(), Violation> {
        let cursor = &rows.cursor;
        if let Some(commit) = commits.find(|commit| commit.epoch < self.epoch) {
            let text = format!("a flush of epoch {} was written under epoch {}", commit.epoch, self.epoch);
            return Err(Violation::of(NEVER_BACK, text));
        }
        let goes_back = [
            ("epoch", self.epoch, cursor.epoch),
            ("cursor", self.next_offset, cursor.at.next_offset),
            ("log clock", self.log_clock, cursor.at.log_clock.0),
        ];
        for (what, before, after) in goes_back {
            if after < before {
                return Err(Violation::of(NEVER_BACK, format!("the {what} went back from {before} to {after}")));
            }
        }
        self.epoch = cursor.epoch;
        Ok(())
    }

    /// Moves on to where the cursor stands; what was parked on the way must be what had to be.
    fn advance(&mut self, rows: &Rows, refusals: impl Fn(i64) -> Option<u32>) -> Result<(), Violation> {
        let mut letters: BTreeMap<i64, &'static str> = BTreeMap::new();
        for letter in &rows.letters[self.letters..] {
            if letters.insert(letter.offset, letter.reason).is_some() {
                return Err(Violation::of(NEVER_TWICE, format!("record {} was parked twice", letter.offset)));
            }
        }
        self.letters = rows.letters.len();
        while self.next_offset < rows.cursor.at.next_offset {
            let offset = self.next_offset;
            let Some(record) = usize::try_from(offset).ok().and_then(|index| self.records.get_mut(index)) else {
                return Err(Violation::of(
                    NEVER_LOST,
                    format!("the cursor passed record {offset}, which doesn't exist"),
                ));
            };
            let letter = letters.remove(&offset);
            if letter == Some("refused_by_store") && matches!(record.fate, Fate::Counted(_)) {
                let times = refusals(offset).unwrap_or(0);
                if times < REFUSALS_MIN {
                    let text = format!("record {offset} was parked after the store had refused it {times} times");
                    return Err(Violation::of(NEVER_LOST, text));
                }
                record.fate = Fate::Parked("refused_by_store");
            }
            let expected_letter = if let Fate::Parked(reason) = record.fate { Some(reason) } else { None };
            if letter != expected_letter {
                let [is, must] = [letter, expected_letter].map(|reason| reason.unwrap_or("nothing"));
                let text = format!("record {offset} is parked as {is} where it must be as {must}");
                return Err(Violation::of(NEVER_LOST, text));
            }
            match record.fate {
                Fate::Counted(group) => {
                    self.counted += 1;
                    *self.buckets.entry(group).or_default() += 1;
                }
                Fate::Duplicate => self.duplicate += 1,
                Fate::Parked(_) => self.parked += 1,
            }
            self.log_clock = record.log_clock;
            self.next_offset += 1;
        }
        match letters.first_key_value() {
            Some((offset, reason)) => {
                let text = format!("record {offset} was parked ({reason}) without the cursor passing it");
                Err(Violation::of(NEVER_TWICE, text))
            }
            None => Ok(()),
        }
    }

    fn check_sums(&self, rows: &Rows) -> Result<(), Violation> {
        let cursor = &rows.cursor;
        let passed = cursor.at.next_offset - rows.start_offset;
        let (counted, duplicate, parked) = (rows.counted, rows.duplicate, rows.parked);
        if passed != counted + duplicate + parked {
            let text = format!("{passed} records passed, {counted} counted, {duplicate} duplicate, {parked} parked");
            return Err(Violation::of(CONSERVATION, text));
        }
        let votes: i64 = rows.buckets.values().sum();
        if votes != counted || as_i64(rows.letters.len()) != parked {
            let letters = rows.letters.len();
            let text = format!("the buckets hold {votes} of {counted} counted, {letters} of {parked} are parked");
            return Err(Violation::of(CONSERVATION, text));
        }
        if counted > self.counted || rows.buckets.iter().any(|(group, votes)| *votes > self.expected_votes(group)) {
            let text = format!("{counted} votes are counted where the log has {}", self.counted);
            return Err(Violation::of(NEVER_TWICE, text));
        }
        if rows.buckets != self.buckets {
            let text = format!("{counted} votes are counted where the log has {}", self.counted);
            return Err(Violation::of(NEVER_LOST, text));
        }
        let clock = cursor.at.log_clock.0;
        if passed > 0 && clock != self.log_clock {
            let text = format!("the log clock is {clock} where the log has {}", self.log_clock);
            return Err(Violation::of(NEVER_BACK, text));
        }
        Ok(())
    }

    fn expected_votes(&self, group: &Group) -> i64 {
        self.buckets.get(group).copied().unwrap_or(0)
    }
}

fn as_i64(length: usize) -> i64 {
    i64::try_from(length).expect("a few thousand records")
}
