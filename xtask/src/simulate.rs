//! `cargo xtask simulate`: the register's core under simulated faults.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{folder, run};

/// How many seeds every change must survive.
pub(crate) const SEEDS_OF_A_TEST: u64 = 20_000;

/// Which seeds to run.
#[derive(Args)]
pub(crate) struct SimulateArguments {
    /// How many seeds
    #[arg(long, default_value_t = SEEDS_OF_A_TEST)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many events to show of a seed that fails, the last ones
    #[arg(long, default_value_t = 30)]
    events: usize,
}

/// Builds the simulator and runs the seeds.
pub(crate) fn simulate(arguments: &SimulateArguments) -> Result<()> {
    run::run(run::cargo(&["build", "--quiet", "--package", "simulator"]).env("SQLX_OFFLINE", "true"))?;
    play(arguments)
}

/// The seeds that every change must survive, with the simulator that is built already.
pub(crate) fn for_tests() -> Result<()> {
    play(&SimulateArguments { seeds: SEEDS_OF_A_TEST, from: 0, events: 30 })
}

fn play(SimulateArguments { seeds, from, events }: &SimulateArguments) -> Result<()> {
    let [seeds, from, events] = [seeds.to_string(), from.to_string(), events.to_string()];
    let mut simulator = Command::new(folder::programs(false)?.join("simulator"));
    run::run(simulator.args(["--seeds", &seeds, "--from", &from, "--events", &events]))
}
