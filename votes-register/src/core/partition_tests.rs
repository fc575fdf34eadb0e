//! The dangers that the design names, played step by step. The log and the store here are fakes of a few lines,
//! because the point is to choose the order of events; the real ones are in the integration tests.

use std::collections::BTreeMap;

use voting_commons::{BallotId, Group, ImportedVote, Minute, ParedaoId, ParticipantId, Shard, Vote, codec};

use super::super::batch::Position;
use super::super::event::{Claim, Cursor};
use super::super::imports::Imports;
use super::*;

/// The minute in which most ballots of these tests are issued.
const MINUTE: i64 = 1_000_000;

fn minute(after: i64) -> Minute {
    Minute::try_from(MINUTE + after).unwrap()
}

fn vote(sequence: u64, after: i64) -> Vote {
    Vote {
        ballot: BallotId { issuer: 1, sequence },
        group: Group {
            paredao: ParedaoId::try_from(1).unwrap(),
            minute: minute(after),
            participant: ParticipantId::try_from(2).unwrap(),
        },
        shard: Shard::default(),
        partition: 0,
    }
}

/// A line of the import 5, of a minute of which no ballot could be cast any more.
fn line(number: i64) -> ImportedVote {
    ImportedVote {
        import: 5.try_into().unwrap(),
        line: number.try_into().unwrap(),
        group: vote(0, -1_000).group,
        partition: 0,
    }
}

/// A log and a store that do as they are told.
struct World {
    log: Vec<Record>,
    /// The first offset that the log still holds.
    low: i64,
    cursor: Cursor,
    votes: BTreeMap<Group, i64>,
    parked: Vec<(i64, Rejection)>,
    duplicate: i64,
    /// What the store says to the next flushes instead of writing; it does write what is `Applied`.
    refusals: VecDeque<FlushOutcome>,
    /// A record whose data the store can't take.
    poison: Option<i64>,
    /// How many times it said so.
    refused: u32,
    now: UnixMillis,
    halted: Option<Halt>,
    drained: bool,
    fenced: usize,
    paused: bool,
    skipped: Vec<Range<i64>>,
    imports: Imports,
    lines_counted: i64,
    pauses: Vec<bool>,
}

impl World {
    fn new() -> Self {
        Self {
            log: Vec::new(),
            low: 0,
            cursor: Cursor::default(),
            votes: BTreeMap::new(),
            parked: Vec::new(),
            duplicate: 0,
            refusals: VecDeque::new(),
            poison: None,
            refused: 0,
            now: minute(0).start().plus(30_000),
            halted: None,
            drained: false,
            fenced: 0,
            paused: false,
            skipped: Vec::new(),
            imports: Imports::default(),
            lines_counted: 0,
            pauses: Vec::new(),
        }
    }

    fn append(&mut self, vote: &Vote) {
        self.append_at(vote, self.now);
    }

    fn append_at(&mut self, vote: &Vote, appended_at: UnixMillis) {
        let (key, value) = codec::encode(vote);
        self.append_bytes(Some(key.as_bytes()), Some(&value), appended_at);
    }

    fn append_line(&mut self, number: i64) {
        let (key, value) = codec::encode_imported(&line(number));
        self.append_bytes(Some(key.as_bytes()), Some(&value), self.now);
    }

    fn register_import(&mut self) {
        self.imports.registered.insert(line(1).import, line(1).group.paredao);
    }

    fn append_bytes(&mut self, key: Option<&[u8]>, value: Option<&[u8]>, appended_at: UnixMillis) {
        let offset = i64::try_from(self.log.len()).unwrap();
        self.log.push(Record::decode(0, offset, appended_at, key, value));
    }

    fn high(&self) -> i64 {
        i64::try_from(self.log.len()).unwrap()
    }

    fn claim(&mut self) -> Claim {
        self.cursor.epoch += 1;
        let parked_votes = self.parked.iter().filter_map(|(offset, _)| self.vote_at(*offset));
        let parked = parked_votes
            .filter(|vote| !window::is_late(vote.group.minute, self.cursor.at.log_clock))
            .map(|vote| (vote.group.minute, vote.ballot))
            .collect();
        Claim {
            cursor: self.cursor,
            parked,
            skipped: self.skipped.clone(),
            imports: self.imports.clone(),
            paused: self.paused,
            low: self.low,
            high: self.high(),
        }
    }

