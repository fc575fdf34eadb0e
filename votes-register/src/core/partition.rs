//! The life of one partition under one owner.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use voting_commons::{ImportedVote, Minute, Rejection, UnixMillis, window};

use super::ballots::{BALLOTS_MAX, BallotSet};
use super::batch::{Batch, Position, Refusal, Verdict};
use super::event::{Claim, Cursor, Effect, Event, FlushOutcome, Halt};
use super::imports::{Imports, Met};
use super::record::{Content, Record};
use crate::skipped;

/// How far a record's stamp may lie past this machine's clock, in milliseconds; further, and a broker's clock is wrong.
pub const LOG_CLOCK_LEAP_MILLIS_MAX: i64 = 60_000;

/// For how long the log must seem to end before what was counted of it until that is believed, in milliseconds. A broker that
/// was frozen, or cut off, answers as if it still led until it hears that others do.
const LOG_SHORTER_MILLIS_MIN: i64 = 30_000;

/// When a batch is written, and how much may be held.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Records in a batch.
    pub batch_records_max: i64,
    /// Bytes kept of a batch's parked records.
    pub batch_parked_bytes_max: usize,
    /// The longest a record waits in a batch, in milliseconds.
    pub batch_age_millis_max: i64,
    /// Ballots remembered.
    pub ballots_max: u64,
    /// How many times the store may refuse a single record's data before it is parked.
    pub data_error_attempts_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_records_max: 50_000,
            batch_parked_bytes_max: 4 * 1024 * 1024,
            batch_age_millis_max: 200,
            ballots_max: BALLOTS_MAX,
            data_error_attempts_max: 5,
        }
    }
}

/// One partition's core.
#[derive(Debug)]
pub struct Partition {
    limits: Limits,
    /// Goes up whenever everything held is discarded; answers to an older generation are void.
    generation: u64,
    /// How many times the store or the log couldn't be asked, in a row.
    outages: u32,
    draining: bool,
    /// Whether an operator wants it to stand still: what is held is written, and nothing more is taken.
    paused: bool,
    /// Of the last claim; 0 before the first.
    epoch: i64,
    /// Since when the log has seemed to end before what was counted of it.
    shorter_since: Option<UnixMillis>,
    suspicion: Option<Suspicion>,
    state: State,
}

#[derive(Debug)]
enum State {
    Claiming,
    Rebuilding(Rebuilding),
    Counting(Box<Counting>),
    Halted,
    Drained,
}

/// Re-reading the window of the log that ends at the cursor, to know its ballots.
#[derive(Debug)]
struct Rebuilding {
    cursor: Cursor,
    imports: Imports,
    /// Records below were appended before the registered imports were asked for.
    imports_known_below: i64,
    /// Offsets that were passed over: the log may lack them.
    skipped: Vec<Range<i64>>,
    seen: BallotSet,
    gone: Option<Gone>,
    next_offset: i64,
}

/// Counted records that the log no longer holds, though their ballots may come again.
#[derive(Debug, Clone, Copy)]
struct Gone {
    /// From where they should have been read.
    ballots_from: i64,
    /// Where the log begins.
    low: i64,
    /// How far the log clock can have been when they were counted.
    log_clock: UnixMillis,
}

#[derive(Debug)]
struct Counting {
    epoch: i64,
    seen: BallotSet,
    imports: Imports,
    imports_known_below: i64,
    /// An import that isn't known may have been registered since the claim: claim again.
    is_outdated: bool,
    gone: Option<Gone>,
    /// Records that have come but not yet been taken: the open batch is full.
    held: VecDeque<Record>,
    /// Where the store's cursor stands, as far as is known.
    written: Position,
    open: Batch,
    in_flight: Option<Arc<Batch>>,
    /// The first batch is written as soon as there is one: its votes have waited for an owner long enough.
    is_first: bool,
    /// Whether the answer to the flush in flight was lost, so that the cursor must be read.
    ambiguous: bool,
    paused: bool,
    /// Why nothing more is taken; the partition halts when what it holds is written.
    halting: Option<Halt>,
}

/// The store refused a batch's data: ever smaller batches find the record to blame.
#[derive(Debug)]
struct Suspicion {
    /// The culprit lies below this offset.
    below: i64,
    batch_records_max: i64,
    /// The record that was refused alone, and how many times.
    refused: (i64, u32),
    culprit: Option<(i64, Refusal)>,
}

