//! A register's loop: hands events to the real cores and carries out their effects, as `votes-register/src/shell.rs`
//! does. What that does with tasks and channels is done here with lists that the [`world`](crate::world) draws from.

use std::collections::BTreeMap;
use std::sync::Arc;

use votes_register::core::{Batch, Cursor, Effect, Event, Halt, Limits, Partition, Record};
use voting_commons::{BallotId, Minute, UnixMillis};

/// What the polling thread tells the loop.
#[derive(Debug)]
pub(crate) enum Report {
    /// The callback tells which question an answer belongs to.
    Assigned {
        partitions: Vec<i32>,
        callback: u64,
    },
    Revoked(Vec<i32>),
    Records {
        partition: i32,
        generation: u64,
        records: Vec<Record>,
    },
}

/// What the loop tells the polling thread.
#[derive(Debug)]
pub(crate) enum Command {
    Read { partition: i32, generation: u64, from: i64 },
    Pause { partition: i32, generation: u64 },
    Resume { partition: i32, generation: u64 },
}

/// Where to read a partition from; `None` for one that has halted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) generation: u64,
    pub(crate) from: Option<i64>,
}

/// What a partition's core wants to know, in the stages in which a task finds it out.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    /// A claim first looks where the log begins,
    ClaimLow,
    /// then takes the cursor,
    ClaimCursor {
        low: i64,
    },
    /// then reads which ballots are parked,
    ClaimParked {
        cursor: Cursor,
    },
    /// then looks where the log ends.
    ClaimEnds {
        cursor: Cursor,
        parked: Vec<(Minute, BallotId)>,
    },
    Flush {
        batch: Arc<Batch>,
        epoch: i64,
    },
    ReadCursor,
    Retry {
        attempt: u32,
    },
    Look {
        asked_at: i64,
    },
}

/// A question, and whose it is.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) partition: i32,
    pub(crate) generation: u64,
    pub(crate) question: Question,
}

/// An answer on its way to the loop.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) partition: i32,
    pub(crate) generation: u64,
    pub(crate) event: Event,
}

/// What a step of the loop leaves for others to do.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) asked: Vec<Asked>,
    pub(crate) commands: Vec<Command>,
    /// The answer to the rebalance callback.
    pub(crate) starts: Option<(u64, BTreeMap<i32, Start>)>,
    pub(crate) notes: Vec<(i32, Note)>,
}

/// What happened, for the trace and the checks.
#[derive(Debug)]
pub(crate) enum Note {
    Fenced,
    Halted(Halt),
    Drained,
    Flushing(Arc<Batch>),
}

#[derive(Debug)]
struct Assigning {
    callback: u64,
    waiting: Vec<i32>,
    starts: BTreeMap<i32, Start>,
}

/// A partition as one register owns it.
#[derive(Debug)]
pub(crate) struct Owned {
    pub(crate) core: Partition,
    pub(crate) drained: bool,
    pub(crate) halted: Option<Halt>,
    /// The generation and the offset up to which the loop was handed records.
    pub(crate) handed: (u64, i64),
}

/// The loop's state.
#[derive(Debug)]
pub(crate) struct Shell {
    limits: Limits,
    pub(crate) partitions: BTreeMap<i32, Owned>,
    assignments: u64,
    assigning: Option<Assigning>,
    pub(crate) draining: bool,
    pub(crate) out: Outbox,
}

