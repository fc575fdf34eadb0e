//! The figures of `benches/RESULTS.md`, each measured beside what it is compared with; `cargo xtask bench` finds the
//! arguments.

mod backlog;
mod bare;
mod edge;
mod fill;
mod latency;
mod peer;
mod process;
mod raw;
mod readers;
mod record_minute;
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
use clap::{Args, Parser, Subcommand};

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
    /// How many votes lie in the backlog
    #[arg(long, default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(1..))]
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
    /// Where the results go
    #[arg(long)]
    results: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Measure(options) => measure(&options).await,
        Command::Bare { listen } => bare::serve(listen).await,
    }
}

async fn measure(options: &Options) -> Result<()> {
    let stage = stage::Stage::start(options)?;
    let kafka = stage.topic("backlog").await?;
    println!("filling the topic with {} votes", options.votes);
    tokio::task::block_in_place(|| fill::fill(&kafka, options.votes, stage::PARTITIONS))?;
    let mut figures = results::Figures::default();
    for round in 1..=options.rounds {
        backlog::round(&stage, &kafka, options, round, &mut figures.backlog).await?;
        figures.backlog.takeover.push(takeover::measure(&stage, options, round).await?);
        edge::round(&stage, options, round, &mut figures.edge).await?;
        latency::round(&stage, options, round, &mut figures.latency).await?;
        figures.readers.push(readers::measure(&stage, options, round).await?);
        figures.totals.push(totals::measure(&stage, options, round).await?);
    }
    figures.growth = Some(scale::measure(&stage, options).await?);
    figures.hot_keys = shards::measure(&stage, options).await?;
    figures.record_minute = Some(record_minute::measure(&stage, options).await?);
    let text = results::text(options, &figures);
    print!("\n{text}");
    std::fs::write(&options.results, text)?;
    Ok(())
}
