//! The simulator's command line.

use std::process::ExitCode;

use clap::Parser;
use simulator::Campaign;

/// Each kind of fault must take effect in this share of the seeds, in percent.
const PERCENT_MIN: f64 = 5.0;
/// With fewer seeds than this, shares say nothing.
const SEEDS_FOR_SHARES_MIN: u64 = 2_000;

/// Runs the register's core through simulated faults, and checks its promises after every step.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// How many seeds to run
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many events to show of a seed that fails, the last ones
    #[arg(long, default_value_t = 30)]
    events: usize,
}

fn main() -> ExitCode {
    let Options { seeds, from, events } = Options::parse();
    let campaign = Campaign { from, seeds, events_max: events };
    match campaign.run(|done| eprintln!("{done} of {seeds} seeds")) {
        Ok(summary) => {
            println!("{summary}");
            let rare = summary.rarer_than(PERCENT_MIN);
            if seeds >= SEEDS_FOR_SHARES_MIN && !rare.is_empty() {
                let rare: Vec<_> = rare.iter().map(|fault| fault.text()).collect();
                eprintln!("simulator: in less than {PERCENT_MIN} % of the seeds: {}", rare.join(", "));
                return ExitCode::FAILURE;
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