    fn vote_at(&self, offset: i64) -> Option<Vote> {
        match &self.log[usize::try_from(offset).unwrap()].content {
            Content::Vote(vote) => Some(*vote),
            Content::Imported(_) | Content::Unreadable(_) => None,
        }
    }

    fn flush(&mut self, batch: &Batch, epoch: i64) -> FlushOutcome {
        if let Some(refusal) = self.refusals.pop_front().filter(|refusal| *refusal != FlushOutcome::Applied) {
            return refusal;
        }
        let poisoned = self.poison.is_some_and(|poison| {
            (batch.from_offset..batch.to.next_offset).contains(&poison)
                && !batch.parked.iter().any(|letter| letter.offset == poison)
        });
        if poisoned {
            self.refused += 1;
            return FlushOutcome::DataError("value out of range (SQLSTATE 22003)".to_owned());
        }
        self.write(batch, epoch)
    }

    fn write(&mut self, batch: &Batch, epoch: i64) -> FlushOutcome {
        if (batch.from_offset, epoch) != (self.cursor.at.next_offset, self.cursor.epoch) {
            return FlushOutcome::Fenced;
        }
        self.cursor.at = batch.to;
        for (group, votes) in batch.tally.sorted() {
            *self.votes.entry(group).or_default() += votes;
        }
        self.parked.extend(batch.parked.iter().map(|letter| (letter.offset, letter.rejection)));
        self.duplicate += batch.duplicate;
        for (import, progress) in &batch.imports {
            self.imports.next_lines.insert(*import, progress.next_line);
            self.lines_counted += progress.counted;
        }
        FlushOutcome::Applied
    }

    /// Carries out effects and their consequences until nothing is left to do at this time.
    fn settle(&mut self, core: &mut Partition, effects: Vec<Effect>) {
        let mut todo: VecDeque<Effect> = effects.into();
        while let Some(effect) = todo.pop_front() {
            let event = match effect {
                Effect::Claim => Event::Claimed(Ok(self.claim())),
                Effect::Read { from } => Event::Records(self.log[usize::try_from(from).unwrap()..].to_vec()),
                Effect::Flush { batch, epoch } => Event::Flushed(self.flush(&batch, epoch)),
                Effect::ReadCursor => Event::CursorRead(Ok(Some(self.cursor))),
                Effect::Retry { .. } => Event::RetryDue,
                Effect::Halt(halt) => {
                    self.halted = Some(halt);
                    continue;
                }
                Effect::Drained => {
                    self.drained = true;
                    continue;
                }
                Effect::Fenced => {
                    self.fenced += 1;
                    continue;
                }
                Effect::Pause | Effect::Resume => {
                    self.pauses.push(matches!(effect, Effect::Pause));
                    continue;
                }
                Effect::Applied(_) => continue,
            };
            todo.extend(core.step(core.generation(), event, self.now));
        }
        self.check_conservation();
    }

    /// Lets so much time pass that whatever is held is due.
    fn tick(&mut self, core: &mut Partition) {
        self.now = self.now.plus(Limits::default().batch_age_millis_max);
        let effects = core.step(core.generation(), Event::Tick, self.now);
        self.settle(core, effects);
    }

    fn deliver(&mut self, core: &mut Partition, from: i64) {
        let records = self.log[usize::try_from(from).unwrap()..].to_vec();
        let effects = core.step(core.generation(), Event::Records(records), self.now);
        self.settle(core, effects);
    }

    /// A new owner, that reads all there is.
    fn assign(&mut self, generation: u64, limits: Limits) -> Partition {
        let (mut core, effects) = Partition::assigned(generation, limits);
        self.settle(&mut core, effects);
        core
    }

    /// An owner that has written its first batch, a vote of its own, and holds the votes of `sequences`.
    fn holding(&mut self, generation: u64, sequences: &[u64]) -> Partition {
        self.append(&vote(0, 0));
        let mut core = self.assign(generation, Limits::default());
        for &sequence in sequences {
            self.append(&vote(sequence, 0));
        }
        self.deliver(&mut core, 1);
        assert_eq!(self.counted(), 1, "they are held");
        core
    }

    fn run(&mut self) -> Partition {
        let mut core = self.assign(0, Limits::default());
        self.tick(&mut core);
        core
    }

    fn counted(&self) -> i64 {
        self.votes.values().sum()
    }

