//! What one flush writes: counts, parked records and the step of the cursor, held together and replaced whole.

use std::collections::BTreeMap;

use voting_commons::{Group, ImportId, ImportedVote, Rejection, Tally, UnixMillis, Vote, codec};

use super::record::{Content, Record};

/// A place in the log, the beginning of an empty one by default. The offset is always the next to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The next record to read.
    pub next_offset: i64,
    /// From here up to it lie all records whose ballots can still be retried.
    pub ballots_from: i64,
    /// The running maximum of LogAppendTime below it.
    pub log_clock: UnixMillis,
    /// Of the record just below it; `None` while there is none.
    pub fingerprint: Option<i64>,
}

/// Consecutive records, counted.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The first record's offset: where the cursor must stand.
    pub from_offset: i64,
    /// Where the cursor goes.
    pub to: Position,
    /// Votes to add.
    pub tally: Tally,
    /// Records to park.
    pub parked: Vec<DeadLetter>,
    /// Imports that went on.
    pub imports: BTreeMap<ImportId, ImportProgress>,
    /// How many records were retries of ballots seen before.
    pub duplicate: i64,
    /// When the first record came in; meaningless while there is none.
    pub opened_at: UnixMillis,
    /// Bytes kept of parked records.
    parked_bytes: usize,
    /// The last record taken, of which the fingerprint is made once, when the batch is closed.
    last: Option<Record>,
}

/// How far an import went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportProgress {
    /// The first line that hasn't been met yet.
    pub next_line: i64,
    /// How many lines were counted; those that were met and not counted are parked.
    pub counted: i64,
}

/// A record that can't be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it lies.
    pub offset: i64,
    /// Kafka's LogAppendTime.
    pub appended_at: UnixMillis,
    /// Why it is parked.
    pub rejection: Rejection,
    /// What the database said, where it was the database that refused.
    pub detail: Option<String>,
    /// How many times the database refused; 0 where something else is wrong.
    pub attempts: u32,
    /// The key, perhaps cut.
    pub key: Option<Vec<u8>>,
    /// The value, perhaps cut.
    pub value: Option<Vec<u8>>,
    /// The key's whole length in bytes.
    pub key_bytes: Option<usize>,
    /// The value's whole length in bytes.
    pub value_bytes: Option<usize>,
    /// The vote, where the record is one.
    pub vote: Option<Vote>,
}

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts for this group.
    Count(Group),
    /// Its ballot, or its line, was met before.
    Duplicate,
    /// It is parked.
    Park { rejection: Rejection, refusal: Option<Refusal> },
}

/// What the database said to a record's data, and how many times it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The last answer.
    pub(super) detail: String,
    /// All of them.
    pub(super) attempts: u32,
}

impl Batch {
    /// An empty batch that begins where the log was read to.
    pub(super) fn starting_at(position: Position) -> Self {
        Self {
            from_offset: position.next_offset,
            to: position,
            tally: Tally::default(),
            parked: Vec::new(),
            imports: BTreeMap::new(),
            duplicate: 0,
            opened_at: UnixMillis::default(),
            parked_bytes: 0,
            last: None,
        }
    }

    /// Takes the next record with what was decided about it.
    pub(super) fn take(&mut self, record: Record, verdict: Verdict, now: UnixMillis) {
        if self.is_empty() {
            self.opened_at = now;
        }
        self.to.next_offset = record.offset + 1;
        self.to.log_clock = self.to.log_clock.max(record.appended_at);
        match verdict {
            Verdict::Count(group) => self.tally.count(group),
            Verdict::Duplicate => self.duplicate += 1,
            Verdict::Park { rejection, refusal } => {
                let letter = DeadLetter::new(&record, rejection, refusal);
                self.parked_bytes += letter.bytes();
                self.parked.push(letter);
            }
        }
        self.last = Some(record);
    }

    /// Takes down that the next record is this line of an import, which wasn't met before, and whether it counts.
    pub(super) fn meet(&mut self, line: &ImportedVote, counts: bool) {
        let progress = self.imports.entry(line.import).or_default();
        progress.next_line = i64::from(line.line.get()) + 1;
        progress.counted += i64::from(counts);
    }

    /// Closes the batch, ready to be written, and opens the next one in its place. `ballots_from` is where the log must be
    /// read again from by who claims the partition after it.
    pub(super) fn close(&mut self, ballots_from: i64) -> Self {
        self.to.ballots_from = ballots_from;
        if let Some(last) = self.last.take() {
            self.to.fingerprint = Some(last.fingerprint());
        }
        let next = Self::starting_at(self.to);
        std::mem::replace(self, next)
    }

    /// How many records it holds.
    pub fn records(&self) -> i64 {
        self.to.next_offset - self.from_offset
    }

    /// Votes counted.
    pub fn counted(&self) -> i64 {
        self.records() - self.duplicate - i64::try_from(self.parked.len()).expect("a batch is far smaller")
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.records() == 0
    }

    /// Bytes kept of parked records.
    pub(super) fn parked_bytes(&self) -> usize {
        self.parked_bytes
    }
}

impl DeadLetter {
    fn new(record: &Record, rejection: Rejection, refusal: Option<Refusal>) -> Self {
        let (key, value, key_bytes, value_bytes, vote) = match &record.content {
            Content::Unreadable(unreadable) => {
                (unreadable.key.clone(), unreadable.value.clone(), unreadable.key_bytes, unreadable.value_bytes, None)
            }
            Content::Vote(vote) => whole(codec::encode(vote), Some(*vote)),
            Content::Imported(vote) => whole(codec::encode_imported(vote), None),
        };
        let Record { offset, appended_at, .. } = *record;
        let (detail, attempts) = refusal.map_or((None, 0), |refusal| (Some(refusal.detail), refusal.attempts));
        Self { offset, appended_at, rejection, detail, attempts, key, value, key_bytes, value_bytes, vote }
    }

    fn bytes(&self) -> usize {
        self.key.as_ref().map_or(0, Vec::len) + self.value.as_ref().map_or(0, Vec::len)
    }
}

/// Key, value and their sizes of a record that was decoded strictly: encoding it again says the same as it did.
#[expect(clippy::type_complexity, reason = "the columns of a dead letter")]
fn whole(
    (key, value): (String, Vec<u8>),
    vote: Option<Vote>,
) -> (Option<Vec<u8>>, Option<Vec<u8>>, Option<usize>, Option<usize>, Option<Vote>) {
    let sizes = (key.len(), value.len());
    (Some(key.into_bytes()), Some(value), Some(sizes.0), Some(sizes.1), vote)
}
