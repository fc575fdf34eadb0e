//! The production frontend over HTTP, on a real Postgres, a fresh database per test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod commands;
mod dashboard;
mod dead_letters;
mod finality;
mod imports;
mod language;
mod lifecycle;
mod lifecycle_pages;
mod live;
mod metrics;
mod pages;
mod paredoes;
mod parked;
mod pipeline;
mod problems;
mod publication;
mod reconciliation;
mod roles;
mod sign_in;
mod standing;
mod support;
mod totals;
mod users;