impl Shell {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            partitions: BTreeMap::new(),
            assignments: 0,
            assigning: None,
            draining: false,
            out: Outbox::default(),
        }
    }

    /// Takes a report; `false` when it was an assignment and refused.
    pub(crate) fn report(&mut self, report: Report, now: UnixMillis) -> bool {
        match report {
            Report::Revoked(partitions) => {
                partitions.iter().for_each(|partition| _ = self.partitions.remove(partition))
            }
            Report::Assigned { .. } if self.draining => return false,
            Report::Records { .. } if self.draining => {}
            Report::Assigned { partitions, callback } => self.assigned(partitions, callback),
            Report::Records { partition, generation, records } => {
                let next = records.last().map(|last| last.offset + 1);
                if let (Some(owned), Some(next)) = (self.partitions.get_mut(&partition), next)
                    && owned.core.generation() == generation
                {
                    owned.handed = (generation, next);
                }
                self.step(partition, generation, Event::Records(records), now);
            }
        }
        true
    }

    fn assigned(&mut self, partitions: Vec<i32>, callback: u64) {
        self.assigning = Some(Assigning { callback, waiting: partitions.clone(), starts: BTreeMap::new() });
        for partition in partitions {
            self.assignments += 1;
            let generation = self.assignments << 32;
            let (core, effects) = Partition::assigned(generation, self.limits);
            self.partitions.insert(partition, Owned { core, drained: false, halted: None, handed: (generation, 0) });
            self.carry_out(partition, effects);
        }
        self.answer_assignment();
    }

    fn answer_assignment(&mut self) {
        if let Some(assigning) = self.assigning.take_if(|assigning| assigning.waiting.is_empty()) {
            self.out.starts = Some((assigning.callback, assigning.starts));
        }
    }

    pub(crate) fn step_all(&mut self, now: UnixMillis, event: impl Fn() -> Event) {
        let partitions: Vec<i32> = self.partitions.keys().copied().collect();
        for partition in partitions {
            let generation = self.partitions[&partition].core.generation();
            self.step(partition, generation, event(), now);
        }
    }

    pub(crate) fn step(&mut self, partition: i32, generation: u64, event: Event, now: UnixMillis) {
        let Some(owned) = self.partitions.get_mut(&partition) else { return };
        let effects = owned.core.step(generation, event, now);
        self.carry_out(partition, effects);
    }

    fn carry_out(&mut self, partition: i32, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Claim => self.ask(partition, Question::ClaimLow),
                Effect::Flush { batch, epoch } => {
                    self.out.notes.push((partition, Note::Flushing(Arc::clone(&batch))));
                    self.ask(partition, Question::Flush { batch, epoch });
                }
                Effect::ReadCursor => self.ask(partition, Question::ReadCursor),
                Effect::Retry { attempt } => self.ask(partition, Question::Retry { attempt }),
                Effect::Read { from } => self.read(partition, Some(from)),
                Effect::Applied(_) => {}
                Effect::Pause => self.command_of(partition, |generation| Command::Pause { partition, generation }),
                Effect::Resume => self.command_of(partition, |generation| Command::Resume { partition, generation }),
                Effect::Fenced => self.out.notes.push((partition, Note::Fenced)),
                Effect::Halt(halt) => {
                    if let Some(owned) = self.partitions.get_mut(&partition) {
                        owned.halted = Some(halt.clone());
                    }
                    self.out.notes.push((partition, Note::Halted(halt)));
                    self.read(partition, None);
                }
                Effect::Drained => {
                    if let Some(owned) = self.partitions.get_mut(&partition) {
                        owned.drained = true;
                    }
                    self.out.notes.push((partition, Note::Drained));
                }
            }
        }
    }

    fn ask(&mut self, partition: i32, question: Question) {
        let Some(owned) = self.partitions.get(&partition) else { return };
        let generation = owned.core.generation();
        self.out.asked.push(Asked { partition, generation, question });
    }

    fn read(&mut self, partition: i32, from: Option<i64>) {
        let Some(owned) = self.partitions.get(&partition) else { return };
        let generation = owned.core.generation();
        let waiting = self.assigning.as_mut().filter(|assigning| assigning.waiting.contains(&partition));
        match (waiting, from) {
            (Some(assigning), from) => {
                assigning.waiting.retain(|waiting| *waiting != partition);
                assigning.starts.insert(partition, Start { generation, from });
                self.answer_assignment();
            }
            (None, Some(from)) => self.out.commands.push(Command::Read { partition, generation, from }),
            (None, None) => {}
        }
    }

    fn command_of(&mut self, partition: i32, command: impl FnOnce(u64) -> Command) {
        if let Some(owned) = self.partitions.get(&partition) {
            self.out.commands.push(command(owned.core.generation()));
        }
    }

    pub(crate) fn look(&mut self) {
        let owned = self.partitions.iter();
        let looking: Vec<_> = owned.filter_map(|(p, owned)| Some((*p, owned.core.written()?))).collect();
        for (partition, written) in looking {
            self.ask(partition, Question::Look { asked_at: written.next_offset });
        }
    }
}