    fn reasons(&self) -> Vec<Rejection> {
        self.parked.iter().map(|(_, rejection)| *rejection).collect()
    }

    /// Promise P3.
    fn check_conservation(&self) {
        let parked = i64::try_from(self.parked.len()).unwrap();
        let skipped: i64 = self.skipped.iter().map(|range| range.end - range.start).sum();
        assert_eq!(self.cursor.at.next_offset, self.counted() + self.duplicate + parked + skipped);
    }
}

#[test]
fn the_first_batch_after_a_claim_is_written_at_once_and_later_ones_are_held() {
    let mut world = World::new();
    let mut core = world.holding(0, &[1]);
    world.tick(&mut core);
    assert_eq!(world.counted(), 2);
}

#[test]
fn every_ballot_counts_once_however_often_it_comes() {
    let mut world = World::new();
    for sequence in [1, 2, 1, 3, 2, 1] {
        world.append(&vote(sequence, 0));
    }
    world.run();
    assert_eq!((world.counted(), world.duplicate), (3, 3));
}

#[test]
fn a_fenced_register_that_claims_again_counts_what_it_had_held() {
    let mut world = World::new();
    let mut first = world.holding(0, &[1, 2]);
    // While the first still holds both, another claims, counts them and goes.
    world.run();
    assert_eq!(world.counted(), 3);
    world.append(&vote(3, 0));
    world.deliver(&mut first, 3);
    world.tick(&mut first);
    world.tick(&mut first);
    assert_eq!((world.fenced, world.counted(), world.duplicate), (1, 4, 0));
}

#[test]
fn a_retry_after_a_restart_is_known_from_the_log() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.run();
    world.append(&vote(1, 0));
    world.append(&vote(2, 0));
    world.run();
    assert_eq!((world.counted(), world.duplicate), (2, 1));
}

#[test]
fn a_lost_answer_to_a_written_flush_counts_once() {
    let mut world = World::new();
    let mut core = world.holding(0, &[1]);
    world.now = world.now.plus(1_000);
    let effects = core.step(core.generation(), Event::Tick, world.now);
    let [Effect::Flush { batch, epoch }] = effects.as_slice() else { panic!("no flush: {effects:?}") };
    assert_eq!(world.write(batch, *epoch), FlushOutcome::Applied);
    let effects = core.step(core.generation(), Event::Flushed(FlushOutcome::Ambiguous), world.now);
    world.settle(&mut core, effects);
    assert_eq!((world.counted(), world.fenced), (2, 0));
}

#[test]
fn a_lost_answer_to_an_unwritten_flush_writes_it_again() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.refusals.extend([FlushOutcome::Ambiguous, FlushOutcome::Outage, FlushOutcome::Ambiguous]);
    world.run();
    assert_eq!((world.counted(), world.fenced), (1, 0));
}

#[test]
fn a_lost_statement_that_commits_late_fences_its_own_repetition() {
    let mut world = World::new();
    let mut core = world.holding(0, &[1]);
    world.now = world.now.plus(1_000);
    let effects = core.step(core.generation(), Event::Tick, world.now);
    let [Effect::Flush { batch, epoch }] = effects.as_slice() else { panic!("no flush: {effects:?}") };
    core.step(core.generation(), Event::Flushed(FlushOutcome::Ambiguous), world.now);
    let again = core.step(core.generation(), Event::CursorRead(Ok(Some(world.cursor))), world.now);
    assert!(matches!(again.as_slice(), [Effect::Flush { .. }]));
    world.write(batch, *epoch);
    world.settle(&mut core, again);
    assert_eq!((world.counted(), world.fenced), (2, 1));
}

#[test]
fn answers_from_before_a_discard_are_void() {
    let mut world = World::new();
    let mut core = world.holding(7, &[1]);
    let old = core.generation();
    world.refusals.push_back(FlushOutcome::Fenced);
    world.tick(&mut core);
    assert!(core.generation() > old);
    assert!(core.step(old, Event::Records(world.log.clone()), world.now).is_empty());
    world.tick(&mut core);
    assert_eq!((world.counted(), world.duplicate), (2, 0));
}

