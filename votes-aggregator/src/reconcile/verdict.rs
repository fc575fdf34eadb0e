//! Whether frontends, topic and tables agree. All of it is pure: what was read goes in, and what is wrong comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use voting_commons::time::MINUTE_MILLIS;
use voting_commons::window::CLOCK_SKEW_MILLIS;

use super::claims::{Claims, Unknown};
use super::log_count::{MinuteCount, PartitionCount, Place};

/// The counts of the topic, by partition.
pub type Log = BTreeMap<i32, PartitionCount>;

/// What the register's tables say, all of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    /// By partition.
    pub partitions: BTreeMap<i32, PartitionTables>,
    /// Votes of buckets by partition and place, without replayed ones and with those that the database refused.
    pub minutes: BTreeMap<(i32, Place), i64>,
    /// The first minute of which there are buckets of minutes only.
    pub minutes_from: i32,
}

/// A partition's cursor, and what the tables hold of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartitionTables {
    /// Where counting began.
    pub start_offset: i64,
    /// The next record to count.
    pub next_offset: i64,
    /// As the cursor says.
    pub counted: i64,
    /// As the cursor says.
    pub duplicate: i64,
    /// As the cursor says.
    pub parked: i64,
    /// As the cursor says.
    pub skipped: i64,
    /// The sum of all buckets.
    pub votes: i64,
    /// Parked votes that were counted after all.
    pub replayed: i64,
    /// Dead letters: votes that the database refused.
    pub refused: i64,
    /// Dead letters: votes that came too late or from the future.
    pub untimely: i64,
    /// Dead letters: records that aren't votes.
    pub undecodable: i64,
    /// Of the untimely ones, those that came too late only because passing over lost records moved the log clock.
    pub made_late: i64,
    /// Logs that were counted before an operator accepted this one in their place.
    pub former_logs: i64,
    /// Votes counted of those.
    pub former_counted: i64,
    /// How far their log clock was, in milliseconds.
    pub former_clock: i64,
}

/// What doesn't agree, or can't be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A frontend got more acknowledgements than there are votes in the topic.
    Lost,
    /// There are more votes in the topic than frontends sent.
    Unaccounted,
    /// Ballots to count, and votes counted.
    Counted,
    /// Copies in the topic, and duplicates that the register met.
    Duplicate,
    /// Untimely votes in the topic, and among the dead letters.
    Untimely,
    /// Records in the topic that aren't votes, and dead letters of them.
    Undecodable,
    /// Parked records by the cursor, and dead letters.
    DeadLetters,
    /// Votes counted by the cursor, and in the buckets.
    Buckets,
    /// Ballots of one minute in the topic, and votes in its buckets.
    Minute,
    /// The topic ends before what was read of it.
    LogShorter,
    /// A frontend died: what it sent last isn't known. Nothing is wrong by that alone.
    FrontendUnknown,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Lost,
        Self::Unaccounted,
        Self::Counted,
        Self::Duplicate,
        Self::Untimely,
        Self::Undecodable,
        Self::DeadLetters,
        Self::Buckets,
        Self::Minute,
        Self::LogShorter,
        Self::FrontendUnknown,
    ];

    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Unaccounted => "unaccounted",
            Self::Counted => "counted",
            Self::Duplicate => "duplicate",
            Self::Untimely => "untimely",
            Self::Undecodable => "undecodable",
            Self::DeadLetters => "dead_letters",
            Self::Buckets => "buckets",
            Self::Minute => "minute",
            Self::LogShorter => "log_shorter",
            Self::FrontendUnknown => "frontend_unknown",
        }
    }
}

/// One thing that doesn't agree, or can't be known, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// Where.
    pub partition: Option<i32>,
    /// Where.
    pub paredao: Option<i32>,
    /// The first minute, since the Unix epoch.
    pub minute: Option<i32>,
    /// Before which minute it ends.
    pub to_minute: Option<i32>,
    /// Which frontend's process.
    pub boot: Option<String>,
    /// What must be there.
    pub expected: Option<i64>,
    /// What is there.
    pub found: Option<i64>,
}

