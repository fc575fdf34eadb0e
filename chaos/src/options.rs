//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::faults::Fault;

/// Breaks the whole system in every way it must survive, and checks that nothing was lost or counted twice.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Options {
    /// How long faults strike, in minutes; starting and checking take about one more
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=24 * 60))]
    pub minutes: u64,
    /// Decides the order of the faults and their victims
    #[arg(long)]
    pub seed: u64,
    /// Draw only faults whose name contains this
    #[arg(long)]
    pub only: Option<String>,
    /// Voters who arrive per second
    #[arg(long, default_value_t = 1_150)]
    pub votes_per_second: u32,
    /// The folder for all state, which is empty
    #[arg(long)]
    pub dir: PathBuf,
    /// The folder for Postgres's state, which is empty; Postgres's user must be able to enter it
    #[arg(long)]
    pub postgres_dir: PathBuf,
    /// The folder of the services' programs
    #[arg(long)]
    pub binaries: PathBuf,
    /// The folder of Kafka's jars
    #[arg(long)]
    pub kafka_libs: PathBuf,
    /// The program toxiproxy-server
    #[arg(long)]
    pub toxiproxy: PathBuf,
}

/// From this on each fault of the deck strikes [`EACH_STRIKES_MIN`] times.
const LONG_MINUTES: u64 = 45;
const EACH_STRIKES_MIN: usize = 3;
/// From this on every fault is in the deck, and strikes once; below, the deck is a short one.
const WHOLE_DECK_MINUTES: u64 = 12;

impl Options {
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.minutes * 60)
    }

    /// The faults in the deck.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let faults = match &self.only {
            Some(_) => &Fault::ALL[..],
            None if self.has_whole_deck() => &Fault::ALL,
            None => &Fault::SHORT,
        };
        let is_wanted = |fault: &Fault| self.only.as_ref().is_none_or(|only| fault.name().contains(only));
        faults.iter().copied().filter(is_wanted).collect()
    }

    fn has_whole_deck(&self) -> bool {
        self.minutes >= WHOLE_DECK_MINUTES
    }

    /// How often each fault of the deck must strike at least.
    pub(crate) fn strikes_min(&self) -> usize {
        if self.minutes >= LONG_MINUTES { EACH_STRIKES_MIN } else { usize::from(self.has_whole_deck()) }
    }
}