#[test]
fn the_record_that_the_store_refuses_is_found_and_parked_alone() {
    for poison in 0..9 {
        let mut world = World::new();
        for sequence in 0..9 {
            world.append(&vote(sequence, 0));
        }
        world.poison = Some(poison);
        let mut core = world.run();
        for _ in 0..20 {
            world.tick(&mut core);
        }
        assert_eq!(world.counted(), 8, "poison at {poison}");
        assert_eq!(world.parked, [(poison, Rejection::RefusedByStore)]);
    }
}

#[test]
fn attempts_that_one_record_needed_say_nothing_against_the_next() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.append(&vote(2, 0));
    let refusals = |times: u32| (0..times).map(|_| FlushOutcome::DataError("for a while".to_owned()));
    // Both together, then the first alone until it is written, then the second alone.
    world.refusals.extend(refusals(1 + Limits::default().data_error_attempts_max - 1));
    world.refusals.push_back(FlushOutcome::Applied);
    world.refusals.extend(refusals(1));
    let mut core = world.run();
    for _ in 0..20 {
        world.tick(&mut core);
    }
    assert_eq!((world.counted(), world.parked.len()), (2, 0));
}

#[test]
fn a_record_is_parked_after_as_many_attempts_as_the_limit_says() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.poison = Some(0);
    let mut core = world.assign(0, Limits { data_error_attempts_max: 2, ..Limits::default() });
    let mut refusals = Vec::new();
    for _ in 0..5 {
        world.tick(&mut core);
        refusals.push(world.refused);
    }
    assert_eq!((refusals.last(), world.parked.as_slice()), (Some(&2), [(0, Rejection::RefusedByStore)].as_slice()));
}

#[test]
fn late_and_early_ballots_are_parked_and_the_rest_goes_on() {
    let mut world = World::new();
    world.append(&vote(1, -10));
    world.append(&vote(2, 5));
    world.append(&vote(3, 0));
    world.run();
    assert_eq!(world.reasons(), [Rejection::TooLate, Rejection::FromFuture]);
    assert_eq!(world.counted(), 1);
}

#[test]
fn a_ballot_parked_as_early_stays_parked_when_it_comes_again_also_after_a_restart() {
    let early = vote(2, 20);
    for restarted in [false, true] {
        let mut world = World::new();
        world.append(&early);
        let mut core = world.run();
        // So much later that the window no longer reaches back to the first copy.
        world.now = minute(20).start().plus(5_000);
        world.append(&vote(3, 20));
        world.deliver(&mut core, 1);
        world.tick(&mut core);
        world.append(&early);
        if restarted {
            core = world.assign(1 << 32, Limits::default());
        } else {
            world.deliver(&mut core, 2);
        }
        world.tick(&mut core);
        assert_eq!((world.counted(), world.duplicate, world.parked.len()), (1, 1, 1), "restarted: {restarted}");
    }
}

#[test]
fn the_log_clock_never_goes_back_when_leaders_clocks_differ() {
    let mut world = World::new();
    let late = minute(0).end().plus(window::WINDOW_MILLIS);
    world.now = late;
    world.append_at(&vote(1, 3), late);
    // A leader whose clock is behind: by its stamp this ballot isn't late, by the log clock it is.
    world.append_at(&vote(2, 0), late.plus(-20_000));
    world.run();
    assert_eq!((world.counted(), world.reasons()), (1, vec![Rejection::TooLate]));
}

#[test]
fn unreadable_records_are_parked_between_good_ones() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.append_bytes(None, Some(b"{}"), world.now);
    world.append(&vote(2, 0));
    world.run();
    assert_eq!((world.counted(), world.reasons()), (2, vec![Rejection::KeyNull]));
}

#[test]
fn a_full_batch_pauses_the_log_until_there_is_room() {
    let mut world = World::new();
    for sequence in 0..10 {
        world.append(&vote(sequence, 0));
    }
    world.refusals.push_back(FlushOutcome::Outage);
    let limits = Limits { batch_records_max: 3, ..Limits::default() };
    let mut core = world.assign(0, limits);
    for _ in 0..5 {
        world.tick(&mut core);
    }
    assert_eq!(world.pauses, [true, false]);
    assert_eq!(world.counted(), 10);
}

#[test]
fn draining_writes_what_was_taken_and_then_ends() {
    let mut world = World::new();
    let mut core = world.holding(0, &[1]);
    let effects = core.step(core.generation(), Event::Drain, world.now);
    world.settle(&mut core, effects);
    assert_eq!((world.counted(), world.drained), (2, true));
}