impl Partition {
    /// A partition newly assigned. `generation` must be higher than any that this partition had in this process.
    /// The first effect asks for the claim.
    pub fn assigned(generation: u64, limits: Limits) -> (Self, Vec<Effect>) {
        let partition = Self {
            limits,
            generation,
            outages: 0,
            draining: false,
            paused: false,
            epoch: 0,
            shorter_since: None,
            suspicion: None,
            state: State::Claiming,
        };
        (partition, vec![Effect::Claim])
    }

    /// The generation with which answers to the effects of the last step must be tagged.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Up to where the log is counted and written; `None` before the claim and after a halt.
    pub fn written(&self) -> Option<Position> {
        match &self.state {
            State::Rebuilding(rebuilding) => Some(rebuilding.cursor.at),
            State::Counting(counting) => Some(counting.written),
            _ => None,
        }
    }

    /// A stable name of what it is doing.
    pub fn state(&self) -> &'static str {
        match &self.state {
            State::Halted => "halted",
            _ if self.paused => "paused",
            State::Counting(_) | State::Drained => "counting",
            State::Rebuilding(_) => "rebuilding",
            State::Claiming => "claiming",
        }
    }

    /// The epoch of the last claim; 0 before the first.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// How many ballots are remembered.
    pub fn ballots(&self) -> u64 {
        match &self.state {
            State::Rebuilding(rebuilding) => rebuilding.seen.len(),
            State::Counting(counting) => counting.seen.len(),
            _ => 0,
        }
    }

    /// Takes an event of `generation` at the wall clock's `now`, and says what is to be done.
    pub fn step(&mut self, generation: u64, event: Event, now: UnixMillis) -> Vec<Effect> {
        if generation != self.generation {
            return Vec::new();
        }
        let mut effects = Vec::new();
        match event {
            Event::Claimed(answer) => match answer {
                Ok(claim) => self.claimed(claim, now, &mut effects),
                Err(_) => self.retry_later(&mut effects),
            },
            Event::Records(records) => self.records(records, now, &mut effects),
            Event::Flushed(outcome) => self.flushed(outcome, now, &mut effects),
            Event::CursorRead(answer) => match answer {
                Ok(cursor) => self.cursor_read(cursor, now, &mut effects),
                Err(_) => self.retry_later(&mut effects),
            },
            Event::NotLogAppendTime { offset } => self.halt(Halt::NotLogAppendTime { offset }, &mut effects),
            Event::RetryDue => self.retry(&mut effects),
            Event::LogSeen { low, high, asked_at } => self.log_seen(low, high, asked_at, now, &mut effects),
            Event::Tick => self.go_on(now, &mut effects),
            Event::Steered { paused } => {
                self.paused = paused;
                self.go_on(now, &mut effects);
            }
            Event::CursorTaken { epoch } => self.cursor_taken(epoch, &mut effects),
            Event::Drain => self.drain(now, &mut effects),
        }
        effects
    }

    fn claimed(&mut self, claim: Claim, now: UnixMillis, effects: &mut Vec<Effect>) {
        if !matches!(self.state, State::Claiming) {
            return;
        }
        self.epoch = claim.cursor.epoch;
        self.paused = claim.paused;
        let next_offset = claim.cursor.at.next_offset;
        if next_offset < claim.low {
            self.halt(Halt::LogTrimmed { next_offset, low: claim.low }, effects);
        } else if next_offset > claim.high {
            if self.is_shorter_for_good(now) {
                self.halt(Halt::LogShorter { next_offset, high: claim.high }, effects);
            } else {
                self.retry_later(effects);
            }
        } else {
            self.outages = 0;
            self.shorter_since = None;
            self.begin_rebuilding(claim, effects);
        }
    }

    /// Whether the log, which seems to end too early now, has seemed so for long enough.
    fn is_shorter_for_good(&mut self, now: UnixMillis) -> bool {
        now.since(*self.shorter_since.get_or_insert(now)) >= LOG_SHORTER_MILLIS_MIN
    }

    fn begin_rebuilding(&mut self, claim: Claim, effects: &mut Vec<Effect>) {
        let Claim { cursor, parked, skipped, imports, low, high, .. } = claim;
        let Position { next_offset, ballots_from, log_clock, .. } = cursor.at;
        let mut seen = BallotSet::default();
        for (minute, ballot) in parked {
            seen.insert(minute, ballot, None);
        }
        let gone = (ballots_from < low).then_some(Gone { ballots_from, low, log_clock });
        // The record just below the cursor is always read again, for its fingerprint.
        let from = ballots_from.min(next_offset - 1).max(low);
        effects.push(Effect::Read { from });
        self.state = State::Rebuilding(Rebuilding {
            cursor,
            imports,
            imports_known_below: high,
            skipped,
            seen,
            gone,
            next_offset: from,
        });
        self.end_rebuilding_when_complete();
    }

    fn end_rebuilding_when_complete(&mut self) {
        let State::Rebuilding(rebuilding) = &mut self.state else { return };
        if rebuilding.next_offset < rebuilding.cursor.at.next_offset {
            return;
        }
        self.state = State::Counting(Box::new(Counting {
            epoch: rebuilding.cursor.epoch,
            seen: std::mem::take(&mut rebuilding.seen),
            imports: std::mem::take(&mut rebuilding.imports),
            imports_known_below: rebuilding.imports_known_below,
            is_outdated: false,
            gone: rebuilding.gone,
            held: VecDeque::new(),
            written: rebuilding.cursor.at,
            open: Batch::starting_at(rebuilding.cursor.at),
            in_flight: None,
            is_first: true,
            ambiguous: false,
            paused: false,
            halting: None,
        }));
    }

    fn records(&mut self, records: Vec<Record>, now: UnixMillis, effects: &mut Vec<Effect>) {
        let mut records = records.into_iter().peekable();
        while let State::Rebuilding(rebuilding) = &mut self.state {
            let Some(next) = records.peek() else { return };
            rebuilding.pass_skipped(next.offset);
            self.end_rebuilding_when_complete();
            let State::Rebuilding(rebuilding) = &mut self.state else { break };
            let Some(record) = records.next() else { return };
            if let Err(halt) = rebuilding.take(&record, self.limits.ballots_max) {
                return self.halt(halt, effects);
            }
            self.end_rebuilding_when_complete();
        }
        if let State::Counting(counting) = &mut self.state {
            counting.held.extend(records);
            self.go_on(now, effects);
        }
    }

    fn flushed(&mut self, outcome: FlushOutcome, now: UnixMillis, effects: &mut Vec<Effect>) {
        let State::Counting(counting) = &mut self.state else { return };
        let Some(batch) = counting.in_flight.clone() else { return };
        match outcome {
            FlushOutcome::Applied => self.applied(batch, now, effects),
            FlushOutcome::Fenced => self.fenced(effects),
            FlushOutcome::Outage => self.retry_later(effects),
            FlushOutcome::Ambiguous => {
                counting.ambiguous = true;
                effects.push(Effect::ReadCursor);
            }
            FlushOutcome::DataError(detail) => self.refused(&batch, detail, effects),
        }
    }

    fn applied(&mut self, batch: Arc<Batch>, now: UnixMillis, effects: &mut Vec<Effect>) {
        let State::Counting(counting) = &mut self.state else { return };
        self.outages = 0;
        counting.in_flight = None;
        counting.ambiguous = false;
        counting.written = batch.to;
        if self.suspicion.as_ref().is_some_and(|suspicion| batch.to.next_offset >= suspicion.below) {
            self.suspicion = None;
        }
        effects.push(Effect::Applied(batch));
        self.go_on(now, effects);
    }

    /// After a lost answer: the cursor tells whether the batch was written.
    fn cursor_read(&mut self, cursor: Option<Cursor>, now: UnixMillis, effects: &mut Vec<Effect>) {
        let State::Counting(counting) = &mut self.state else { return };
        let Some(batch) = counting.in_flight.clone() else { return };
        let mine = cursor.filter(|cursor| cursor.epoch == counting.epoch).map(|cursor| cursor.at.next_offset);
        if mine == Some(batch.to.next_offset) {
            self.applied(batch, now, effects);
        } else if mine == Some(batch.from_offset) {
            // If the lost statement still commits, the expected offset fences this one.
            counting.ambiguous = false;
            effects.extend(counting.ask_again());
        } else {
            self.fenced(effects);
        }
    }

    /// Somebody else claimed the cursor, or an operator's command moved it. Who counts finds that out at the next flush;
    /// who has halted writes nothing more, and starts over.
    fn cursor_taken(&mut self, epoch: i64, effects: &mut Vec<Effect>) {
        if matches!(self.state, State::Halted) && epoch > self.epoch && !self.draining {
            self.start_over(effects);
        }
    }

    /// Another owner was at work, so nothing held here is worth anything: the log says it again.
    fn fenced(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::Fenced);
        self.start_over(effects);
    }

    fn start_over(&mut self, effects: &mut Vec<Effect>) {
        self.generation += 1;
        self.outages = 0;
        if self.draining {
            self.state = State::Drained;
            effects.push(Effect::Drained);
        } else {
            self.state = State::Claiming;
            effects.push(Effect::Claim);
        }
    }

    /// The store refuses the batch's data. Halving the batches finds the one record to blame.
    fn refused(&mut self, batch: &Batch, detail: String, effects: &mut Vec<Effect>) {
        let below = self.suspicion.as_ref().map_or(batch.to.next_offset, |suspicion| suspicion.below);
        if batch.records() > 1 {
            let batch_records_max = batch.records() / 2;
            self.suspicion = Some(Suspicion { below, batch_records_max, refused: (below, 0), culprit: None });
            return self.start_over(effects);
        }
        let offset = batch.from_offset;
        let suspicion = self.suspicion.get_or_insert(Suspicion {
            below,
            batch_records_max: 1,
            refused: (offset, 0),
            culprit: None,
        });
        if suspicion.culprit.as_ref().is_some_and(|(culprit, _)| *culprit == offset) {
            return self.halt(Halt::StoreRefusesDeadLetter { offset, detail }, effects);
        }
        // What one record was refused says nothing against the next.
        let before = if suspicion.refused.0 == offset { suspicion.refused.1 } else { 0 };
        let attempt = before + 1;
        suspicion.refused = (offset, attempt);
        if attempt < self.limits.data_error_attempts_max {
            effects.push(Effect::Retry { attempt });
        } else {
            suspicion.culprit = Some((offset, Refusal { detail, attempts: attempt }));
            self.start_over(effects);
        }
    }

    fn retry_later(&mut self, effects: &mut Vec<Effect>) {
        self.outages = self.outages.saturating_add(1);
        effects.push(Effect::Retry { attempt: self.outages });
    }

    fn retry(&mut self, effects: &mut Vec<Effect>) {
        match &self.state {
            State::Claiming => effects.push(Effect::Claim),
            State::Counting(counting) => effects.extend(counting.ask_again()),
            _ => {}
        }
    }

    fn log_seen(&mut self, low: i64, high: i64, asked_at: i64, now: UnixMillis, effects: &mut Vec<Effect>) {
        let read_to = match &self.state {
            State::Rebuilding(rebuilding) => rebuilding.next_offset,
            State::Counting(counting) => counting.read_to(),
            _ => return,
        };
        if low > read_to {
            self.halt(Halt::LogTrimmed { next_offset: read_to, low }, effects);
        } else if high >= asked_at {
            self.shorter_since = None;
        } else if self.is_shorter_for_good(now) {
            self.halt(Halt::LogShorter { next_offset: asked_at, high }, effects);
        }
    }

    fn drain(&mut self, now: UnixMillis, effects: &mut Vec<Effect>) {
        self.draining = true;
        match &mut self.state {
            State::Counting(counting) => {
                counting.held.clear();
                self.go_on(now, effects);
            }
            State::Drained => {}
            _ => {
                self.state = State::Drained;
                effects.push(Effect::Drained);
            }
        }
    }

    /// Takes what is held, and writes what is due.
    fn go_on(&mut self, now: UnixMillis, effects: &mut Vec<Effect>) {
        let State::Counting(counting) = &mut self.state else { return };
        let takes = !self.draining && !self.paused;
        if takes {
            counting.take_held(&self.limits, self.suspicion.as_ref(), now);
        }
        if counting.is_outdated {
            return self.start_over(effects);
        }
        let stopping = self.draining || counting.halting.is_some();
        let at_once = stopping || self.paused;
        if let Some(effect) = counting.flush_if_due(&self.limits, self.suspicion.as_ref(), at_once, now) {
            effects.push(effect);
            // There is room again.
            if takes && !stopping {
                counting.take_held(&self.limits, self.suspicion.as_ref(), now);
            }
        }
        if stopping && counting.is_written() {
            match counting.halting.take() {
                Some(halt) if !self.draining => return self.halt(halt, effects),
                _ => {
                    self.state = State::Drained;
                    return effects.push(Effect::Drained);
                }
            }
        }
        counting.pause_or_resume(self.paused, effects);
    }

    fn halt(&mut self, halt: Halt, effects: &mut Vec<Effect>) {
        self.generation += 1;
        self.state = State::Halted;
        effects.extend([Effect::Pause, Effect::Halt(halt)]);
    }
}

