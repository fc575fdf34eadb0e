//! The verdict on the promises: sets in, broken promises out. Nothing here asks anybody anything.
//!
//! What each record of the topic must have become is decided here a second time, from the records alone and by rules
//! written out again, so that the register isn't judged by its own code.

use std::collections::{BTreeMap, hash_map};
use std::fmt;
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::exact_totals::ExactTotals;
use crate::op_log::{BallotId, Entry, Group, Outcome};
use crate::tables::{CursorRow, PanoramaRow, ReconciliationRow, Tables};
use crate::topic::{Ends, TopicRecord};

/// From the end of a ballot's minute, in milliseconds: its life, the delivery's time-out and the clocks' tolerance.
const WINDOW_MILLIS: i64 = 180_000 + 5_000 + 30_000;
const CLOCK_TOLERANCE_MILLIS: i64 = 30_000;
const MINUTE_MILLIS: i64 = 60_000;
/// P6.
const TO_BUCKET_MAX: Duration = Duration::from_secs(1);
const TO_SCREEN_MAX: Duration = Duration::from_secs(2);
/// Which share of the votes P6 lets take longer.
const SLOW_SHARE: f64 = 0.01;
/// From so many votes on, their 99th percentile decides.
const PERCENTILE_VOTES_MIN: usize = 100;
/// Of fewer, one or two would. There P6 counts as broken once so many were slow that a system which keeps it would show them in fewer
/// than one run out of a thousand.
const CHANCE_MIN: f64 = 0.001;
/// How many cases of one kind are shown.
const EXAMPLES_MAX: usize = 5;

/// What was seen of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    /// What voters were told.
    pub(crate) op_log: Vec<Entry>,
    /// Ballots in records that were planted in the topic.
    pub(crate) planted: FxHashSet<BallotId>,
    /// All records, each partition's in order.
    pub(crate) topic: Vec<TopicRecord>,
    /// By partition.
    pub(crate) ends: Vec<Ends>,
    pub(crate) tables: Tables,
    /// What the production is shown.
    pub(crate) exact: Vec<ExactTotals>,
    /// Copies of a ballot that got different receipts.
    pub(crate) receipts_differ: u64,
    /// What was seen to go back while it ran, and the like.
    pub(crate) seen: Vec<Broken>,
    /// From a 2xx to its bucket and to both screens, in quiet times.
    pub(crate) freshness: Vec<Freshness>,
}

/// How long one vote took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Freshness {
    /// The second of the run in which it was cast.
    pub(crate) second: usize,
    pub(crate) to_bucket: Duration,
    pub(crate) to_screens: Duration,
}

/// A promise that didn't hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// `P1` to `P6`, or `run` for what makes the run itself worthless.
    pub(crate) promise: &'static str,
    pub(crate) what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.what)
    }
}

/// The numbers that the verdict rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) ok: usize,
    pub(crate) indeterminate: usize,
    pub(crate) indeterminate_stored: usize,
    pub(crate) refused: usize,
    pub(crate) sent_more_than_once: usize,
    pub(crate) records: usize,
    pub(crate) counted: i64,
    pub(crate) duplicate: i64,
    pub(crate) parked: usize,
    /// Acknowledged and parked: allowed, and worth a look.
    pub(crate) ok_parked: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) numbers: Numbers,
    pub(crate) broken: Vec<Broken>,
    /// p50, p99 and the longest, to the bucket and to the screens.
    pub(crate) to_bucket: Option<[Duration; 3]>,
    pub(crate) to_screens: Option<[Duration; 3]>,
}

/// Decides.
pub(crate) fn check(evidence: &Evidence) -> Verdict {
    let expected = Expected::of(&evidence.topic);
    let mut findings = Findings::default();
    let mut numbers = Numbers { records: evidence.topic.len(), parked: expected.parked.len(), ..Numbers::default() };
    numbers.counted = expected.cursors.values().map(|row| row.counted).sum();
    numbers.duplicate = expected.cursors.values().map(|row| row.duplicate).sum();
    check_topic(evidence, &expected, &mut findings);
    check_op_log(evidence, &expected, &mut numbers, &mut findings);
    check_buckets(&evidence.tables, &expected, &mut findings);
    check_dead_letters(&evidence.tables, &expected, &mut findings);
    check_cursors(evidence, &expected, &mut findings);
    check_totals(&evidence.tables, &mut findings);
    check_reconciliation(&evidence.tables.reconciliation, &mut findings);
    for exact in &evidence.exact {
        check_exact_totals(exact, &evidence.tables, &mut findings);
    }
    let [to_bucket, to_screens] = check_freshness(&evidence.freshness, &mut findings);
    let mut broken = findings.broken();
    broken.extend(evidence.seen.iter().cloned());
    Verdict { numbers, broken, to_bucket, to_screens }
}

