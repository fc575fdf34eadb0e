//! A real Kafka broker and a private Postgres as child processes.
//!
//! `cargo xtask` keeps them running for development; integration tests start their own, which they may stop, kill
//! and start again. Whoever has a [`keyring`] may have both guarded. Nothing here is used by a service.

pub mod daemon;
pub mod kafka;
mod kafka_rights;
pub mod keyring;
pub mod port;
pub mod postgres;
pub mod private_file;
pub mod random;
mod wait;

pub use wait::wait_until;
