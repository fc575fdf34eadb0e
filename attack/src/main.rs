//! Attacks both frontends from outside while voters vote, and checks that they bear it. `cargo xtask attack` finds the
//! arguments.
//!
//! Real processes of the whole system. Each of [`attacks`] keeps a tally of what it was told; `honest` voters must have
//! every vote taken and counted meanwhile, `memory` must stay within a bound, and nothing may be a 5xx but 503.

mod attacks;
mod honest;
mod memory;
mod run;
mod schemathesis;
mod summary;
mod tally;
mod target;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Attacks the voters' and production's frontends, and checks that they bear it.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The program of schemathesis
    #[arg(long)]
    schemathesis: PathBuf,
    /// Its configuration
    #[arg(long)]
    schemathesis_config: PathBuf,
    /// The folder for logs
    #[arg(long)]
    dir: PathBuf,
    /// Attack again and again for ten minutes, and see that no memory is lost on the way
    #[arg(long)]
    long: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run::run(&Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("attack: {error:#}");
            ExitCode::FAILURE
        }
    }
}
