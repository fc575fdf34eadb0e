//! The whole simulated world, and what a step of it is.

use std::collections::VecDeque;

use fastrand::Rng;
use votes_register::core::{Event, Halt, LOG_CLOCK_LEAP_MILLIS_MAX, RECORD_BYTES_KEPT_MAX};
use voting_commons::UnixMillis;

use crate::consumer::{DELIVERY_RECORDS_MAX, Polled, REPORTS_MAX};
use crate::fault::{Fault, Fired};
use crate::group::Group;
use crate::importer::Importer;
use crate::model::{BOUNDED, Fate, LIVENESS, Model, Violation};
use crate::node::{Health, Node};
use crate::plan::Plan;
use crate::shell::{Note, Outbox, Question, Report};
use crate::store::Store;
use crate::tasks::{Stage, Stray, Task};
use crate::topic::Topic;
use crate::trace::Trace;
use crate::voters::{Sent, Voters};

/// When every simulation begins.
const BEGINNING: UnixMillis = UnixMillis(1_000_000 * 60_000);
/// How often a loop tells its partitions that time has passed.
const TICK_MILLIS: i64 = 20;

/// How many times likelier a register's next move is than any other single event.
const HASTE: usize = 2;

/// Something that may happen next.
#[derive(Debug, Clone, Copy)]
enum Possible {
    Vote,
    Delivery(usize),
    Answer(usize),
    Report(usize),
    Poll(usize),
    Tick(usize),
    Look(usize),
    StopInVain(usize),
    Task(usize),
    Stray(usize),
    Settle,
    Start(usize),
    Wake(usize),
    Hear(usize),
    SessionTimeout(usize),
    StoreBack,
    StoreFast,
    LogBack,
    StoreContent,
}

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) plan: Plan,
    pub(crate) now: UnixMillis,
    pub(crate) topic: Topic,
    pub(crate) store: Store,
    pub(crate) store_away: bool,
    pub(crate) store_slow: bool,
    pub(crate) log_away: bool,
    pub(crate) refuses_for_a_while: bool,
    pub(crate) group: Group,
    pub(crate) nodes: Vec<Node>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) strays: Vec<Stray>,
    pub(crate) voters: Voters,
    pub(crate) importer: Importer,
    pub(crate) model: Model,
    pub(crate) fired: Fired,
    pub(crate) trace: Trace,
    pub(crate) steps: u32,
    checked_version: u64,
    possible: Vec<Possible>,
}

impl World {
    pub(crate) fn new(seed: u64, trace: Trace) -> Self {
        let mut rng = Rng::with_seed(seed);
        let plan = Plan::draw(&mut rng);
        let now = BEGINNING.plus(rng.i64(0..60_000));
        let mut topic = Topic::new(plan.partitions);
        topic.clocks_ahead = plan.brokers_ahead;
        let nodes: Vec<_> = plan.nodes_ahead.iter().map(|ahead| Node::new(*ahead, plan.limits)).collect();
        let mut group = Group::new(nodes.len(), plan.partitions);
        group.settle(&mut rng);
        let voters = Voters::new(&plan.frontends_ahead, plan.chances.data_refused, &mut rng);
        Self {
            rng,
            now,
            topic,
            store: Store::default(),
            store_away: false,
            store_slow: false,
            log_away: false,
            refuses_for_a_while: false,
            group,
            nodes,
            tasks: Vec::new(),
            strays: Vec::new(),
            voters,
            importer: Importer::new(),
            model: Model::default(),
            fired: Fired::default(),
            trace,
            steps: 0,
            checked_version: 0,
            possible: Vec::new(),
            plan,
        }
    }

    pub(crate) fn trace(&mut self, say: impl FnOnce() -> String) {
        self.trace.say(self.steps, self.now, say);
    }

    pub(crate) fn happens(&mut self, permille: u32) -> bool {
        permille > 0 && self.rng.u32(..1000) < permille
    }