impl Gone {
    /// Whether a ballot of `minute` may have been counted in what is gone. One that came from the future was parked, and so
    /// is known.
    fn may_hold(&self, minute: Minute) -> bool {
        !window::is_from_future(minute, self.log_clock)
    }

    /// Whether all of it is late, so that it no longer matters.
    fn is_late(&self, log_clock: UnixMillis) -> bool {
        window::last_held(self.log_clock).is_some_and(|last| window::is_late(last, log_clock))
    }
}

impl Rebuilding {
    /// Goes on to `offset`, the next record's, where the log may lack what lies before it. What was passed over and is
    /// still there is read all the same, for its ballots.
    fn pass_skipped(&mut self, offset: i64) {
        let to = offset.min(self.cursor.at.next_offset);
        if self.next_offset < to && skipped::first_not_in(&self.skipped, self.next_offset..to).is_none() {
            self.next_offset = to;
        }
    }

    /// Takes a record below the cursor: its ballot is remembered, and nothing is counted.
    fn take(&mut self, record: &Record, ballots_max: u64) -> Result<(), Halt> {
        check_order(self.next_offset, record)?;
        self.next_offset += 1;
        let at = &self.cursor.at;
        if let Content::Vote(vote) = &record.content
            && !window::is_late(vote.group.minute, at.log_clock)
        {
            check_room(&self.seen, ballots_max)?;
            // What is from the future even now was parked.
            let is_parked = window::is_from_future(vote.group.minute, at.log_clock);
            self.seen.insert(vote.group.minute, vote.ballot, (!is_parked).then_some(record.offset));
        }
        let is_last = self.next_offset == at.next_offset;
        if is_last && at.fingerprint.is_some_and(|fingerprint| fingerprint != record.fingerprint()) {
            return Err(Halt::FingerprintMismatch { offset: record.offset });
        }
        Ok(())
    }
}