#[test]
fn a_gap_halts_after_what_came_before_it_is_written() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.append(&vote(2, 0));
    world.append(&vote(3, 0));
    let mut core = world.assign(0, Limits::default());
    world.tick(&mut core);
    let mut gap = world.log[2].clone();
    gap.offset = 9;
    let effects = core.step(core.generation(), Event::Records(vec![gap]), world.now);
    world.settle(&mut core, effects);
    assert_eq!(world.halted, Some(Halt::Gap { expected: 3, found: 9 }));
    assert_eq!(world.counted(), 3);
}

#[test]
fn a_log_clock_that_leaps_past_the_wall_clock_halts() {
    let mut world = World::new();
    world.append_at(&vote(1, 0), world.now.plus(LOG_CLOCK_LEAP_MILLIS_MAX));
    world.append_at(&vote(2, 0), world.now.plus(LOG_CLOCK_LEAP_MILLIS_MAX + 1));
    world.run();
    assert_eq!(world.halted, Some(Halt::LogClockLeap { offset: 1, leap_millis: LOG_CLOCK_LEAP_MILLIS_MAX + 1 }));
    assert_eq!(world.counted(), 1);
}

#[test]
fn a_partition_that_is_about_to_halt_takes_no_more_records() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.append(&vote(2, 0));
    world.append_at(&vote(3, 0), world.now.plus(LOG_CLOCK_LEAP_MILLIS_MAX + 1));
    world.append(&vote(4, 0));
    let mut core = world.assign(0, Limits { batch_records_max: 1, ..Limits::default() });
    world.tick(&mut core);
    assert_eq!(world.counted(), 2);
    assert!(world.halted.is_some() && !world.pauses.contains(&false), "{:?}", world.pauses);
}

#[test]
fn a_log_that_lost_records_halts_and_never_skips() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.append(&vote(2, 0));
    world.run();
    let mut claim = world.claim();
    let halted = |claim: Claim| {
        let (mut core, _) = Partition::assigned(0, Limits::default());
        let mut effects = core.step(0, Event::Claimed(Ok(claim.clone())), world.now);
        effects.extend(core.step(0, Event::Claimed(Ok(claim)), world.now.plus(LOG_SHORTER_MILLIS_MIN)));
        effects.into_iter().find_map(|effect| if let Effect::Halt(halt) = effect { Some(halt) } else { None })
    };
    claim.low = 3;
    claim.high = 3;
    assert_eq!(halted(claim.clone()), Some(Halt::LogTrimmed { next_offset: 2, low: 3 }));
    (claim.low, claim.high) = (0, 1);
    assert_eq!(halted(claim), Some(Halt::LogShorter { next_offset: 2, high: 1 }));
}

#[test]
fn where_counted_records_are_gone_only_what_may_repeat_them_halts() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.append(&vote(2, 0));
    world.run();
    world.low = 2;
    // Its minute is past all that could be counted then.
    world.now = minute(2).start();
    world.append(&vote(3, 2));
    let mut core = world.run();
    assert_eq!((world.halted.as_ref(), world.counted()), (None, 3));
    assert_eq!(world.cursor.at.ballots_from, 0, "what is gone still matters");
    world.append(&vote(4, 0));
    world.deliver(&mut core, 3);
    world.tick(&mut core);
    assert_eq!(world.halted.take(), Some(Halt::WindowTrimmed { low: 2, offset: 3 }));
    assert_eq!(world.counted(), 3);
}

#[test]
fn once_what_is_gone_is_late_it_no_longer_matters() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.run();
    world.low = 1;
    // At half a minute past, the next minute could be counted.
    world.now = window::closes(minute(1));
    world.append(&vote(1, 0));
    world.append(&vote(2, 5));
    let mut core = world.run();
    assert_eq!(world.reasons(), [Rejection::TooLate]);
    assert_eq!((world.counted(), world.cursor.at.ballots_from), (2, 2));
    world.append(&vote(2, 5));
    world.deliver(&mut core, 3);
    world.tick(&mut core);
    assert_eq!((world.halted.as_ref(), world.duplicate), (None, 1));
}

