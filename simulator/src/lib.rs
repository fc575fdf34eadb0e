//! A deterministic simulator of the register's core: a seed decides everything that happens, so what goes wrong once
//! goes wrong again.
//!
//! The cores are the real ones; the [`world`] around them is simulated: a log whose leaders' clocks differ, a store
//! whose answers get lost, a group that takes the living for dead, voters who try again. After every step the
//! [`model`] holds the tables to the promises, and every seed ends by healing all faults and draining.

mod campaign;
mod consumer;
mod fault;
mod group;
mod heal;
mod importer;
mod inflict;
mod model;
mod node;
mod plan;
mod seed;
mod shell;
mod store;
mod tasks;
mod topic;
mod trace;
mod voters;
mod world;

pub use campaign::{Campaign, Summary};
pub use fault::{Fault, Fired};
pub use model::Violation;
pub use plan::STEPS_MIN;
pub use seed::{Failure, Outcome, run};