impl Counting {
    /// What the store must be asked again after an outage.
    fn ask_again(&self) -> Option<Effect> {
        let batch = self.in_flight.as_ref()?;
        Some(if self.ambiguous {
            Effect::ReadCursor
        } else {
            Effect::Flush { batch: Arc::clone(batch), epoch: self.epoch }
        })
    }

    /// The next record to come.
    fn read_to(&self) -> i64 {
        self.held.back().map_or(self.open.to.next_offset, |last| last.offset + 1)
    }

    fn is_written(&self) -> bool {
        self.open.is_empty() && self.in_flight.is_none()
    }

    fn is_full(&self, limits: &Limits, suspicion: Option<&Suspicion>) -> bool {
        let records_max = suspicion.map_or(limits.batch_records_max, |suspicion| suspicion.batch_records_max);
        self.open.records() >= records_max || self.open.parked_bytes() >= limits.batch_parked_bytes_max
    }

    fn take_held(&mut self, limits: &Limits, suspicion: Option<&Suspicion>, now: UnixMillis) {
        while self.halting.is_none() && !self.is_outdated && !self.is_full(limits, suspicion) {
            let Some(record) = self.held.pop_front() else { return };
            match self.judge(&record, limits, suspicion, now) {
                Ok(verdict) => self.open.take(record, verdict, now),
                Err(Stop::Outdated) => self.is_outdated = true,
                Err(Stop::Halt(halt)) => {
                    self.held.clear();
                    self.halting = Some(halt);
                }
            }
        }
    }

