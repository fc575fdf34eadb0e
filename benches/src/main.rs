//! The figures of `benches/RESULTS.md`, each measured beside what it is compared with; `cargo xtask bench` finds the
//! arguments.

mod backlog;
mod bare;
mod edge;
mod fill;
mod import;
mod latency;
mod memory;
mod peer;
mod process;
mod raw;
mod readers;
mod record_minute;
mod rest;
mod results;
mod scale;
mod shards;
mod stage;
mod stats;
mod system;
mod takeover;
mod totals;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::results::Figures;
use crate::stage::Stage;

#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures, and writes what came of it
    Measure(Options),
    /// Serves what the vote's POST is measured against
    Bare {
        /// Where
        #[arg(long)]
        listen: SocketAddr,
    },
}

#[derive(Debug, Clone, Args)]
struct Options {
    /// How many votes lie in the backlog: 300 at least, one for each participant and minute
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(300..))]
    votes: u64,
    /// How often each figure is measured, in turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The folder for Kafka's state, which is empty
    #[arg(long)]
    dir: PathBuf,
    /// The folder for Postgres's state, which is empty; Postgres's user must be able to enter it
    #[arg(long)]
    postgres_dir: PathBuf,
    /// The folder of the services' programs, optimised
    #[arg(long)]
    binaries: PathBuf,
    /// The folder of Kafka's jars
    #[arg(long)]
    kafka_libs: PathBuf,
    /// Another program to measure beside the register: NAME=COMMAND. It finds BROKERS, TOPIC, VOTES, GROUP, STATE_DIR, PG_DSN
    /// and PG_URL in its environment, and adds up votes in the table counts
    #[arg(long = "peer", value_name = "NAME=COMMAND")]
    peers: Vec<peer::Peer>,
    /// Measure this alone, and only print what came of it; may be repeated
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Where the results go
    #[arg(long)]
    results: PathBuf,
}

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Backlog,
    Takeover,
    Edge,
    Latency,
    Readers,
    Totals,
    Import,
    Growth,
    Shards,
    Memory,
    RecordMinute,
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Measure(options) => measure(&options).await,
        Command::Bare { listen } => bare::serve(listen).await,
    }
}

async fn measure(options: &Options) -> Result<()> {
    let stage = Stage::start(options)?;
    let mut figures = Figures::default();
    if options.wants(Part::Backlog) {
        backlog::fill(&stage, options).await?;
    }
    for round in 1..=options.rounds {
        measure_round(&stage, options, round, &mut figures).await?;
    }
    if options.wants(Part::Growth) {
        figures.growth = Some(scale::measure(&stage, options).await?);
    }
    if options.wants(Part::Shards) {
        figures.hot_keys = shards::measure(&stage, options).await?;
    }
    if options.wants(Part::Memory) {
        figures.memory = Some(memory::measure(&stage, options).await?);
    }
    if options.wants(Part::RecordMinute) {
        figures.record_minute = Some(record_minute::measure(&stage, options).await?);
    }
    let text = results::text(options, &figures);
    print!("\n{text}");
    if options.only.is_empty() {
        std::fs::write(&options.results, text)?;
    }
    Ok(())
}

async fn measure_round(stage: &Stage, options: &Options, round: u32, figures: &mut Figures) -> Result<()> {
    if options.wants(Part::Backlog) {
        backlog::round(stage, options, round, &mut figures.backlog).await?;
    }
    if options.wants(Part::Takeover) {
        takeover::round(stage, options, round, &mut figures.takeover).await?;
    }
    if options.wants(Part::Edge) {
        edge::round(stage, options, round, &mut figures.edge).await?;
    }
    if options.wants(Part::Latency) {
        latency::round(stage, options, round, &mut figures.latency).await?;
    }
    if options.wants(Part::Readers) {
        figures.readers.push(readers::measure(stage, options, round).await?);
    }
    if options.wants(Part::Totals) {
        figures.totals.push(totals::measure(stage, options, round).await?);
    }
    if options.wants(Part::Import) {
        figures.import.push(import::measure(stage, options, round).await?);
    }
    Ok(())
}
