//! Steering: what operators want of the registers, and what the registers say of themselves.
//!
//! It goes through Postgres. Registers write down how their partitions fare, look up what is paused, and notice when an
//! operator's command has moved a cursor: such a command takes the next epoch, as a claim does, so that whoever owns the
//! partition is fenced and starts over from what the command left.

mod board;
mod operator;
mod rederive;
mod status;
mod watch;

pub(crate) use board::Board;
pub(crate) use operator::STATUS_SECONDS_MAX;
pub use operator::{ControlError, NewLog, Operator, Skip};
pub use rederive::{RederiveError, Rederived, rederive};
pub use status::{PartitionStatus, partitions};
pub(crate) use watch::{Seen, run};
