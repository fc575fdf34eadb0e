//! The register's memory while it works off a long backlog, and through a quarter of an hour of votes.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use load_test::ballots::Ballots;
use load_test::curve::Curve;
use load_test::deployment::Deployment;
use load_test::voting;
use nix::sys::signal::Signal;

use crate::backlog::{COUNTED, connect, spawn, watch};
use crate::stage::{PARTITIONS, Stage};
use crate::system::{ALL, STOP_PATIENCE, System, check_all_counted};
use crate::{Options, fill, process};

const BACKLOG_VOTES: u64 = 10_000_000;
/// How often it is worked off anew.
const BACKLOG_ROUNDS: u32 = 3;
const STEADY: Curve = Curve { rise_seconds: 5, hold_seconds: 15 * 60, peak: 5_000 };
const CONNECTIONS: u32 = 64;
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// In MiB.
pub(crate) struct Memory {
    backlog_max: u64,
    steady_max: u64,
    /// In use at the end of each minute.
    steady: Vec<u64>,
    votes: u64,
}

/// Measures both once.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Memory> {
    let backlog_max = backlog(stage, options).await?;
    println!("backlog of {BACKLOG_VOTES} votes: {backlog_max} MiB at most");
    let (kafka, database) = (stage.topic("memory").await?, stage.database("memory").await?);
    let system = System::start(&kafka, &database, options, "off", &ALL)?;
    let args = system.deployment(options, CONNECTIONS)?;
    let deployment = Deployment::new(&args)?;
    let paredao = deployment.open_paredao("memory").await?;
    let register = system.pid("votes-register")?;
    let minutes = tokio::spawn(watch_minutes(register));
    let voted = voting::vote(&args, STEADY, Ballots::new(&args, &paredao).await?).await?;
    let steady = minutes.await??;
    check_all_counted(&deployment, &paredao, STEADY, &voted).await?;
    let steady_max = process::memory_mib_max(register)?;
    println!("5,000 votes/s: {steady_max} MiB at most, minute by minute {steady:?}");
    tokio::task::block_in_place(|| system.stop())?;
    Ok(Memory { backlog_max, steady_max, steady, votes: STEADY.votes() })
}

async fn backlog(stage: &Stage, options: &Options) -> Result<u64> {
    let kafka = stage.topic("memory-backlog").await?;
    tokio::task::block_in_place(|| fill::fill(&kafka, BACKLOG_VOTES, PARTITIONS))?;
    let mut max = 0;
    for round in 0..BACKLOG_ROUNDS {
        let database = stage.database(&format!("memory_backlog_{round}")).await?;
        let mut daemon = spawn(&kafka, &database, options)?;
        watch(&connect(&database).await?, COUNTED, Instant::now(), i64::try_from(BACKLOG_VOTES)?).await?;
        max = max.max(process::memory_mib_max(daemon.pid())?);
        tokio::task::block_in_place(|| daemon.stop(Signal::SIGTERM, STOP_PATIENCE))?;
    }
    Ok(max)
}

async fn watch_minutes(pid: i32) -> Result<Vec<u64>> {
    let mut minutes = Vec::new();
    for _ in 0..STEADY.hold_seconds / 60 {
        tokio::time::sleep(LOOK_EVERY).await;
        minutes.push(process::memory_mib(pid)?);
    }
    Ok(minutes)
}

/// A section.
pub(crate) fn text(memory: &Memory) -> String {
    let Memory { backlog_max, steady_max, steady, votes } = memory;
    let mut text = String::from("\n## The register's memory\n\n");
    let minutes: Vec<_> = steady.iter().map(u64::to_string).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "While it worked off {BACKLOG_VOTES} votes, {BACKLOG_ROUNDS} times: {backlog_max} MiB at most. Through a quarter of an hour at 5,000 votes/s, all {votes} \
         of them counted: {steady_max} MiB at most, and at the end of each minute {}.",
        minutes.join(", ")
    );
    text
}
