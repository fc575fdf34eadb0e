//! What a register's tasks do: they ask the log and the store, and bring the answers, unless something is lost.

use std::sync::Arc;

use votes_register::core::{Batch, Claim, Event, FlushOutcome, Imports, Outage};
use voting_commons::UnixMillis;

use crate::fault::Fault;
use crate::shell::{Answer, Question};
use crate::world::World;

/// A question of one process's loop that has no answer yet.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) node: usize,
    pub(crate) partition: i32,
    pub(crate) generation: u64,
    pub(crate) stage: Stage,
}

#[derive(Debug)]
pub(crate) enum Stage {
    Asking(Question),
    Sleeping { until: UnixMillis },
    Answered(Event),
}

/// A statement that nobody waits for any more, and that the store may still carry out.
#[derive(Debug)]
pub(crate) enum Stray {
    Flush { partition: i32, batch: Arc<Batch>, epoch: i64 },
    Claim { partition: i32, low: i64 },
}

impl World {
    /// Moves a task one stage on.
    pub(crate) fn go_on_with(&mut self, index: usize) {
        let task = &mut self.tasks[index];
        let (partition, node) = (task.partition, task.node);
        let stage = std::mem::replace(&mut task.stage, Stage::Sleeping { until: self.now });
        let next = match stage {
            Stage::Asking(question) => self.ask(node, partition, question),
            Stage::Sleeping { .. } => Stage::Answered(Event::RetryDue),
            Stage::Answered(event) => {
                let task = self.tasks.swap_remove(index);
                let answer = Answer { partition, generation: task.generation, event };
                self.trace(|| format!("node {node}: an answer arrives for partition {partition}: {answer:?}"));
                return self.nodes[node].channels.answers.push_back(answer);
            }
        };
        self.trace(|| format!("node {node}, partition {partition}: a task comes to {next:?}"));
        self.tasks[index].stage = next;
    }

    fn ask(&mut self, node: usize, partition: i32, question: Question) -> Stage {
        match question {
            Question::ClaimLow | Question::ClaimEnds { .. } | Question::Look { .. } if self.log_away => {
                self.fired.note(Fault::LogOutage);
                Stage::Answered(match question {
                    Question::Look { .. } => Event::Tick,
                    _ => Event::Claimed(Err(Outage)),
                })
            }
            Question::ClaimLow => Stage::Asking(Question::ClaimCursor { low: self.topic.low(partition) }),
            Question::ClaimEnds { cursor, parked } => {
                let (low, high) = (self.topic.low(partition), self.topic.high(partition));
                Stage::Answered(Event::Claimed(Ok(Claim {
                    cursor,
                    parked,
                    skipped: Vec::new(),
                    imports: Imports { next_lines: self.store.next_lines(partition), ..self.importer.imports() },
                    paused: false,
                    low,
                    high,
                })))
            }
            Question::Look { asked_at } => {
                let (low, high) = (self.topic.low(partition), self.topic.high(partition));
                Stage::Answered(Event::LogSeen { low, high, asked_at })
            }
            Question::Retry { attempt } => {
                let pause_max = 50 << attempt.min(6);
                Stage::Sleeping { until: self.now.plus(self.rng.i64(1..=pause_max)) }
            }
            Question::ClaimCursor { .. } | Question::ClaimParked { .. } if self.store_away => self.claim_failed(),
            Question::ReadCursor if self.store_away => Stage::Answered(Event::CursorRead(Err(Outage))),
            Question::ClaimCursor { low } => self.claim(partition, low),
            Question::ClaimParked { cursor } => {
                let parked = self.store.parked_ballots(partition, cursor.at.log_clock);
                Stage::Asking(Question::ClaimEnds { cursor, parked })
            }
            Question::ReadCursor => Stage::Answered(Event::CursorRead(Ok(self.store.read_cursor(partition)))),
            Question::Flush { batch, epoch } => {
                Stage::Answered(Event::Flushed(self.flush(node, partition, batch, epoch)))
            }
        }
    }

    fn claim_failed(&mut self) -> Stage {
        self.fired.note(Fault::StoreOutage);
        Stage::Answered(Event::Claimed(Err(Outage)))
    }

    fn claim(&mut self, partition: i32, low: i64) -> Stage {
        if self.happens(self.plan.chances.claim_answer_lost) {
            self.fired.note(Fault::ClaimAnswerLost);
            if self.rng.bool() {
                self.store.claim(partition, low);
            } else {
                self.strays.push(Stray::Claim { partition, low });
            }
            return Stage::Answered(Event::Claimed(Err(Outage)));
        }
        let cursor = self.store.claim(partition, low);
        Stage::Asking(Question::ClaimParked { cursor })
    }

    fn flush(&mut self, node: usize, partition: i32, batch: Arc<Batch>, epoch: i64) -> FlushOutcome {
        if self.store_away {
            self.fired.note(Fault::StoreOutage);
            // A connection that breaks tells less than one that can't be had.
            return if self.rng.bool() { FlushOutcome::Outage } else { FlushOutcome::Ambiguous };
        }
        if self.refuses_for_a_while && batch.tally.groups() > 0 && self.rng.u8(..8) > 0 {
            self.fired.note(Fault::RefusedForAWhile);
            return self.refused(partition, &batch, "deadline passed (SQLSTATE 22008)".to_owned());
        }
        if self.happens(self.plan.chances.flush_lost) {
            self.fired.note(Fault::AmbiguousUnwritten);
            return FlushOutcome::Ambiguous;
        }
        if self.happens(self.plan.chances.flush_late) {
            self.strays.push(Stray::Flush { partition, batch, epoch });
            return FlushOutcome::Ambiguous;
        }
        let outcome = self.store.flush(partition, &batch, epoch);
        self.trace(|| {
            let (from, to) = (batch.from_offset, batch.to.next_offset);
            format!("node {node}: flush of partition {partition}, {from} to {to}, epoch {epoch}: {outcome:?}")
        });
        match outcome {
            FlushOutcome::DataError(detail) => {
                self.fired.note(Fault::RefusedData);
                self.refused(partition, &batch, detail)
            }
            FlushOutcome::Applied if self.happens(self.plan.chances.flush_answer_lost) => {
                self.fired.note(Fault::AmbiguousWritten);
                FlushOutcome::Ambiguous
            }
            outcome => outcome,
        }
    }

    fn refused(&mut self, partition: i32, batch: &Batch, detail: String) -> FlushOutcome {
        if batch.records() == 1 {
            self.model.refused_alone(partition, batch.from_offset);
        }
        FlushOutcome::DataError(detail)
    }

    /// The store carries out a statement that nobody waits for any more.
    pub(crate) fn carry_out_stray(&mut self, index: usize) {
        match self.strays.swap_remove(index) {
            Stray::Claim { partition, low } => {
                let cursor = self.store.claim(partition, low);
                self.trace(|| format!("a claim of partition {partition} is carried out late: {cursor:?}"));
            }
            Stray::Flush { partition, batch, epoch } => {
                let outcome = self.store.flush(partition, &batch, epoch);
                let (from, to) = (batch.from_offset, batch.to.next_offset);
                self.trace(|| format!("a flush of partition {partition}, {from} to {to}, comes late: {outcome:?}"));
                if outcome == FlushOutcome::Applied {
                    self.fired.note(Fault::LateCommit);
                }
            }
        }
    }
}