/// Broken promises by kind, so that a thousand of one kind don't hide one of another.
#[derive(Default)]
struct Findings(BTreeMap<(&'static str, &'static str), (usize, Vec<String>)>);

impl Findings {
    fn add(&mut self, promise: &'static str, kind: &'static str, case: impl FnOnce() -> String) {
        let (count, examples) = self.0.entry((promise, kind)).or_default();
        *count += 1;
        if examples.len() < EXAMPLES_MAX {
            examples.push(case());
        }
    }

    fn broken(self) -> Vec<Broken> {
        let broken = |((promise, kind), (count, examples)): (_, (usize, Vec<String>))| Broken {
            promise,
            what: format!("{kind}: {count} ({})", examples.join("; ")),
        };
        self.0.into_iter().map(broken).collect()
    }
}

/// What must have become of the topic's records.
#[derive(Default)]
struct Expected {
    buckets: FxHashMap<(Group, i32), i64>,
    /// Why, by partition and offset.
    parked: BTreeMap<(i32, i64), Parked>,
    /// The part of the cursors that records decide.
    cursors: BTreeMap<i32, CursorRow>,
    /// What each ballot is for, and whether it was counted.
    ballots: FxHashMap<BallotId, (Group, bool)>,
}

/// What must have become of one record.
enum Fate {
    Counted,
    Duplicate,
    Parked(Parked),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parked {
    Unreadable,
    TooLate,
    FromFuture,
}

impl Parked {
    fn agrees_with(self, reason: &str) -> bool {
        match self {
            Self::TooLate => reason == "too_late",
            Self::FromFuture => reason == "from_future",
            Self::Unreadable => !["too_late", "from_future", "refused_by_store"].contains(&reason),
        }
    }
}

impl Expected {
    fn of(topic: &[TopicRecord]) -> Self {
        let mut expected = Self::default();
        for records in topic.chunk_by(|a, b| a.partition == b.partition) {
            expected.add_partition(records);
        }
        expected
    }

    fn add_partition(&mut self, records: &[TopicRecord]) {
        let mut clock = 0;
        let mut cursor = CursorRow {
            start_offset: records[0].offset,
            next_offset: records[records.len() - 1].offset + 1,
            counted: 0,
            duplicate: 0,
            parked: 0,
            skipped: 0,
        };
        for record in records {
            clock = clock.max(record.stamp);
            match self.add_record(record, clock) {
                Fate::Counted => cursor.counted += 1,
                Fate::Duplicate => cursor.duplicate += 1,
                Fate::Parked(why) => {
                    cursor.parked += 1;
                    self.parked.insert((record.partition, record.offset), why);
                }
            }
        }
        self.cursors.insert(records[0].partition, cursor);
    }

