//! `cargo xtask bench`: how fast it is, beside what it is compared with.

use std::fs;
use std::process::Command;

use anyhow::Result;
use clap::{Args, value_parser};

use crate::{folder, jars, lock, provision, run};

const PROGRAMS: [&str; 5] = ["voters-frontend", "votes-register", "votes-aggregator", "production-frontend", "benches"];

/// What can be measured alone; `benches` knows them by these names.
const PARTS: [&str; 11] = [
    "backlog",
    "takeover",
    "edge",
    "latency",
    "readers",
    "totals",
    "import",
    "growth",
    "shards",
    "memory",
    "record-minute",
];

/// How much to measure.
#[derive(Args)]
pub(crate) struct BenchArguments {
    /// How many votes lie in the backlog
    #[arg(long, default_value_t = 5_000_000, value_parser = value_parser!(u64).range(300..))]
    votes: u64,
    /// How often each figure is measured, in turns; three rounds of everything take about an hour
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
    /// Another program to measure beside the register: NAME=COMMAND, which `sh -c 'exec COMMAND'` runs. It finds BROKERS, TOPIC, VOTES,
    /// GROUP, STATE_DIR, PG_DSN and PG_URL in its environment, and adds up votes in the table counts
    #[arg(long = "peer", value_name = "NAME=COMMAND")]
    peers: Vec<String>,
    /// Measure this alone, and only print what came of it; may be repeated
    #[arg(long, value_parser = PARTS)]
    only: Vec<String>,
}

/// Builds everything optimised, measures, and writes `benches/RESULTS.md`.
pub(crate) fn bench(arguments: &BenchArguments) -> Result<()> {
    let _lock = lock::take("bench")?;
    provision::for_up()?;
    let packages = PROGRAMS.map(|program| ["--package", program]);
    run::run(run::cargo(&["build", "--release"]).args(packages.as_flattened()).env("SQLX_OFFLINE", "true"))?;
    let libs = jars::fetch()?;
    let home = folder::dev().join("bench");
    folder::remove(&home)?;
    fs::create_dir_all(&home)?;
    let binaries = folder::programs(true)?;
    let mut command = Command::new(binaries.join("benches"));
    command.args(["measure", "--votes", &arguments.votes.to_string(), "--rounds", &arguments.rounds.to_string()]);
    for peer in &arguments.peers {
        command.args(["--peer", peer]);
    }
    for part in &arguments.only {
        command.args(["--only", part]);
    }
    for (option, path) in [
        ("--dir", &home),
        ("--postgres-dir", &folder::for_postgres(&home.join("postgres"))?),
        ("--binaries", &binaries),
        ("--kafka-libs", &libs),
        ("--results", &folder::workspace().join("benches/RESULTS.md")),
    ] {
        command.arg(option).arg(path);
    }
    run::run(&mut command)?;
    folder::remove(&home)
}
