//! What one partition's log says must be counted: the rules once more, written down plainly and apart from the core, so
//! that a mistake in one of the two shows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use voting_commons::codec::{self, Entry};
use voting_commons::time::MINUTE_MILLIS;
use voting_commons::window::{CLOCK_SKEW_MILLIS, WINDOW_MILLIS};
use voting_commons::{BallotId, Group, ImportId, ImportedVote, Line, ParedaoId};

use crate::log_reader::LogRecord;
use crate::skipped;

/// What the log alone doesn't say of a partition.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    /// Offsets that an operator, or a log that lost them, made the register pass over.
    pub(super) skipped: Vec<Range<i64>>,
    /// Offsets of votes that Postgres refused.
    pub(super) refused: HashSet<i64>,
    /// Imports that were registered, each for its paredão.
    pub(super) imports: BTreeMap<i32, i32>,
    /// Where passing over moved the log clock: from which offset on, and to when, in milliseconds.
    pub(super) raised: BTreeMap<i64, i64>,
}

impl Notes {
    /// How many offsets of `range` were passed over. No two skips overlap: each begins where the cursor stood.
    pub(super) fn skipped_within(&self, range: &Range<i64>) -> i64 {
        let within = |skipped: &Range<i64>| skipped.end.min(range.end) - skipped.start.max(range.start);
        self.skipped.iter().map(|skipped| within(skipped).max(0)).sum()
    }
}

/// A participant's id and a minute since the Unix epoch.
pub(super) type Place = (i32, i32);

/// What a partition's log says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    /// The votes that must be counted, by paredão and place.
    pub(super) votes: HashMap<(i32, Place), i64>,
    /// The offsets that must be parked, in order.
    pub(super) parked: Vec<i64>,
}

/// The count of one paredão's votes in one partition, or of all.
pub(super) struct PartitionCount<'a> {
    paredao: Option<ParedaoId>,
    notes: &'a Notes,
    next_offset: i64,
    /// The running maximum of the stamps, in milliseconds.
    log_clock: i64,
    /// Ballots met, by minute; minutes whose ballots are late are let go.
    met: BTreeMap<i32, HashSet<BallotId>>,
    /// Lines met, by import: the last one.
    lines: HashMap<ImportId, Line>,
    judged: Judged,
    gap: Option<Range<i64>>,
}

impl<'a> PartitionCount<'a> {
    /// Begins at the record at `from`.
    pub(super) fn new(paredao: Option<ParedaoId>, notes: &'a Notes, from: i64) -> Self {
        let (met, lines, judged) = (BTreeMap::new(), HashMap::new(), Judged::default());
        Self { paredao, notes, next_offset: from, log_clock: 0, met, lines, judged, gap: None }
    }

    /// Takes the next record.
    pub(super) fn take(&mut self, record: &LogRecord<'_>, partition: i32) {
        self.pass_to(record.offset);
        self.next_offset = record.offset + 1;
        self.log_clock = self.log_clock.max(record.appended_at.0);
        for (_, clock) in self.notes.raised.range(..=record.offset) {
            self.log_clock = self.log_clock.max(*clock);
        }
        let is_passed_over = skipped::holds(&self.notes.skipped, record.offset);
        let vote = match codec::decode(partition, record.key, record.value) {
            Ok(Entry::Vote(vote)) => vote,
            Ok(Entry::Imported(vote)) => return self.take_line(&vote, record.offset, is_passed_over),
            Err(_) => return self.park_unless(is_passed_over, record.offset),
        };
        let minute = vote.group.minute.get();
        let minute_starts = i64::from(minute) * MINUTE_MILLIS;
        if self.log_clock >= late_at(minute) {
            return self.park_unless(is_passed_over, record.offset);
        }
        while self.met.first_key_value().is_some_and(|(first, _)| self.log_clock >= late_at(*first)) {
            self.met.pop_first();
        }
        let is_first = self.met.entry(minute).or_default().insert(vote.ballot);
        if !is_first {
            return;
        }
        let is_from_future = minute_starts - CLOCK_SKEW_MILLIS > self.log_clock;
        if is_from_future || self.notes.refused.contains(&record.offset) {
            return self.park_unless(is_passed_over, record.offset);
        }
        if !is_passed_over {
            self.count(&vote.group);
        }
    }

    /// A line counts when it lies behind all that came before of its import; what was passed over doesn't come before.
    fn take_line(&mut self, vote: &ImportedVote, offset: i64, is_passed_over: bool) {
        let minute_starts = i64::from(vote.group.minute.get()) * MINUTE_MILLIS;
        let is_from_future = minute_starts - CLOCK_SKEW_MILLIS > self.log_clock;
        let is_registered = self.notes.imports.get(&vote.import.get()) == Some(&vote.group.paredao.get());
        if is_from_future || !is_registered {
            return self.park_unless(is_passed_over, offset);
        }
        if is_passed_over || self.lines.get(&vote.import).is_some_and(|last| *last >= vote.line) {
            return;
        }
        self.lines.insert(vote.import, vote.line);
        if self.notes.refused.contains(&offset) {
            return self.park_unless(false, offset);
        }
        self.count(&vote.group);
    }

    fn count(&mut self, group: &Group) {
        if self.paredao.is_none_or(|paredao| paredao == group.paredao) {
            let place = (group.participant.get(), group.minute.get());
            *self.judged.votes.entry((group.paredao.get(), place)).or_default() += 1;
        }
    }

    fn park_unless(&mut self, is_passed_over: bool, offset: i64) {
        if !is_passed_over {
            self.judged.parked.push(offset);
        }
    }

    /// Ends at `to`: what the log says, or the first offsets that should have come and didn't.
    pub(super) fn finish(mut self, to: i64) -> Result<Judged, Range<i64>> {
        self.pass_to(to);
        self.gap.map_or(Ok(self.judged), Err)
    }