    /// What becomes of the next record of its partition; `clock` is the latest stamp up to it.
    fn add_record(&mut self, record: &TopicRecord, clock: i64) -> Fate {
        let Some((ballot, group)) = record.vote else { return Fate::Parked(Parked::Unreadable) };
        let begin = i64::from(group.minute) * MINUTE_MILLIS;
        if clock >= begin + MINUTE_MILLIS + WINDOW_MILLIS {
            self.ballots.entry(ballot).or_insert((group, false));
            return Fate::Parked(Parked::TooLate);
        }
        let hash_map::Entry::Vacant(first) = self.ballots.entry(ballot) else { return Fate::Duplicate };
        let is_from_future = begin > clock + CLOCK_TOLERANCE_MILLIS;
        first.insert((group, !is_from_future));
        if is_from_future {
            return Fate::Parked(Parked::FromFuture);
        }
        *self.buckets.entry((group, record.partition)).or_default() += 1;
        Fate::Counted
    }
}

/// The log must be whole, or nothing that follows means anything.
fn check_topic(evidence: &Evidence, expected: &Expected, findings: &mut Findings) {
    for (partition, ends) in (0..).zip(&evidence.ends) {
        let read = expected.cursors.get(&partition).map_or(0, |row| row.next_offset - row.start_offset);
        if read != ends.high - ends.low {
            findings.add("run", "a partition was not read as a whole", || format!("{partition}: {read} of {ends:?}"));
        }
    }
    for pair in evidence.topic.windows(2) {
        if pair[0].partition == pair[1].partition && pair[0].offset + 1 != pair[1].offset {
            findings.add("run", "offsets are missing in the topic", || format!("{:?}", pair[0]));
        }
    }
}

fn check_op_log(evidence: &Evidence, expected: &Expected, numbers: &mut Numbers, findings: &mut Findings) {
    let mut known: FxHashSet<BallotId> = FxHashSet::default();
    for entry in &evidence.op_log {
        if !known.insert(entry.ballot) {
            findings.add("P2", "one ballot was given to two voters", || format!("{:032x}", entry.ballot));
        }
        numbers.sent_more_than_once += usize::from(entry.attempts > 1);
        let stored = expected.ballots.get(&entry.ballot);
        match entry.outcome {
            Outcome::Ok => {
                numbers.ok += 1;
                match stored {
                    None => findings.add("P1", "a vote answered with 2xx isn't in the topic", || describe(entry)),
                    Some((_, counted)) => numbers.ok_parked += usize::from(!counted),
                }
            }
            Outcome::Indeterminate => {
                numbers.indeterminate += 1;
                numbers.indeterminate_stored += usize::from(stored.is_some());
            }
            Outcome::Refused => {
                numbers.refused += 1;
                if stored.is_some() {
                    findings.add("P2", "a vote that was refused is in the topic", || describe(entry));
                }
            }
        }
        if let Some((group, _)) = stored
            && *group != entry.group
        {
            findings.add("P1", "a vote is in the topic for something else", || {
                format!("{} there for {group:?}", describe(entry))
            });
        }
    }
    for (ballot, (group, _)) in &expected.ballots {
        if !known.contains(ballot) && !evidence.planted.contains(ballot) {
            findings.add("P2", "nobody cast a ballot that is in the topic", || format!("{ballot:032x} for {group:?}"));
        }
    }
    if evidence.receipts_differ > 0 {
        findings.add("P2", "copies of one ballot got different receipts", || evidence.receipts_differ.to_string());
    }
}

fn describe(entry: &Entry) -> String {
    format!("{:032x} for {:?}, sent {} times", entry.ballot, entry.group, entry.attempts)
}

fn check_buckets(tables: &Tables, expected: &Expected, findings: &mut Findings) {
    for (key, &votes) in &expected.buckets {
        let found = tables.buckets.get(key).copied().unwrap_or_default();
        let case = || format!("{key:?} has {found}, and the topic {votes}");
        if found < votes {
            findings.add("P1", "votes are missing in a bucket", case);
        } else if found > votes {
            findings.add("P2", "a bucket has more votes than ballots", case);
        }
    }
    for (key, votes) in &tables.buckets {
        if !expected.buckets.contains_key(key) {
            findings.add("P2", "a bucket has votes that aren't in the topic", || format!("{key:?} has {votes}"));
        }
    }
}

fn check_dead_letters(tables: &Tables, expected: &Expected, findings: &mut Findings) {
    for (place, parked) in &expected.parked {
        match tables.dead_letters.get(place) {
            None => findings.add("P1", "a record is neither counted nor parked", || format!("{place:?}: {parked:?}")),
            Some(reason) if !parked.agrees_with(reason) => {
                findings.add("P1", "a record is parked for a wrong reason", || format!("{place:?}: {reason}"));
            }
            Some(_) => {}
        }
    }
    for (place, reason) in &tables.dead_letters {
        if !expected.parked.contains_key(place) {
            findings.add("P1", "a vote that counts is parked", || format!("{place:?}: {reason}"));
        }
    }
}

fn check_cursors(evidence: &Evidence, expected: &Expected, findings: &mut Findings) {
    let mut votes: BTreeMap<i32, i64> = BTreeMap::new();
    for ((_, partition), count) in &evidence.tables.buckets {
        *votes.entry(*partition).or_default() += count;
    }
    for (partition, ends) in (0..).zip(&evidence.ends) {
        let Some(row) = evidence.tables.cursors.get(&partition) else {
            if ends.high > ends.low {
                findings.add("P1", "a partition was never counted", || partition.to_string());
            }
            continue;
        };
        if row.next_offset != ends.high {
            findings.add("P1", "a cursor isn't at the log's end", || format!("{partition}: {row:?}, {ends:?}"));
        }
        if row.next_offset - row.start_offset != row.counted + row.duplicate + row.parked + row.skipped {
            findings.add("P3", "a cursor's numbers don't add up", || format!("{partition}: {row:?}"));
        }
        let sum = votes.get(&partition).copied().unwrap_or_default();
        let replayed = evidence.tables.replayed.get(&partition).copied().unwrap_or_default();
        if sum != row.counted + replayed {
            findings.add("P3", "buckets and cursor disagree", || format!("{partition}: {sum} votes, {row:?}"));
        }
        let expected = expected.cursors.get(&partition).copied().unwrap_or(CursorRow {
            start_offset: ends.low,
            next_offset: ends.high,
            counted: 0,
            duplicate: 0,
            parked: 0,
            skipped: 0,
        });
        if *row != expected {
            findings.add("P3", "a cursor isn't what the topic makes it", || {
                format!("{partition}: {row:?} and not {expected:?}")
            });
        }
    }
}

fn check_totals(tables: &Tables, findings: &mut Findings) {
    let mut hours: BTreeMap<(i32, i32, i32), i64> = BTreeMap::new();
    for ((group, _), votes) in &tables.buckets {
        *hours.entry((group.paredao, group.participant, group.minute.div_euclid(60))).or_default() += votes;
    }
    for (key, votes) in &hours {
        let found = tables.hours.get(key).map_or(0, |(before, after)| before + after);
        if found != *votes {
            findings.add("P5", "an hour and its minutes disagree", || format!("{key:?}: {found} and {votes}"));
        }
    }
    for (key, votes) in &tables.hours {
        if !hours.contains_key(key) {
            findings.add("P5", "an hour has votes that no minute has", || format!("{key:?}: {votes:?}"));
        }
    }
    let mut totals: BTreeMap<i32, i64> = BTreeMap::new();
    for ((paredao, _, _), votes) in &hours {
        *totals.entry(*paredao).or_default() += votes;
    }
    for (paredao, total) in &totals {
        match tables.panoramas.get(paredao) {
            None => findings.add("P5", "a paredão with votes has no panorama", || paredao.to_string()),
            Some(panorama) => check_panorama(*paredao, *total, panorama, tables, findings),
        }
    }
}

fn check_panorama(paredao: i32, total: i64, panorama: &PanoramaRow, tables: &Tables, findings: &mut Findings) {
    if panorama.total + panorama.after_closing != total {
        findings.add("P5", "a panorama and its minutes disagree", || format!("{paredao}: {panorama:?} and {total}"));
    }
    let hundredths: i64 = panorama.shares.values().map(|(_, hundredths)| i64::from(*hundredths)).sum();
    if hundredths != if panorama.total > 0 { 10_000 } else { 0 } {
        findings.add("P5", "percentages don't sum to 100", || format!("{paredao}: {panorama:?}"));
    }
    for (participant, (votes, hundredths)) in &panorama.shares {
        let of_hours = |((p, c, _), (before, _)): (&(i32, i32, i32), &(i64, i64))| {
            if (*p, *c) == (paredao, *participant) { *before } else { 0 }
        };
        let sum: i64 = tables.hours.iter().map(of_hours).sum();
        // The largest remainder moves a share by less than one hundredth.
        let off = i64::from(*hundredths) * panorama.total - votes * 10_000;
        if sum != *votes || off.abs() >= panorama.total.max(1) {
            findings.add("P5", "a share isn't its votes'", || format!("{paredao}, {participant}: {panorama:?}"));
        }
    }
}

/// What the production is shown agrees with the buckets, in each of its spans.
fn check_exact_totals(exact: &ExactTotals, tables: &Tables, findings: &mut Findings) {
    let name = format!("paredão {} by {} minutes", exact.paredao, exact.span_minutes);
    let own = || tables.buckets.iter().filter(|((group, _), _)| group.paredao == exact.paredao);
    for ((participant, start), votes) in &exact.series {
        let span = *start..start + exact.span_minutes;
        let in_span = own().filter(|((group, _), _)| group.participant == *participant && span.contains(&group.minute));
        let sum: i64 = in_span.map(|(_, votes)| votes).sum();
        if sum != *votes {
            findings.add("P5", "a span isn't its minutes'", || format!("{name} from {start}: {votes}, not {sum}"));
        }
    }
    let sums = [
        ("total", exact.total),
        ("participants", exact.participants.values().sum()),
        ("series", exact.series.values().sum()),
    ];
    let all: i64 = own().map(|(_, votes)| votes).sum();
    for (what, sum) in sums.into_iter().filter(|(_, sum)| *sum != all) {
        findings.add("P5", "exact totals aren't the buckets'", || format!("{name}: {what} {sum}, not {all}"));
    }
    for (participant, total) in &exact.participants {
        let of_them = own().filter(|((group, _), _)| group.participant == *participant);
        let sum: i64 = of_them.map(|(_, votes)| votes).sum();
        if sum != *total {
            findings.add("P5", "a participant's total isn't their votes", || format!("{name}: {total}, not {sum}"));
        }
    }
    if exact.hundredths != if all > 0 { 10_000 } else { 0 } {
        findings.add("P5", "exact percentages don't sum to 100", || format!("{name}: {}", exact.hundredths));
    }
}

/// With everything healed and counted, the system's own reconciliation must have found the same.
fn check_reconciliation(row: &ReconciliationRow, findings: &mut Findings) {
    if row.state != "green" {
        findings.add("P3", "the reconciliation isn't green", || format!("{}: {}", row.state, row.findings.join(", ")));
    }
}

fn check_freshness(freshness: &[Freshness], findings: &mut Findings) -> [Option<[Duration; 3]>; 2] {
    let mut check = |what, took: fn(&Freshness) -> Duration, max| {
        let slow: Vec<_> = freshness.iter().filter(|one| took(one) > max).map(|one| one.second).collect();
        let quantiles = quantiles(freshness.iter().map(took).collect());
        let is_broken = if freshness.len() < PERCENTILE_VOTES_MIN {
            chance_of_as_many(slow.len(), freshness.len()) < CHANCE_MIN
        } else {
            quantiles.is_some_and(|[_, p99, _]| p99 > max)
        };
        if is_broken {
            findings.add("P6", "votes take too long", || {
                let (slow_count, all) = (slow.len(), freshness.len());
                format!(
                    "{what}: {slow_count} of {all} longer than {max:?} in quiet times, cast at the seconds {slow:?}"
                )
            });
        }
        quantiles
    };
    [
        check("to its bucket", |one| one.to_bucket, TO_BUCKET_MAX),
        check("to the screens", |one| one.to_screens, TO_SCREEN_MAX),
    ]
}

/// How likely `slow` or more of `all` votes are slow when each is with the probability [`SLOW_SHARE`].
fn chance_of_as_many(slow: usize, all: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a chance needs no more digits")]
    let odds = |fewer: usize| (all - fewer) as f64 / (fewer + 1) as f64 * SLOW_SHARE / (1.0 - SLOW_SHARE);
    let none = (0..all).map(|_| 1.0 - SLOW_SHARE).product::<f64>();
    let chances = std::iter::successors(Some((0, none)), |&(fewer, chance)| Some((fewer + 1, chance * odds(fewer))));
    1.0 - chances.take(slow).map(|(_, chance)| chance).sum::<f64>()
}

/// p50, p99 and the largest.
fn quantiles(mut values: Vec<Duration>) -> Option<[Duration; 3]> {
    values.sort_unstable();
    let at = |percent: usize| values[(values.len() - 1) * percent / 100];
    (!values.is_empty()).then(|| [at(50), at(99), at(100)])
}

#[cfg(test)]
#[path = "checker_tests.rs"]
mod tests;