    /// One thing happens, and every promise is checked.
    pub(crate) fn step(&mut self) -> Result<(), Violation> {
        self.steps += 1;
        self.pass_time();
        if self.happens(self.plan.infliction_permille) {
            self.inflict()?;
        } else {
            self.act();
        }
        self.check()
    }

    fn pass_time(&mut self) {
        let millis = match self.rng.u32(..1000) {
            0..2 => self.rng.i64(8_000..60_000),
            2..8 => self.rng.i64(500..8_000),
            8..60 => self.rng.i64(30..500),
            _ => self.rng.i64(0..30),
        };
        self.now = self.now.plus(millis);
    }

    fn act(&mut self) {
        let mut possible = std::mem::take(&mut self.possible);
        possible.clear();
        self.list(&mut possible);
        let next = self.rng.choice(&possible).copied().unwrap_or(Possible::Vote);
        self.possible = possible;
        self.let_happen(next);
    }

    fn list(&mut self, possible: &mut Vec<Possible>) {
        possible.extend(std::iter::repeat_n(Possible::Vote, self.plan.votes_weight));
        possible.extend((0..self.voters.under_way.len().min(2)).map(Possible::Delivery));
        for (index, node) in self.nodes.iter().enumerate() {
            match node.health {
                Health::Down => {
                    possible.push(Possible::Start(index));
                    continue;
                }
                Health::Frozen => {
                    possible.push(Possible::Wake(index));
                    if self.group.is_member(index) && self.group.members() > 1 {
                        possible.push(Possible::SessionTimeout(index));
                    }
                    continue;
                }
                Health::Up => {}
            }
            if !node.channels.answers.is_empty() {
                possible.extend([Possible::Answer(index); HASTE]);
            }
            if !node.channels.reports.is_empty() {
                possible.extend([Possible::Report(index); HASTE]);
            }
            if node.deaf {
                possible.push(Possible::Hear(index));
            }
            let notices = !node.deaf && self.group.has_notices(index);
            if node.consumer.has_work(&node.channels, notices, &self.topic, self.local(index)) {
                possible.extend([Possible::Poll(index); HASTE]);
            }
            match node.stops_by {
                Some(deadline) if self.now >= deadline => possible.push(Possible::StopInVain(index)),
                Some(_) => {}
                None if node.shell.partitions.is_empty() => {}
                None if self.now.since(node.ticked_at) >= TICK_MILLIS => possible.push(Possible::Tick(index)),
                None => possible.extend((self.rng.u8(..8) == 0).then_some(Possible::Look(index))),
            }
        }
        for index in 0..self.tasks.len() {
            if self.is_ready(index) && (!self.store_slow || self.rng.u8(..8) == 0) {
                possible.extend([Possible::Task(index); HASTE]);
            }
        }
        possible.extend((0..self.strays.len()).map(Possible::Stray));
        let calm = self.rng.u8(..4) == 0;
        let mut when = |it: bool, what: Possible| possible.extend(it.then_some(what));
        when(self.group.can_settle(), Possible::Settle);
        when(self.store_away, Possible::StoreBack);
        when(self.store_slow, Possible::StoreFast);
        when(self.log_away, Possible::LogBack);
        when(self.refuses_for_a_while && calm, Possible::StoreContent);
    }

    /// Whether a task can go on. A frozen process can't, but the store works for it.
    pub(crate) fn is_ready(&self, index: usize) -> bool {
        let task = &self.tasks[index];
        let up = self.nodes[task.node].is_up();
        match &task.stage {
            Stage::Asking(Question::Flush { .. }) => true,
            Stage::Asking(_) | Stage::Answered(_) => up,
            Stage::Sleeping { until } => up && self.now >= *until,
        }
    }

