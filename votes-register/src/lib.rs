//! The register: counts the votes of the topic into minute buckets, each ballot once.
//!
//! Data flows one way: [`consumer`](self) reads and decodes on a thread of its own, the loop in [`run`] owns the
//! partitions, [`core`] decides, and [`store`] writes to Postgres.

pub mod commands;
mod consumer;
pub mod control;
pub mod core;
mod lag_clock;
mod log_index;
mod log_reader;
mod metrics;
pub mod options;
mod origins;
pub mod parked;
pub mod partition_queue;
pub mod recount;
mod shell;
mod skipped;
pub mod store;

pub use log_reader::LogError;
pub use shell::{RunError, run};
