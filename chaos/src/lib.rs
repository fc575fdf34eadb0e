//! Breaks the whole system on purpose, while votes flow, and checks the promises by set algebra.
//!
//! Real processes: three brokers, Postgres with an asynchronous standby, two frontends, three registers and an
//! aggregator, with toxiproxy between them. [`generator`](self) casts votes and notes what it was told, the nemesis
//! draws faults, and in the end the checker compares three sets: what voters were told, what is in the topic, and
//! what the tables say.

mod checker;
mod clock_skew;
mod cluster;
mod database;
mod deck;
mod exact_totals;
mod faults;
mod freshness;
mod frozen;
mod generator;
mod http;
mod nemesis;
mod op_log;
mod options;
mod proxy;
mod report;
mod run;
mod services;
mod tables;
mod throughput;
mod topic;
mod voters_api;
mod watch;
mod world;

pub use options::Options;
pub use run::run;