    fn let_happen(&mut self, next: Possible) {
        match next {
            Possible::Vote => self.vote(),
            Possible::Delivery(index) => self.deliver_vote(index),
            Possible::Answer(node) => self.take_answer(node),
            Possible::Report(node) => self.take_report(node),
            Possible::Poll(node) => self.poll(node),
            Possible::Tick(node) => self.tick(node),
            Possible::Look(node) => self.nodes[node].shell.look(),
            Possible::StopInVain(node) => self.end(node),
            Possible::Task(index) => self.go_on_with(index),
            Possible::Stray(index) => self.carry_out_stray(index),
            Possible::Settle => self.group.settle(&mut self.rng),
            Possible::Start(node) => self.start(node),
            Possible::Wake(node) => self.wake(node),
            Possible::Hear(node) => {
                self.nodes[node].deaf = false;
                self.trace(|| format!("node {node} hears from the group again"));
            }
            Possible::SessionTimeout(node) => {
                self.group.evict(node);
                self.trace(|| format!("frozen node {node} is taken for dead"));
            }
            Possible::StoreBack => self.store_away = false,
            Possible::StoreFast => self.store_slow = false,
            Possible::LogBack => self.log_away = false,
            Possible::StoreContent => self.refuses_for_a_while = false,
        }
    }

    /// What a register takes the time to be.
    pub(crate) fn local(&self, node: usize) -> UnixMillis {
        self.now.plus(self.nodes[node].clock_ahead)
    }

    fn vote(&mut self) {
        let partitions = self.topic.partitions();
        if self.rng.u8(..4) == 0 {
            if let Some(ballot) = self.voters.retry(self.now, &mut self.rng) {
                self.trace(|| format!("ballot #{ballot} is cast again"));
            }
        } else if let Some(vote) = self.voters.vote(partitions, self.now, &mut self.rng).copied() {
            let ballot = self.voters.ballots.len() - 1;
            self.trace(|| {
                format!("ballot #{ballot} is cast for partition {}, minute {}", vote.partition, vote.group.minute)
            });
        }
    }

    pub(crate) fn deliver_vote(&mut self, index: usize) {
        let sent = self.voters.under_way.swap_remove(index);
        if self.happens(self.plan.chances.vote_lost) {
            return;
        }
        if self.voters.under_way.iter().any(|other| other.order < sent.order) {
            self.fired.note(Fault::Reordered);
        }
        let stamp = self.append(sent.ballot);
        // The acknowledgement may be lost; then the voter doesn't know.
        if self.rng.u8(..8) > 0 {
            self.acknowledge(sent, stamp);
        }
    }

    fn acknowledge(&mut self, sent: Sent, stamp: UnixMillis) {
        self.voters.delivered(sent, stamp, self.now);
    }

    /// A copy of a ballot reaches the log.
    pub(crate) fn append(&mut self, ballot: usize) -> UnixMillis {
        let vote = self.voters.ballots[ballot].vote;
        let (offset, stamp) = self.topic.append_vote(&vote, self.now);
        let before = self.model.log_clock(vote.partition);
        let fate = self.model.vote_appended(&vote, stamp);
        self.trace(|| {
            format!(
                "ballot #{ballot} is record {offset} of partition {}, stamped {}: {fate:?}",
                vote.partition, stamp.0
            )
        });
        if stamp.0 < before {
            self.fired.note(Fault::ClockWentBack);
        }
        match fate {
            Fate::Parked("too_late") => self.fired.note(Fault::TooLate),
            Fate::Parked(_) => self.fired.note(Fault::FromFuture),
            Fate::Duplicate => self.note_duplicate(&vote, stamp.0.max(before)),
            Fate::Counted(_) => {}
        }
        self.voters.ballots[ballot].copies += 1;
        stamp
    }

    fn note_duplicate(&mut self, vote: &voting_commons::Vote, log_clock: i64) {
        self.fired.note(Fault::Duplicate);
        let late_at = vote.group.minute.start().0 + crate::model::TOO_LATE_AFTER_MILLIS;
        if late_at - log_clock <= 60_000 {
            self.fired.note(Fault::LateRetry);
        }
        let key = vote.key().to_string();
        if voting_commons::partitioner::partition_of(key.as_bytes(), self.topic.partitions()) != vote.partition {
            self.fired.note(Fault::Repartitioned);
        }
    }