    /// Decides what becomes of the next record. Whether a ballot is late and whether it may be forgotten is asked of
    /// the same clock with the same predicate, so every ballot that isn't late is still remembered here.
    fn judge(
        &mut self,
        record: &Record,
        limits: &Limits,
        suspicion: Option<&Suspicion>,
        now: UnixMillis,
    ) -> Result<Verdict, Stop> {
        check_order(self.open.to.next_offset, record)?;
        let leap_millis = record.appended_at.since(now);
        if leap_millis > LOG_CLOCK_LEAP_MILLIS_MAX {
            return Err(Halt::LogClockLeap { offset: record.offset, leap_millis }.into());
        }
        let log_clock = self.open.to.log_clock.max(record.appended_at);
        self.seen.forget_late(log_clock);
        self.gone.take_if(|gone| gone.is_late(log_clock));
        let vote = match &record.content {
            Content::Vote(vote) => *vote,
            Content::Imported(line) => return self.judge_line(line, record.offset, log_clock, suspicion),
            Content::Unreadable(unreadable) => return Ok(Verdict::park(unreadable.rejection)),
        };
        if window::is_late(vote.group.minute, log_clock) {
            return Ok(Verdict::park(Rejection::TooLate));
        }
        check_room(&self.seen, limits.ballots_max)?;
        let is_from_future = window::is_from_future(vote.group.minute, log_clock);
        if !self.seen.insert(vote.group.minute, vote.ballot, (!is_from_future).then_some(record.offset)) {
            return Ok(Verdict::Duplicate);
        }
        if let Some(gone) = self.gone.filter(|gone| gone.may_hold(vote.group.minute)) {
            return Err(Halt::WindowTrimmed { low: gone.low, offset: record.offset }.into());
        }
        if is_from_future {
            return Ok(Verdict::park(Rejection::FromFuture));
        }
        Ok(refused(suspicion, record.offset).unwrap_or(Verdict::Count(vote.group)))
    }