#[test]
fn a_claim_reads_again_from_the_first_ballot_that_can_still_be_retried() {
    let mut world = World::new();
    for after in 0..8 {
        world.now = minute(after).start();
        world.append(&vote(1, after));
        world.append(&vote(2, after));
    }
    world.run();
    // At the beginning of minute 7, minute 2 is the last that is late.
    assert!(window::is_late(minute(2), world.now) && !window::is_late(minute(3), world.now));
    assert_eq!(world.cursor.at.ballots_from, 6);
    // A dead letter says what came from the future, however long it stays so.
    world.append(&vote(9, 100_000));
    world.run();
    assert_eq!((world.reasons().as_slice(), world.cursor.at.ballots_from), ([Rejection::FromFuture].as_slice(), 6));
    let (mut core, _) = Partition::assigned(0, Limits::default());
    let claim = world.claim();
    let effects = core.step(0, Event::Claimed(Ok(claim)), world.now);
    assert!(matches!(effects.as_slice(), [Effect::Read { from: 6 }]), "{effects:?}");
}

#[test]
fn a_log_that_was_seen_before_more_was_counted_isnt_shorter() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    let mut core = world.run();
    let seen = |high, asked_at| Event::LogSeen { low: 0, high, asked_at };
    // The log was asked before the vote was there, and its answer took longer than the vote.
    assert_eq!(core.written().map(|written| written.next_offset), Some(1));
    assert!(core.step(core.generation(), seen(0, 0), world.now).is_empty());
    // A broker that was frozen may say so, and be put right by the one that leads.
    assert!(core.step(core.generation(), seen(0, 1), world.now).is_empty());
    assert!(core.step(core.generation(), seen(1, 1), world.now.plus(LOG_SHORTER_MILLIS_MIN - 1)).is_empty());
    let again = world.now.plus(LOG_SHORTER_MILLIS_MIN);
    assert!(core.step(core.generation(), seen(0, 1), again).is_empty());
    assert!(core.step(core.generation(), seen(0, 1), again.plus(LOG_SHORTER_MILLIS_MIN - 1)).is_empty());
    let effects = core.step(core.generation(), seen(0, 1), again.plus(LOG_SHORTER_MILLIS_MIN));
    assert!(matches!(effects.as_slice(), [Effect::Pause, Effect::Halt(Halt::LogShorter { next_offset: 1, high: 0 })]));
}

#[test]
fn a_claim_that_a_broker_out_of_date_answers_is_made_again() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.append(&vote(2, 0));
    world.run();
    let (mut core, _) = Partition::assigned(0, Limits::default());
    let stale = Claim { high: 1, ..world.claim() };
    let effects = core.step(0, Event::Claimed(Ok(stale)), world.now);
    assert!(matches!(effects.as_slice(), [Effect::Retry { attempt: 1 }]), "{effects:?}");
    world.append(&vote(2, 0));
    world.append(&vote(3, 0));
    let effects = core.step(0, Event::RetryDue, world.now);
    world.settle(&mut core, effects);
    world.tick(&mut core);
    assert_eq!((world.halted.as_ref(), world.counted(), world.duplicate), (None, 3, 1));
}

#[test]
fn a_topic_made_anew_shows_by_its_fingerprint() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.run();
    world.log.clear();
    world.append(&vote(9, 0));
    world.append(&vote(10, 0));
    world.run();
    assert_eq!(world.halted, Some(Halt::FingerprintMismatch { offset: 0 }));
    assert_eq!(world.counted(), 1);
}

#[test]
fn a_full_set_of_ballots_halts_and_forgets_nothing() {
    let mut world = World::new();
    for sequence in 0..3 {
        world.append(&vote(sequence, 0));
    }
    let mut core = world.assign(0, Limits { ballots_max: 2, ..Limits::default() });
    world.tick(&mut core);
    assert_eq!(world.halted, Some(Halt::BallotSetFull { ballots_max: 2 }));
    assert_eq!(world.counted(), 2);
}

#[test]
fn a_pause_writes_what_is_held_and_takes_nothing_more_until_counting_goes_on() {
    let mut world = World::new();
    let mut core = world.holding(0, &[1]);
    let steer = |world: &mut World, core: &mut Partition, paused| {
        let effects = core.step(core.generation(), Event::Steered { paused }, world.now);
        world.settle(core, effects);
    };
    steer(&mut world, &mut core, true);
    assert_eq!((world.counted(), core.state()), (2, "paused"));
    world.append(&vote(2, 0));
    world.deliver(&mut core, 2);
    world.tick(&mut core);
    world.tick(&mut core);
    assert_eq!(world.counted(), 2);
    steer(&mut world, &mut core, false);
    world.tick(&mut core);
    assert_eq!((world.counted(), world.pauses.as_slice()), (3, [true, false].as_slice()));
}

