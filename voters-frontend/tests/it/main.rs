//! The service as voters, Kafka and operators see it: real sockets, a real Kafka, a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod ballots;
mod captchas;
mod language;
mod live;
mod outages;
mod pages;
mod problems;
mod program;
mod restore;
mod share;
mod streams;
mod support;
mod time;
mod traces;
mod visibility;
