//! The register on the real Kafka and the real Postgres.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken_records;
mod conservation;
mod control;
mod crashes;
mod harness;
mod imports;
mod log_faults;
mod recount;
mod replay;
mod store;
