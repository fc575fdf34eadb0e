//! The end of every seed: the faults end, what is left drains, and nothing may be missing.

use crate::model::{LIVENESS, TOO_LATE_AFTER_MILLIS, Violation};
use crate::node::Health;
use crate::topic::BROKERS;
use crate::world::World;

/// How many times everything that can go on goes on; at 20 ms each, a register is given two minutes.
const ROUNDS_MAX: u32 = 6_000;
const ROUND_MILLIS: i64 = 20;
/// How often a register looks where the log begins and ends, in rounds.
const LOOK_EVERY_ROUNDS: u32 = 100;
/// Past every stamp that a leaping clock gave.
const CLOCKS_AGREE_AFTER_MILLIS: i64 = 300_000;
/// The limit of ballots that an operator sets when the set was full.
const BALLOTS_MAX_RAISED: u64 = 100_000;

impl World {
    /// Ends all faults and drains; then every acknowledged ballot is counted once or parked, and a closed count stays.
    pub(crate) fn heal_and_drain(&mut self) -> Result<(), Violation> {
        self.trace(|| "everything heals".to_owned());
        // What comes now is no fault any more.
        let fired = self.fired;
        (self.store_away, self.store_slow, self.log_away, self.refuses_for_a_while) = (false, false, false, false);
        self.plan.chances = crate::plan::Chances::NONE;
        self.topic.clocks_ahead = [0; BROKERS];
        for node in 0..self.nodes.len() {
            self.nodes[node].deaf = false;
            if self.nodes[node].health == Health::Frozen {
                self.wake(node);
            }
        }
        while !self.voters.under_way.is_empty() {
            self.deliver_vote(0);
        }
        self.now = self.now.plus(CLOCKS_AGREE_AFTER_MILLIS);
        self.operate();
        self.drain()?;
        self.model.check_complete(&self.voters.acknowledged)?;
        self.retry_after_the_end()?;
        self.fired = fired;
        Ok(())
    }

    /// Once a count is final, no retry changes it.
    fn retry_after_the_end(&mut self) -> Result<(), Violation> {
        self.now = self.now.plus(TOO_LATE_AFTER_MILLIS);
        let before = self.counted();
        for _ in 0..self.voters.ballots.len().min(8) {
            if let Some(ballot) = self.voters.recent(&mut self.rng) {
                self.append(ballot);
            }
        }
        self.drain()?;
        self.model.check_complete(&self.voters.acknowledged)?;
        match (before, self.counted()) {
            (before, after) if before == after => Ok(()),
            (before, after) => {
                let text = format!("a final count went from {before} to {after} votes");
                Err(Violation::of(crate::model::NEVER_TWICE, text))
            }
        }
    }

    fn counted(&self) -> i64 {
        self.store.partitions().map(|(_, rows)| rows.buckets.values().sum::<i64>()).sum()
    }

    /// What an operator does about partitions that halted for a cause.
    fn operate(&mut self) {
        self.plan.limits.ballots_max = BALLOTS_MAX_RAISED;
        for node in 0..self.nodes.len() {
            if self.nodes[node].has_halted() || self.nodes[node].stops_by.is_some() {
                self.end(node);
            }
        }
    }

    fn drain(&mut self) -> Result<(), Violation> {
        for round in 0..ROUNDS_MAX {
            if self.is_drained() {
                return Ok(());
            }
            self.steps += 1;
            self.now = self.now.plus(ROUND_MILLIS);
            self.round(round)?;
        }
        let behind: Vec<i32> = (0..self.topic.partitions()).filter(|partition| self.is_behind(*partition)).collect();
        let text = format!("with all faults gone for two minutes, partitions {behind:?} aren't counted to their ends");
        Err(Violation::of(LIVENESS, text))
    }

    fn round(&mut self, round: u32) -> Result<(), Violation> {
        while !self.strays.is_empty() {
            self.carry_out_stray(0);
            self.check()?;
        }
        if self.group.can_settle() {
            self.group.settle(&mut self.rng);
        }
        for node in 0..self.nodes.len() {
            if self.nodes[node].health == Health::Down {
                self.start(node);
            }
            if self.nodes[node].has_halted() {
                self.end(node);
                continue;
            }
            self.poll(node);
            self.take_report(node);
            self.take_answer(node);
            self.tick(node);
            if round.is_multiple_of(LOOK_EVERY_ROUNDS) {
                self.nodes[node].shell.look();
            }
            self.check()?;
        }
        for index in (0..self.tasks.len()).rev() {
            if self.is_ready(index) {
                self.go_on_with(index);
                self.check()?;
            }
        }
        Ok(())
    }

    fn is_drained(&self) -> bool {
        !(0..self.topic.partitions()).any(|partition| self.is_behind(partition))
    }

    fn is_behind(&self, partition: i32) -> bool {
        let high = self.topic.high(partition);
        high > 0 && self.store.read_cursor(partition).is_none_or(|cursor| cursor.at.next_offset < high)
    }
}
