//! The core: one partition's step function. An event goes in, effects come out.
//!
//! There is no Kafka, no Postgres and no clock in here: the time is an argument, and whatever has to be done is an
//! [`Effect`] that the shell around it carries out and answers with an [`Event`]. So every interleaving can be played
//! at will. The life of a partition:
//!
//! ```text
//! Claiming ──▶ Rebuilding ──▶ Counting ──▶ (Drained | Halted)
//!    ▲                                         │
//!    └──── fenced, or the data refused ────────┘   everything held is discarded, the log says it again
//! ```

mod ballots;
mod batch;
mod event;
mod imports;
mod partition;
mod record;

pub use ballots::{BALLOTS_MAX, BallotSet};
pub use batch::{Batch, DeadLetter, ImportProgress, Position};
pub use event::{Claim, Cursor, Effect, Event, FlushOutcome, Halt, Outage};
pub use imports::Imports;
pub use partition::{LOG_CLOCK_LEAP_MILLIS_MAX, Limits, Partition};
pub use record::{Content, RECORD_BYTES_KEPT_MAX, Record, Unreadable};
