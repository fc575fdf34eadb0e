//! A register's polling thread, as `votes-register/src/consumer.rs` has it: rebalance callbacks, commands, deliveries.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;
use voting_commons::UnixMillis;

use crate::group::Notice;
use crate::shell::{Answer, Command, Report, Start};
use crate::topic::Topic;

/// The longest the rebalance callback waits for the places to read from.
const ASSIGNMENT_WAIT_MILLIS: i64 = 10_000;
/// How many reports may wait for the loop. Few, so that it is felt.
pub(crate) const REPORTS_MAX: usize = 3;
/// The most records handed to the loop at once. Few, so that it is felt.
pub(crate) const DELIVERY_RECORDS_MAX: usize = 4;

/// The channels between the polling thread and the loop.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    pub(crate) reports: VecDeque<Report>,
    pub(crate) commands: VecDeque<Command>,
    pub(crate) answers: VecDeque<Answer>,
    /// The answer to a rebalance callback.
    pub(crate) starts: Option<(u64, BTreeMap<i32, Start>)>,
    /// The loop won't answer the rebalance callback.
    pub(crate) refused: bool,
}

/// The polling thread's state.
#[derive(Debug, Default)]
pub(crate) struct Consumer {
    reading: BTreeMap<i32, Reading>,
    waiting: Option<Waiting>,
    callbacks: u64,
}

#[derive(Debug)]
struct Reading {
    generation: u64,
    next_offset: i64,
    paused: bool,
}

/// A rebalance callback that waits for its answer.
#[derive(Debug)]
struct Waiting {
    callback: u64,
    partitions: Vec<i32>,
    deadline: UnixMillis,
}

/// What came of a poll.
#[derive(Debug)]
pub(crate) enum Polled {
    Idle,
    Assigning,
    Assigned,
    /// The group may give these to others.
    Released(Vec<i32>),
    /// No answer came in time: the group is left, and joined again.
    GaveUp,
    /// Everything was lost to others while the group wasn't heard.
    Lost,
    #[expect(dead_code, reason = "for the trace, which prints it")]
    Delivered {
        partition: i32,
        from: i64,
        records: usize,
    },
}

impl Consumer {
    /// One turn of the polling thread.
    pub(crate) fn poll(
        &mut self,
        channels: &mut Channels,
        inbox: Option<&mut VecDeque<Notice>>,
        topic: &Topic,
        now: UnixMillis,
        rng: &mut Rng,
    ) -> Polled {
        if let Some(waiting) = self.waiting.take() {
            return self.wait(waiting, channels, topic, now);
        }
        while let Some(command) = channels.commands.pop_front() {
            self.obey(&command);
        }
        if channels.reports.len() >= REPORTS_MAX {
            return Polled::Idle;
        }
        match inbox.and_then(VecDeque::pop_front) {
            Some(notice) => self.rebalance(notice, channels, now),
            None => self.deliver(channels, topic, rng),
        }
    }

    fn wait(&mut self, waiting: Waiting, channels: &mut Channels, topic: &Topic, now: UnixMillis) -> Polled {
        match channels.starts.take() {
            Some((callback, starts)) if callback == waiting.callback => {
                for (partition, start) in starts {
                    let next_offset = start.from.unwrap_or_else(|| topic.high(partition));
                    let reading = Reading { generation: start.generation, next_offset, paused: start.from.is_none() };
                    self.reading.insert(partition, reading);
                }
                Polled::Assigned
            }
            _ if channels.refused || now >= waiting.deadline => {
                channels.refused = false;
                channels.reports.push_back(Report::Revoked(waiting.partitions));
                self.lose_everything(channels);
                Polled::GaveUp
            }
            _ => {
                self.waiting = Some(waiting);
                Polled::Idle
            }
        }
    }

    /// Carries out a command, unless it is from before the partition's present assignment.
    fn obey(&mut self, command: &Command) {
        let (Command::Read { partition, generation, .. }
        | Command::Pause { partition, generation }
        | Command::Resume { partition, generation }) = command;
        let Some(reading) = self.reading.get_mut(partition) else { return };
        if *generation < reading.generation {
            return;
        }
        match *command {
            Command::Read { generation, from, .. } => {
                *reading = Reading { generation, next_offset: from, paused: false };
            }
            Command::Pause { .. } => reading.paused = true,
            Command::Resume { .. } => reading.paused = false,
        }
    }

    fn rebalance(&mut self, notice: Notice, channels: &mut Channels, now: UnixMillis) -> Polled {
        match notice {
            Notice::Assign(partitions) => {
                self.callbacks += 1;
                let (callback, deadline) = (self.callbacks, now.plus(ASSIGNMENT_WAIT_MILLIS));
                channels.refused = false;
                channels.reports.push_back(Report::Assigned { partitions: partitions.clone(), callback });
                self.waiting = Some(Waiting { callback, partitions, deadline });
                Polled::Assigning
            }
            Notice::Revoke(partitions) => {
                for partition in &partitions {
                    self.reading.remove(partition);
                }
                channels.reports.push_back(Report::Revoked(partitions.clone()));
                Polled::Released(partitions)
            }
            Notice::Lost => {
                self.lose_everything(channels);
                Polled::Lost
            }
        }
    }

    fn lose_everything(&mut self, channels: &mut Channels) {
        let lost: Vec<i32> = std::mem::take(&mut self.reading).into_keys().collect();
        if !lost.is_empty() {
            channels.reports.push_back(Report::Revoked(lost));
        }
    }

    fn deliver(&mut self, channels: &mut Channels, topic: &Topic, rng: &mut Rng) -> Polled {
        let due =
            self.reading.iter_mut().filter(|(p, reading)| !reading.paused && reading.next_offset < topic.high(**p));
        let Some((&partition, reading)) = rng.choice(due.collect::<Vec<_>>()) else { return Polled::Idle };
        let from = reading.next_offset;
        let records = topic.read(partition, from, rng.usize(1..=DELIVERY_RECORDS_MAX));
        reading.next_offset += i64::try_from(records.len()).expect("a delivery is small");
        let delivered = Polled::Delivered { partition, from, records: records.len() };
        channels.reports.push_back(Report::Records { partition, generation: reading.generation, records });
        delivered
    }

    /// Whether a turn would do anything.
    pub(crate) fn has_work(&self, channels: &Channels, inbox: bool, topic: &Topic, now: UnixMillis) -> bool {
        if let Some(waiting) = &self.waiting {
            let answered = channels.starts.as_ref().is_some_and(|(callback, _)| *callback == waiting.callback);
            return answered || channels.refused || now >= waiting.deadline;
        }
        let readable = || {
            self.reading
                .iter()
                .any(|(partition, reading)| !reading.paused && reading.next_offset < topic.high(*partition))
        };
        !channels.commands.is_empty() || channels.reports.len() < REPORTS_MAX && (inbox || readable())
    }
}