    pub(crate) fn take_answer(&mut self, node: usize) {
        let now = self.local(node);
        let Node { shell, channels, .. } = &mut self.nodes[node];
        if let Some(answer) = channels.answers.pop_front() {
            shell.step(answer.partition, answer.generation, answer.event, now);
        }
    }

    pub(crate) fn take_report(&mut self, node: usize) {
        let now = self.local(node);
        let Some(report) = self.nodes[node].channels.reports.pop_front() else { return };
        self.trace(|| {
            let what = match &report {
                Report::Records { partition, generation, records } => {
                    format!("{} records of partition {partition}, generation {generation:#x}", records.len())
                }
                other => format!("{other:?}"),
            };
            format!("node {node}: the loop takes {what}")
        });
        let Node { shell, channels, .. } = &mut self.nodes[node];
        if !shell.report(report, now) {
            channels.refused = true;
        }
    }

    pub(crate) fn poll(&mut self, index: usize) {
        let now = self.local(index);
        let node = &mut self.nodes[index];
        let inbox: Option<&mut VecDeque<_>> = (!node.deaf).then(|| self.group.inbox(index));
        let polled = node.consumer.poll(&mut node.channels, inbox, &self.topic, now, &mut self.rng);
        self.trace(|| format!("node {index}: a poll: {polled:?}"));
        match polled {
            Polled::Released(partitions) => {
                self.group.released(index, &partitions);
                self.fired.note(Fault::Rebalance);
            }
            Polled::GaveUp => {
                self.fired.note(Fault::AssignmentTimeout);
                self.group.remove(index);
                self.group.join(index);
            }
            Polled::Lost => self.group.join(index),
            Polled::Idle | Polled::Assigning | Polled::Assigned | Polled::Delivered { .. } => {}
        }
    }

    pub(crate) fn tick(&mut self, node: usize) {
        let now = self.local(node);
        self.nodes[node].ticked_at = self.now;
        self.nodes[node].shell.step_all(now, || Event::Tick);
    }

    pub(crate) fn start(&mut self, node: usize) {
        self.trace(|| format!("node {node} starts"));
        self.nodes[node].start(self.plan.limits);
        self.group.remove(node);
        self.group.join(node);
    }

    pub(crate) fn wake(&mut self, node: usize) {
        self.trace(|| format!("node {node} wakes up"));
        self.nodes[node].health = Health::Up;
        if !self.group.is_member(node) && !self.nodes[node].shell.partitions.is_empty() {
            self.fired.note(Fault::FrozenOwner);
        }
    }

    /// The process is gone. What it had asked of the store may still be carried out.
    pub(crate) fn end(&mut self, node: usize) {
        self.trace(|| format!("node {node} ends"));
        self.nodes[node].health = Health::Down;
        let (gone, left) = std::mem::take(&mut self.tasks).into_iter().partition(|task| task.node == node);
        self.tasks = left;
        let gone: Vec<Task> = gone;
        for task in gone {
            let stray = match task.stage {
                Stage::Asking(Question::Flush { batch, epoch }) => {
                    Stray::Flush { partition: task.partition, batch, epoch }
                }
                Stage::Asking(Question::ClaimCursor { low }) => Stray::Claim { partition: task.partition, low },
                _ => continue,
            };
            if self.rng.bool() {
                self.strays.push(stray);
            }
        }
        if self.rng.bool() {
            self.group.remove(node);
        }
    }

    /// Hands on what the loops left to be done, and checks every promise.
    pub(crate) fn check(&mut self) -> Result<(), Violation> {
        for node in 0..self.nodes.len() {
            self.hand_on(node)?;
            self.check_bounds(node)?;
        }
        if self.store.version != self.checked_version {
            self.checked_version = self.store.version;
            let commits = self.store.take_commits();
            self.model.check(&self.store, &commits)?;
        }
        Ok(())
    }