/// Whether everything agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Green,
    /// Something couldn't be compared yet.
    CatchingUp {
        /// For how long.
        seconds: i64,
    },
    /// It doesn't; the findings say where.
    Red,
}

impl Verdict {
    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::CatchingUp { .. } => "catching_up",
            Self::Red => "red",
        }
    }
}

/// What `findings` come to, when something hasn't been compared for `behind_seconds`.
pub fn verdict(findings: &[Finding], behind_seconds: Option<i64>) -> Verdict {
    if findings.iter().any(|finding| finding.kind != Kind::FrontendUnknown) {
        return Verdict::Red;
    }
    behind_seconds.map_or(Verdict::Green, |seconds| Verdict::CatchingUp { seconds })
}

/// Accepted ≤ in the topic. Each acknowledgement that `claims` tell of came before the topic was read.
pub fn lost(claims: &Claims, log: &Log) -> Vec<Finding> {
    let Some(known_from) = log.values().map(known_from).max() else { return Vec::new() };
    let records = by_place(log, |minute| minute.records);
    let mut findings = Vec::new();
    for ((paredao, minute), account) in claims.sums() {
        let found = records.get(&(paredao, minute)).copied().unwrap_or_default();
        if account.accepted > found && minute >= known_from {
            findings.push(Finding::of_place(Kind::Lost, (paredao, minute), account.accepted, found));
        }
    }
    findings
}

/// In the topic ≤ accepted + indeterminate. `countable` were all sent before the accounts of every living frontend; those
/// of the dead leave their last minutes unknown.
///
/// Copies aren't held against anybody: a frontend's Kafka client writes a vote again when a broker's failure leaves it
/// without an answer, under a new producer epoch by which the brokers can't tell that it is a copy.
pub fn unaccounted(claims: &Claims, unknown: &[Unknown], countable: &BTreeMap<Place, i64>) -> Vec<Finding> {
    let Some(first) = claims.first_minute() else { return Vec::new() };
    let is_unknown = |minute: i32| unknown.iter().any(|unknown| unknown.minutes.contains(&minute));
    let mut findings = Vec::new();
    for (&(paredao, minute), &found) in countable {
        let sent = claims.of((paredao, minute)).sent;
        if found > sent && minute >= first && !is_unknown(minute) {
            findings.push(Finding::of_place(Kind::Unaccounted, (paredao, minute), sent, found));
        }
    }
    findings
}

/// The topic equals the tables, of each partition that both have read up to the same offset.
pub fn differing(log: &Log, tables: &Tables) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (&partition, of) in &tables.partitions {
        let mut expect = |kind, expected: i64, found: i64, slack: RangeInclusive<i64>| {
            if !slack.contains(&(expected - found)) {
                findings.push(Finding::of_partition(kind, partition, expected, found));
            }
        };
        // These two hold within the tables alone, wherever the reader stands.
        expect(Kind::Buckets, of.former_counted + of.counted + of.replayed, of.votes, 0..=0);
        expect(Kind::DeadLetters, of.parked, of.refused + of.untimely + of.undecodable, 0..=0);
        let Some(count) = log.get(&partition).filter(|count| is_comparable(count, of)) else { continue };
        // What an operator passed over may be in the topic and isn't in the tables; what was made late by that is among the
        // untimely there.
        expect(Kind::Counted, count.countable, of.counted + of.refused, 0..=of.skipped + of.made_late);
        expect(Kind::Duplicate, count.duplicate, of.duplicate, 0..=of.skipped + of.made_late);
        expect(Kind::Untimely, count.untimely, of.untimely, -of.made_late..=of.skipped);
        expect(Kind::Undecodable, count.undecodable, of.undecodable, 0..=of.skipped);
    }
    findings.extend(differing_minutes(log, tables));
    findings
}

