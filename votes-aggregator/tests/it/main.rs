//! The aggregator on a real Postgres and Kafka, a fresh database per test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compaction;
mod model;
mod reconcile;
mod support;
mod totals;
mod watch;