    fn hand_on(&mut self, index: usize) -> Result<(), Violation> {
        let node = &mut self.nodes[index];
        if node.health == Health::Down {
            return Ok(());
        }
        let Outbox { asked, commands, starts, notes } = std::mem::take(&mut node.shell.out);
        node.channels.commands.extend(commands);
        if starts.is_some() {
            node.channels.starts = starts;
        }
        for asked in asked {
            let (partition, generation) = (asked.partition, asked.generation);
            self.tasks.push(Task { node: index, partition, generation, stage: Stage::Asking(asked.question) });
        }
        for (partition, note) in notes {
            self.trace(|| match &note {
                Note::Flushing(batch) => {
                    let (from, to) = (batch.from_offset, batch.to.next_offset);
                    format!("node {index}: partition {partition} wants {from} to {to} written")
                }
                note => format!("node {index}, partition {partition}: {note:?}"),
            });
            self.judge(index, partition, note)?;
        }
        let node = &self.nodes[index];
        if node.stops_by.is_some() && node.shell.partitions.values().all(|owned| owned.drained) {
            self.end(index);
        }
        Ok(())
    }

    fn judge(&mut self, node: usize, partition: i32, note: Note) -> Result<(), Violation> {
        match note {
            Note::Fenced => self.fired.note(Fault::Fenced),
            Note::Drained => {}
            Note::Halted(halt) => return self.judge_halt(node, partition, &halt),
            Note::Flushing(batch) => {
                let bytes = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
                let parked: usize = batch.parked.iter().map(|letter| bytes(&letter.key) + bytes(&letter.value)).sum();
                let limits = &self.plan.limits;
                if batch.records() > limits.batch_records_max
                    || parked > limits.batch_parked_bytes_max + RECORD_BYTES_KEPT_MAX
                {
                    let text = format!("a batch of {} records keeps {parked} bytes", batch.records());
                    return Err(Violation::of(BOUNDED, text));
                }
            }
        }
        Ok(())
    }

    /// A partition may stand still for causes that this world has, and for no other.
    fn judge_halt(&mut self, node: usize, partition: i32, halt: &Halt) -> Result<(), Violation> {
        match *halt {
            // What was held had to be written first, so the partition halts later than it looked at the clock.
            Halt::LogClockLeap { offset, leap_millis } if leap_millis > LOG_CLOCK_LEAP_MILLIS_MAX => {
                let stamp = self.topic.read(partition, offset, 1).first().map(|record| record.appended_at);
                if stamp.is_some_and(|stamp| stamp.plus(-leap_millis) <= self.local(node)) {
                    self.fired.note(Fault::ClockLeap);
                    return Ok(());
                }
            }
            Halt::BallotSetFull { ballots_max } if ballots_max <= 30 => {
                self.fired.note(Fault::BallotSetFull);
                return Ok(());
            }
            _ => {}
        }
        Err(Violation::of(LIVENESS, format!("partition {partition} halted without a cause: {halt}")))
    }

    fn check_bounds(&self, index: usize) -> Result<(), Violation> {
        let limits = &self.plan.limits;
        let reports_records_max = (REPORTS_MAX + 1) * DELIVERY_RECORDS_MAX;
        let held_max = 2 * limits.batch_records_max + i64::try_from(reports_records_max).expect("small");
        for (partition, owned) in &self.nodes[index].shell.partitions {
            let ballots = owned.core.ballots();
            if ballots > limits.ballots_max {
                let text = format!("node {index} remembers {ballots} ballots of partition {partition}");
                return Err(Violation::of(BOUNDED, text));
            }
            let (generation, next) = owned.handed;
            if let Some(written) = owned.core.written()
                && generation == owned.core.generation()
                && next - written.next_offset > held_max
            {
                let held = next - written.next_offset;
                return Err(Violation::of(
                    BOUNDED,
                    format!("node {index} holds {held} records of partition {partition}"),
                ));
            }
        }
        Ok(())
    }
}
