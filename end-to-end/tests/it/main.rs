//! The whole system, from a voter's POST to the production team's totals.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod browser;
mod faults;
mod imports;
mod load_test;
mod publication;
mod reconciliation;
mod replay;
mod traces;
mod votes_over_http;
mod watching;
