//! The register: counts the votes of the topic into minute buckets, each ballot once.
//!
//! Data flows one way: [`consumer`](self) reads and decodes on a thread of its own, the loop in [`run`] owns the
//! partitions, [`core`] decides, and [`store`] writes to Postgres.

mod consumer;
pub mod core;
mod log_index;
mod metrics;
pub mod options;
mod shell;
pub mod store;

pub use shell::{RunError, run};
