//! `cargo xtask chaos`: the whole system as processes, broken on purpose while votes flow.

use std::fs;
use std::process::Command;

use anyhow::Result;
use clap::{Args, value_parser};

use crate::{folder, jars, lock, provision, run, say, toxiproxy};

/// What `cargo xtask test` runs: short, and the same each time.
const SHORT: ChaosArguments = ChaosArguments { minutes: 2, seed: 1, only: None };
const PROGRAMS: [&str; 5] = ["voters-frontend", "votes-register", "votes-aggregator", "production-frontend", "chaos"];

/// How long, and in which order.
#[derive(Args)]
pub(crate) struct ChaosArguments {
    /// How long faults strike, in minutes; from 12 on every fault strikes, from 45 on each three times or more
    #[arg(long, default_value_t = 45, value_parser = value_parser!(u64).range(1..=24 * 60))]
    minutes: u64,
    /// Decides the order of the faults and their victims
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw only faults whose name contains this
    #[arg(long)]
    only: Option<String>,
}

/// Builds what it takes and runs it.
pub(crate) fn chaos(arguments: &ChaosArguments) -> Result<()> {
    let _lock = lock::take("chaos")?;
    provision::for_chaos()?;
    let packages = PROGRAMS.map(|program| ["--package", program]);
    run::run(run::cargo(&["build"]).args(packages.as_flattened()).env("SQLX_OFFLINE", "true"))?;
    strike(arguments)
}

/// A run that takes less than four minutes, of programs that are built already.
pub(crate) fn short() -> Result<()> {
    let _lock = lock::take("chaos")?;
    strike(&SHORT)
}

fn strike(arguments: &ChaosArguments) -> Result<()> {
    let (libs, toxiproxy) = (jars::fetch()?, toxiproxy::install()?);
    let home = folder::dev().join("chaos");
    folder::remove(&home)?;
    // Copied, because services start again and again while somebody may be building.
    let binaries = home.join("programs");
    fs::create_dir_all(&binaries)?;
    let programs = folder::programs(false)?;
    for program in PROGRAMS {
        fs::copy(programs.join(program), binaries.join(program))?;
    }
    let mut command = Command::new(binaries.join("chaos"));
    command.args(["--minutes", &arguments.minutes.to_string(), "--seed", &arguments.seed.to_string()]);
    for (option, path) in [
        ("--dir", &home),
        ("--postgres-dir", &folder::for_postgres(&home.join("postgres"))?),
        ("--binaries", &binaries),
        ("--kafka-libs", &libs),
        ("--toxiproxy", &toxiproxy),
    ] {
        command.arg(option).arg(path);
    }
    if let Some(only) = &arguments.only {
        command.args(["--only", only]);
    }
    let held = run::run(&mut command);
    match &held {
        Ok(()) => folder::remove(&home)?,
        Err(_) => say::note(&format!("every log is kept in {} until the next run", home.display())),
    }
    held
}