#[test]
fn a_partition_claimed_while_paused_takes_nothing() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    world.paused = true;
    let core = world.run();
    assert_eq!((world.counted(), core.state()), (0, "paused"));
}

#[test]
fn a_halted_partition_claims_again_once_its_cursor_was_moved() {
    let mut world = World::new();
    let leap = world.now.plus(LOG_CLOCK_LEAP_MILLIS_MAX + 1);
    world.append_at(&vote(1, 0), leap);
    world.append(&vote(2, 0));
    let mut core = world.run();
    assert!(world.halted.take().is_some());
    let epoch = world.cursor.epoch;
    let seen = |world: &mut World, core: &mut Partition, epoch| {
        let effects = core.step(core.generation(), Event::CursorTaken { epoch }, world.now);
        world.settle(core, effects);
        world.tick(core);
    };
    seen(&mut world, &mut core, epoch);
    assert_eq!(core.state(), "halted", "it is its own epoch");
    world.cursor.at.next_offset = 1;
    world.cursor.at.fingerprint = None;
    world.cursor.epoch += 1;
    world.skipped.push(0..1);
    seen(&mut world, &mut core, epoch + 1);
    assert_eq!((world.halted.is_none(), world.counted()), (true, 1));
}

#[test]
fn what_was_passed_over_may_be_missing_when_ballots_are_rebuilt() {
    let mut world = World::new();
    for sequence in 1..=4 {
        world.append(&vote(sequence, 0));
    }
    world.skipped.push(1..3);
    world.cursor.at = Position { next_offset: 3, ballots_from: 0, log_clock: world.now, fingerprint: None };
    world.votes.insert(vote(1, 0).group, 1);
    let (mut core, _) = Partition::assigned(0, Limits::default());
    let claim = world.claim();
    core.step(0, Event::Claimed(Ok(claim)), world.now);
    let kept = vec![world.log[0].clone(), world.log[3].clone()];
    let effects = core.step(0, Event::Records(kept), world.now);
    world.settle(&mut core, effects);
    world.tick(&mut core);
    assert_eq!((&world.halted, world.counted()), (&None, 2));
}

#[test]
fn a_line_of_an_import_counts_once_under_whichever_owner() {
    let mut world = World::new();
    world.register_import();
    for number in [1, 2, 1, 4] {
        world.append_line(number);
    }
    world.run();
    assert_eq!((world.counted(), world.duplicate), (3, 1));
    for number in [2, 4, 5] {
        world.append_line(number);
    }
    let mut second = world.assign(1 << 32, Limits::default());
    world.tick(&mut second);
    assert_eq!((world.counted(), world.duplicate, world.votes.len()), (4, 3, 1));
    assert_eq!(world.lines_counted, 4);
}

#[test]
fn an_import_that_was_registered_after_the_claim_counts() {
    let mut world = World::new();
    world.append(&vote(1, 0));
    let mut core = world.run();
    world.register_import();
    world.append_line(1);
    world.append(&vote(1, 0));
    world.deliver(&mut core, 1);
    world.tick(&mut core);
    assert_eq!((world.counted(), world.duplicate, world.reasons()), (2, 1, vec![]));
}

#[test]
fn a_line_of_an_import_that_nobody_registered_is_parked() {
    let mut world = World::new();
    let mut core = world.run();
    world.append_line(1);
    world.append(&vote(1, 0));
    world.deliver(&mut core, 0);
    world.tick(&mut core);
    assert_eq!((world.counted(), world.reasons()), (1, vec![Rejection::ImportUnknown]));
}

#[test]
fn a_line_that_the_store_refuses_is_parked_and_its_repetition_is_a_duplicate() {
    let mut world = World::new();
    world.register_import();
    for number in [1, 2, 3] {
        world.append_line(number);
    }
    world.poison = Some(2);
    world.run();
    world.append_line(3);
    let mut second = world.assign(1 << 40, Limits::default());
    world.tick(&mut second);
    assert_eq!((world.counted(), world.duplicate, world.reasons()), (2, 1, vec![Rejection::RefusedByStore]));
    assert_eq!(world.lines_counted, 2);
}