fn differing_minutes(log: &Log, tables: &Tables) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (&partition, of) in &tables.partitions {
        let Some(count) = log.get(&partition).filter(|count| count.next_offset == of.next_offset) else { continue };
        let from = if count.start_offset == of.start_offset { 0 } else { known_from(count) };
        let from = from.max(tables.minutes_from).max(count.first_minute);
        let in_log = count.minutes.keys().filter(|(_, minute)| *minute >= from).copied();
        let rows = tables.minutes.keys().filter(|(at, (_, minute))| *at == partition && *minute >= from);
        let places: BTreeSet<Place> = in_log.chain(rows.map(|(_, place)| *place)).collect();
        for place in places {
            let expected = count.minutes.get(&place).map_or(0, |minute| minute.countable);
            let found = tables.minutes.get(&(partition, place)).copied().unwrap_or_default();
            if !(0..=of.skipped + of.made_late).contains(&(expected - found)) {
                let finding = Finding::of_place(Kind::Minute, place, expected, found);
                findings.push(Finding { partition: Some(partition), ..finding });
            }
        }
    }
    findings
}

/// The first copies of ballots in the topic, by paredão and minute; what was imported no frontend sent.
pub fn countable_by_place(log: &Log) -> BTreeMap<Place, i64> {
    by_place(log, |minute| minute.countable - minute.imported)
}

fn by_place(log: &Log, number: fn(&MinuteCount) -> i64) -> BTreeMap<Place, i64> {
    let mut sums = BTreeMap::new();
    for (place, minute) in log.values().flat_map(|count| &count.minutes) {
        *sums.entry(*place).or_default() += number(minute);
    }
    sums
}

/// Whether the two speak of the same records.
fn is_comparable(count: &PartitionCount, of: &PartitionTables) -> bool {
    (count.start_offset, count.next_offset) == (of.start_offset, of.next_offset)
}

/// The first minute none of whose votes can lie in front of where the count began.
fn known_from(count: &PartitionCount) -> i32 {
    if count.first_minute > 0 {
        return count.first_minute;
    }
    if count.start_offset == 0 {
        return 0;
    }
    if count.first_stamp == 0 {
        return i32::MAX;
    }
    i32::try_from((count.first_stamp + CLOCK_SKEW_MILLIS).div_euclid(MINUTE_MILLIS) + 1).unwrap_or(i32::MAX)
}

impl Finding {
    fn of(kind: Kind) -> Self {
        let (partition, paredao, minute, to_minute) = (None, None, None, None);
        Self { kind, partition, paredao, minute, to_minute, boot: None, expected: None, found: None }
    }

    /// Something about a whole partition.
    pub fn of_partition(kind: Kind, partition: i32, expected: i64, found: i64) -> Self {
        Self { partition: Some(partition), expected: Some(expected), found: Some(found), ..Self::of(kind) }
    }

    fn of_place(kind: Kind, (paredao, minute): Place, expected: i64, found: i64) -> Self {
        let to_minute = Some(minute.saturating_add(1));
        let place = Self { paredao: Some(paredao), minute: Some(minute), to_minute, ..Self::of(kind) };
        Self { expected: Some(expected), found: Some(found), ..place }
    }
}

impl From<Unknown> for Finding {
    fn from(Unknown { boot, minutes }: Unknown) -> Self {
        let (minute, to_minute) = (Some(minutes.start), Some(minutes.end));
        Self { minute, to_minute, boot: Some(boot.to_string()), ..Self::of(Kind::FrontendUnknown) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.code())?;
        let numbers = [("partition", self.partition), ("paredao", self.paredao), ("minute", self.minute)];
        for (name, number) in numbers {
            if let Some(number) = number {
                write!(f, " {name}={number}")?;
            }
        }
        for (name, number) in [("expected", self.expected), ("found", self.found)] {
            if let Some(number) = number {
                write!(f, " {name}={number}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
