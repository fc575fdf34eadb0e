//! What is done to the world.

use votes_register::core::Event;
use voting_commons::{ImportedVote, UnixMillis, codec};

use crate::fault::Fault;
use crate::importer::Importer;
use crate::model::{Fate, TOO_LATE_AFTER_MILLIS, Violation};
use crate::node::Health;
use crate::plan::{self, Infliction};
use crate::shell::{Owned, Question};
use crate::tasks::{Stage, Task};
use crate::topic::BROKERS;
use crate::world::World;

/// The longest that a register may take to drain.
const DRAIN_TIMEOUT_MILLIS: i64 = 6_000;
/// The most partitions there ever are.
const PARTITIONS_MAX: i32 = 6;
/// How far time may be moved to reach the end of a ballot's window.
const EDGE_REACH_MILLIS: i64 = 360_000;

/// How many lines of a file are written at once.
const LINES_MAX: u8 = 6;

/// A key, a value, and the reason for which they are parked.
type Garbage = (Option<&'static [u8]>, Option<&'static [u8]>, &'static str);

/// Records that are no votes, with the reason for which they must be parked.
const GARBAGE: [Garbage; 5] = [
    (None, Some(b"{}"), "key_null"),
    (Some(b"1:2:1000000"), None, "value_null"),
    (Some(b""), Some(b"{}"), "key_empty"),
    (Some(b"1:2:1000000"), Some(b"not JSON"), "value_not_json"),
    (Some(b"1-2"), Some(b"{}"), "key_malformed"),
];

impl World {
    pub(crate) fn inflict(&mut self) -> Result<(), Violation> {
        let infliction = self.rng.choice(&self.plan.inflictions).copied().expect("some are always there");
        self.trace(|| format!("infliction: {infliction:?}"));
        let node = self.rng.usize(..self.nodes.len());
        match infliction {
            Infliction::Crash => self.crash(),
            Infliction::Freeze if self.nodes[node].is_up() => self.nodes[node].health = Health::Frozen,
            Infliction::Evict => self.evict(node),
            Infliction::Rebalance => _ = self.group.rebalance(&mut self.rng),
            Infliction::Stop if self.nodes[node].is_up() && self.nodes[node].stops_by.is_none() => self.stop(node),
            Infliction::StoreOutage => self.store_away = true,
            Infliction::SlowStore => {
                self.store_slow = true;
                self.fired.note(Fault::SlowStore);
            }
            Infliction::LogOutage => self.log_away = true,
            Infliction::RefuseForAWhile => self.refuses_for_a_while = true,
            Infliction::ChangeLeader => {
                let (partition, broker) = (self.any_partition(), self.rng.usize(..BROKERS));
                self.topic.lead(partition, broker);
                self.fired.note(Fault::LeaderChange);
            }
            Infliction::SetLeadersClock => {
                let broker = self.rng.usize(..BROKERS);
                self.topic.clocks_ahead[broker] = plan::skew(&mut self.rng);
            }
            Infliction::LeapLeadersClock => {
                let partition = self.any_partition();
                let ahead = self.rng.i64(50_000..200_000);
                self.topic.set_leaders_clock(partition, ahead);
            }
            Infliction::SetFrontendsClock => {
                let ahead = self.rng.i64(-120_000..120_000);
                self.voters.set_clock(ahead, &mut self.rng);
            }
            Infliction::AddPartition if self.topic.partitions() < PARTITIONS_MAX => {
                self.topic.add_partition();
                self.group.add_partition();
                self.fired.note(Fault::PartitionsAdded);
            }
            Infliction::Trim => self.trim(),
            Infliction::Close if self.voters.close(self.now) => self.fired.note(Fault::Closed),
            Infliction::Garbage => self.append_garbage(),
            Infliction::RetryAtTheEdge => self.retry_at_the_edge(),
            Infliction::PassTime => self.now = self.now.plus(self.rng.i64(1_000..90_000)),
            Infliction::Import => self.import(),
            Infliction::ReplaceFrontend => self.voters.replace_frontend(&mut self.rng),
            // It can't be done to this node now.
            _ => {}
        }
        Ok(())
    }

    fn any_partition(&mut self) -> i32 {
        self.rng.i32(0..self.topic.partitions())
    }

    /// A process that waits for an answer has more to lose than one that doesn't.
    fn crash(&mut self) {
        let waiting = self.tasks.iter().filter(|task| !matches!(task.stage, Stage::Asking(Question::Look { .. })));
        let node = match self.rng.choice(waiting.collect::<Vec<_>>()) {
            Some(task) if self.rng.u8(..4) > 0 => task.node,
            _ => self.rng.usize(..self.nodes.len()),
        };
        if self.nodes[node].health != Health::Down {
            self.note_crash(node);
            self.end(node);
        }
    }

    /// The group takes a living node for dead, which goes on for as long as it doesn't hear of it.
    fn evict(&mut self, node: usize) {
        if self.group.members() < 2 || !self.group.is_member(node) {
            return;
        }
        if self.nodes[node].is_up() && self.group.holds_any(node) && !self.nodes[node].shell.partitions.is_empty() {
            self.fired.note(Fault::TwoOwners);
        }
        self.nodes[node].deaf = true;
        self.group.evict(node);
        self.group.settle(&mut self.rng);
    }

    fn stop(&mut self, index: usize) {
        let now = self.local(index);
        let node = &mut self.nodes[index];
        node.stops_by = Some(self.now.plus(DRAIN_TIMEOUT_MILLIS));
        node.shell.draining = true;
        if node.shell.partitions.values().any(holds_records) {
            self.fired.note(Fault::Stopped);
        }
        node.shell.step_all(now, || Event::Drain);
    }

    fn append_garbage(&mut self) {
        let partition = self.any_partition();
        let (key, value, reason) = GARBAGE[self.rng.usize(..GARBAGE.len())];
        let (_, stamp) = self.topic.append(partition, key, value, self.now);
        self.model.garbage_appended(partition, stamp, reason);
        self.fired.note(Fault::Garbage);
    }

    /// Some lines of a file are written, perhaps not for the first time.
    fn import(&mut self) {
        let partitions = self.topic.partitions();
        if self.rng.u8(..3) == 0 {
            self.importer.begin_again(&mut self.rng);
        }
        if self.rng.u8(..4) == 0 {
            let unknown = Importer::unknown(partitions, &mut self.rng);
            self.append_line(&unknown);
        }
        for _ in 0..self.rng.u8(1..=LINES_MAX) {
            let vote = self.importer.next(partitions);
            self.append_line(&vote);
        }
    }

    fn append_line(&mut self, vote: &ImportedVote) {
        let (key, value) = codec::encode_imported(vote);
        let (offset, stamp) = self.topic.append(vote.partition, Some(key.as_bytes()), Some(&value), self.now);
        let fate = self.model.line_appended(vote, Importer::is_registered(vote), stamp);
        self.trace(|| format!("line {} is record {offset} of partition {}: {fate:?}", vote.line, vote.partition));
        self.fired.note(match fate {
            Fate::Counted(_) => Fault::Import,
            Fate::Duplicate => Fault::ImportRepeated,
            Fate::Parked(_) => Fault::ImportUnknown,
        });
    }

    /// Retention removes all that nobody has to read again. It takes weeks, so it never overtakes a reader.
    fn trim(&mut self) {
        let partition = self.any_partition();
        let Some(low) = self.store.read_cursor(partition).map(|cursor| cursor.at.ballots_from) else { return };
        let has_read = |owned: &Owned| owned.handed.0 == owned.core.generation() && owned.handed.1 >= low;
        let owners = self.nodes.iter().filter_map(|node| node.shell.partitions.get(&partition));
        let is_read = owners.into_iter().all(has_read) && self.tasks.iter().all(|task| task.partition != partition);
        if is_read && low > self.topic.low(partition) {
            self.topic.trim(partition, low);
            self.fired.note(Fault::Trimmed);
        }
    }

    /// Time moves to where a ballot's window is about to end, or has just ended, and a copy of it reaches the log.
    fn retry_at_the_edge(&mut self) {
        let Some(ballot) = self.voters.recent(&mut self.rng) else { return };
        let vote = self.voters.ballots[ballot].vote;
        let ends = vote.group.minute.start().plus(TOO_LATE_AFTER_MILLIS);
        let from_the_end = match self.rng.u8(..4) {
            0 => self.rng.i64(-2..=2),
            1 => self.rng.i64(0..30_000),
            _ => self.rng.i64(-70_000..0),
        };
        let leaders_lead = self.topic.leaders_time(vote.partition, UnixMillis(0)).0;
        let at = ends.plus(from_the_end - leaders_lead);
        if (0..EDGE_REACH_MILLIS).contains(&at.since(self.now)) {
            self.now = at;
            self.append(ballot);
        }
    }

    /// What the process was at when it ended.
    fn note_crash(&mut self, node: usize) {
        for (partition, owned) in &self.nodes[node].shell.partitions {
            let waits_for = |what: fn(&Stage) -> bool| {
                let is_its = |task: &&Task| task.node == node && task.partition == *partition;
                self.tasks.iter().filter(is_its).any(|task| what(&task.stage))
            };
            self.fired.note(if owned.core.written().is_none() {
                Fault::CrashClaiming
            } else if waits_for(is_flushing) {
                Fault::CrashFlushing
            } else if waits_for(is_unsure) {
                Fault::CrashUnsure
            } else if is_rebuilding(owned) {
                Fault::CrashRebuilding
            } else {
                Fault::CrashCounting
            });
        }
    }
}

fn is_flushing(stage: &Stage) -> bool {
    matches!(stage, Stage::Asking(Question::Flush { .. }) | Stage::Answered(Event::Flushed(_)))
}

fn is_unsure(stage: &Stage) -> bool {
    matches!(stage, Stage::Asking(Question::ReadCursor) | Stage::Answered(Event::CursorRead(_)))
}

/// Whether records below the cursor are still to come.
fn is_rebuilding(owned: &Owned) -> bool {
    let (generation, handed) = owned.handed;
    let written = owned.core.written().map_or(0, |written| written.next_offset);
    written > 0 && (generation != owned.core.generation() || handed < written)
}

fn holds_records(owned: &Owned) -> bool {
    let (generation, handed) = owned.handed;
    generation == owned.core.generation() && owned.core.written().is_some_and(|written| written.next_offset < handed)
}