    /// A line counts by its place in the file, whatever its minute, if production registered the file.
    fn judge_line(
        &mut self,
        line: &ImportedVote,
        offset: i64,
        log_clock: UnixMillis,
        suspicion: Option<&Suspicion>,
    ) -> Result<Verdict, Stop> {
        if window::is_from_future(line.group.minute, log_clock) {
            return Ok(Verdict::park(Rejection::FromFuture));
        }
        match self.imports.meet(line) {
            Met::New => {
                let verdict = refused(suspicion, offset).unwrap_or(Verdict::Count(line.group));
                self.open.meet(line, matches!(verdict, Verdict::Count(_)));
                Ok(verdict)
            }
            Met::Repeated => Ok(Verdict::Duplicate),
            Met::Unregistered if offset < self.imports_known_below => Ok(Verdict::park(Rejection::ImportUnknown)),
            Met::Unregistered => Err(Stop::Outdated),
        }
    }

    /// One flush at a time: the next batch fills while one is in flight.
    fn flush_if_due(
        &mut self,
        limits: &Limits,
        suspicion: Option<&Suspicion>,
        at_once: bool,
        now: UnixMillis,
    ) -> Option<Effect> {
        if self.in_flight.is_some() || self.open.is_empty() {
            return None;
        }
        let is_old = now.since(self.open.opened_at) >= limits.batch_age_millis_max;
        if !(at_once || self.is_first || is_old || self.is_full(limits, suspicion)) {
            return None;
        }
        self.is_first = false;
        let batch = Arc::new(self.open.close(self.ballots_from()));
        self.in_flight = Some(Arc::clone(&batch));
        Some(Effect::Flush { batch, epoch: self.epoch })
    }

    /// Where who claims the partition next must read the log again from.
    fn ballots_from(&self) -> i64 {
        let next_offset = self.open.to.next_offset;
        let kept = self.seen.first_offset().map_or(next_offset, |first| first.min(next_offset));
        self.gone.map_or(kept, |gone| gone.ballots_from)
    }

    fn pause_or_resume(&mut self, wanted: bool, effects: &mut Vec<Effect>) {
        // What would come before the halt would only be held in vain.
        let pause = wanted || !self.held.is_empty() || self.halting.is_some();
        if pause != self.paused {
            self.paused = pause;
            effects.push(if pause { Effect::Pause } else { Effect::Resume });
        }
    }
}

/// Why the next record can't be judged.
enum Stop {
    Halt(Halt),
    /// What was known at the claim doesn't say.
    Outdated,
}

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

/// How the record at `offset` is parked, if the store refuses it.
fn refused(suspicion: Option<&Suspicion>, offset: i64) -> Option<Verdict> {
    let (culprit, refusal) = suspicion?.culprit.as_ref()?;
    (*culprit == offset).then(|| Verdict::Park { rejection: Rejection::RefusedByStore, refusal: Some(refusal.clone()) })
}

impl Verdict {
    fn park(rejection: Rejection) -> Self {
        Self::Park { rejection, refusal: None }
    }
}

fn check_order(expected: i64, record: &Record) -> Result<(), Halt> {
    if record.offset == expected { Ok(()) } else { Err(Halt::Gap { expected, found: record.offset }) }
}

fn check_room(seen: &BallotSet, ballots_max: u64) -> Result<(), Halt> {
    if seen.len() < ballots_max { Ok(()) } else { Err(Halt::BallotSetFull { ballots_max }) }
}

#[cfg(test)]
#[path = "partition_tests.rs"]
mod tests;