    /// Offsets may be missing where they were skipped, and nowhere else.
    fn pass_to(&mut self, offset: i64) {
        if self.gap.is_none() {
            let missing = skipped::first_not_in(&self.notes.skipped, self.next_offset..offset);
            self.gap = missing.map(|missing| missing..offset);
        }
    }
}

/// The first log clock at which a minute's ballots are late, in milliseconds.
fn late_at(minute: i32) -> i64 {
    (i64::from(minute) + 1) * MINUTE_MILLIS + WINDOW_MILLIS
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};
    use voting_commons::{Minute, Shard, UnixMillis, Vote};

    use super::*;
    use crate::core::{Claim, Effect, Event, Limits, Partition, Record};

    const MINUTE: i32 = 1_000;

    struct Log {
        notes: Notes,
        records: Vec<(i64, UnixMillis, String, Vec<u8>)>,
    }

    impl Log {
        fn new() -> Self {
            Self { notes: Notes::default(), records: Vec::new() }
        }

        /// A vote of paredão 1 for participant 2, `seconds` after the minute's beginning.
        fn vote(mut self, sequence: u64, seconds: i64) -> Self {
            let minute = Minute::try_from(i64::from(MINUTE)).unwrap();
            let group = Group { paredao: 1.try_into().unwrap(), minute, participant: 2.try_into().unwrap() };
            let vote = Vote { ballot: BallotId { issuer: 1, sequence }, group, shard: Shard::default(), partition: 0 };
            let (key, value) = codec::encode(&vote);
            let offset = i64::try_from(self.records.len()).unwrap();
            self.records.push((offset, minute.start().plus(seconds * 1000), key, value));
            self
        }

        fn count(&self) -> Result<i64, Range<i64>> {
            Ok(self.votes()?.get(&(2, MINUTE)).copied().unwrap_or(0))
        }

        fn votes(&self) -> Result<HashMap<Place, i64>, Range<i64>> {
            let mut count = PartitionCount::new(Some(1.try_into().unwrap()), &self.notes, 0);
            for (offset, appended_at, key, value) in &self.records {
                let (key, value) = (Some(key.as_bytes()), Some(value.as_slice()));
                count.take(&LogRecord { offset: *offset, appended_at: *appended_at, key, value }, 0);
            }
            let to = self.records.last().map_or(0, |last| last.0 + 1);
            let judged = count.finish(to)?;
            Ok(judged.votes.into_iter().map(|((_, place), votes)| (place, votes)).collect())
        }
    }

    #[test]
    fn a_ballot_counts_once_and_within_its_window_only() {
        assert_eq!(Log::new().vote(1, 0).vote(1, 1).vote(2, 274).vote(3, 275).vote(1, 300).count(), Ok(2));
        assert_eq!(Log::new().vote(1, -31).vote(1, 0).vote(2, -30).count(), Ok(1), "from the future, then repeated");
        // The clock is the running maximum: a stamp that goes back makes nothing young again.
        assert_eq!(Log::new().vote(1, 275).vote(2, 0).count(), Ok(0));
    }

    /// What the core counts of the same log, in one batch.
    fn core_counts(log: &Log) -> HashMap<Place, i64> {
        let end = i64::try_from(log.records.len()).unwrap();
        let claim = Claim { high: end, ..Claim::default() };
        let records = log.records.iter().map(|(offset, appended_at, key, value)| {
            Record::decode(0, *offset, *appended_at, Some(key.as_bytes()), Some(value))
        });
        let (mut core, _) = Partition::assigned(0, Limits::default());
        let now = UnixMillis(i64::MAX);
        core.step(0, Event::Claimed(Ok(claim)), now);
        let mut effects = core.step(0, Event::Records(records.collect()), now);
        effects.extend(core.step(0, Event::Drain, now));
        let flushed = effects.iter().find_map(|effect| match effect {
            Effect::Flush { batch, .. } => Some(batch.tally.sorted()),
            _ => None,
        });
        let place = |group: Group| (group.participant.get(), group.minute.get());
        flushed.into_iter().flatten().map(|(group, votes)| (place(group), votes)).collect()
    }

    #[test]
    fn the_core_counts_what_the_recount_says() {
        let mut outcomes = HashSet::new();
        for seed in 0..500 {
            let mut random = StdRng::seed_from_u64(seed);
            let mut log = Log::new();
            let mut seconds = -60;
            for _ in 0..200 {
                // Mostly forwards, and now and then back, as when another broker leads.
                seconds += random.random_range(-5..10);
                log = log.vote(random.random_range(0..80), seconds);
            }
            let (counted, core) = (log.votes(), core_counts(&log));
            assert_eq!(counted.as_ref(), Ok(&core), "seed {seed}");
            outcomes.insert(core.values().sum::<i64>());
        }
        assert!(outcomes.len() > 10, "the logs are too much alike: {outcomes:?}");
    }

    #[test]
    fn what_was_passed_over_is_met_and_not_counted() {
        let mut log = Log::new().vote(1, 0).vote(2, 0).vote(1, 1).vote(3, 1);
        log.notes.refused.insert(0);
        log.notes.skipped.push(1..2);
        assert_eq!(log.count(), Ok(1));
    }

    #[test]
    fn only_what_was_skipped_may_be_missing() {
        let mut log = Log::new().vote(1, 0).vote(2, 0).vote(3, 0).vote(4, 0);
        log.records.drain(1..3);
        assert_eq!(log.count(), Err(1..3));
        log.notes.skipped.push(1..2);
        assert_eq!(log.count(), Err(2..3));
        log.notes.skipped.push(2..3);
        assert_eq!(log.count(), Ok(2));
    }
}
