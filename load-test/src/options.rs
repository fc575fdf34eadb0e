//! The program's arguments.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand, value_parser};
use voting_commons::Shards;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::secret::Secret;

use crate::curve::Curve;

/// The votes per second of the busiest minute on record.
const RECORD_VOTES_PER_SECOND: u32 = 59_850;
/// How long the opening call takes to reach everybody, in seconds.
const RECORD_RISE_SECONDS: u32 = 20;
const RECORD_HOLD_SECONDS: u32 = 60;
const SMOKE_VOTES_PER_SECOND: u32 = 10;
const SMOKE_SECONDS: u32 = 10;

/// Votes against a deployment at a given rate, reports latencies, and checks that each acknowledged vote was counted.
///
/// It makes a paredão of its own and closes it afterwards. The first vote is due once the connections have their first ballots.
/// Latencies are those of the accepted votes, and run from when a vote was due, not from when it could be sent; how much of that
/// is the generator's is told apart. Ends with 0 when each vote was accepted and counted, with 1 when any was not or the paredão
/// couldn't be closed, and with 2, without a report, when it can't run or is interrupted before the first vote.
#[derive(Debug, Parser)]
#[command(name = "load-test", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What this program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Vote.
    #[command(flatten)]
    Vote(Profile),
    /// Write a file's votes into the topic, each line once, however often it is repeated
    Import(ImportArgs),
}

/// What to import, and where to.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A vote per line, like {"participant":34,"at":"2026-11-21T21:04:05Z"}
    pub file: PathBuf,
    /// The import's number, as production registered it
    #[arg(long)]
    pub import: i32,
    /// Where the production team works
    #[arg(long, env = "PRODUCTION_URL")]
    pub production: String,
    /// Production's bearer token
    // One in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true, long, env = "PRODUCTION_TOKEN", hide_env_values = true)]
    pub token: Secret,
    /// The topic to write to.
    #[command(flatten)]
    pub kafka: KafkaArgs,
}

/// How votes come.
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// A hundred votes in ten seconds: does it work at all?
    Smoke(DeploymentArgs),
    /// The same rate all the time
    Steady {
        /// Votes per second
        #[arg(long, value_parser = value_parser!(u32).range(1..))]
        rate: u32,
        /// For so long
        #[arg(long, default_value_t = 60, value_parser = value_parser!(u32).range(1..))]
        seconds: u32,
        /// Whom to vote with.
        #[command(flatten)]
        deployment: DeploymentArgs,
    },
    /// The busiest minute on record, after a rise of twenty seconds
    RecordMinute {
        /// Votes per second at the top
        #[arg(long, default_value_t = RECORD_VOTES_PER_SECOND, value_parser = value_parser!(u32).range(1..))]
        peak: u32,
        /// Whom to vote with.
        #[command(flatten)]
        deployment: DeploymentArgs,
    },
}

/// Whom to vote with.
#[derive(Debug, Clone, Args)]
pub struct DeploymentArgs {
    /// Where voters vote, like <https://votes.example>
    #[arg(long, env = "VOTERS_URL", value_parser = url)]
    pub voters: String,
    /// Where the production team works
    #[arg(long, env = "PRODUCTION_URL", value_parser = url)]
    pub production: String,
    /// Production's bearer token
    // One in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true, long, env = "PRODUCTION_TOKEN", hide_env_values = true)]
    pub token: Secret,
    /// The deployment's keys, where its captcha is off: ballots are sealed here. Without them every
    /// ballot is asked for, and its proof of work is done
    #[arg(long, env = "BALLOT_KEYS", hide_env_values = true)]
    pub ballot_keys: Option<Secret>,
    /// The topic's partitions, for ballots sealed here
    #[arg(long, env = "PARTITIONS", default_value_t = 12, value_parser = value_parser!(i32).range(1..))]
    pub partitions: i32,
    /// Over how many keys the votes for one participant are spread
    #[arg(long, default_value = "1", value_parser = shards)]
    pub shards: Shards,
    /// How many browsers vote at once
    #[arg(long, default_value_t = 256, value_parser = value_parser!(u32).range(1..=60_000))]
    pub connections: u32,
    /// The folder for report.html and report.json; those of an earlier run are removed at once
    #[arg(long, default_value = ".")]
    pub out: PathBuf,
}

fn url(text: &str) -> Result<String> {
    match text.split_once("://") {
        Some(("http" | "https", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        _ => bail!("it must begin with http:// or https://"),
    }
}

fn shards(text: &str) -> Result<Shards> {
    Ok(text.parse::<i64>()?.try_into()?)
}

impl Profile {
    /// Its name, and the deployment.
    pub fn parts(&self) -> (&'static str, &DeploymentArgs) {
        match self {
            Self::Smoke(deployment) => ("smoke", deployment),
            Self::Steady { deployment, .. } => ("steady", deployment),
            Self::RecordMinute { deployment, .. } => ("record-minute", deployment),
        }
    }

    /// When votes are due.
    ///
    /// # Errors
    /// When ballots would expire before they are cast.
    pub fn curve(&self) -> Result<Curve> {
        let curve = match *self {
            Self::Smoke(_) => Curve { rise_seconds: 0, hold_seconds: SMOKE_SECONDS, peak: SMOKE_VOTES_PER_SECOND },
            Self::Steady { rate, seconds, .. } => Curve { rise_seconds: 0, hold_seconds: seconds, peak: rate },
            Self::RecordMinute { peak, .. } => {
                Curve { rise_seconds: RECORD_RISE_SECONDS, hold_seconds: RECORD_HOLD_SECONDS, peak }
            }
        };
        // Each connection holds a ballot for its next vote, and a ballot lives for three minutes.
        let (_, deployment) = self.parts();
        if !matches!(self, Self::Smoke(_)) && deployment.connections / 60 > curve.peak {
            bail!(
                "at {} votes per second the ballots of {} connections expire before they are cast: use --connections {} or fewer",
                curve.peak,
                deployment.connections,
                (curve.peak + 1) * 60 - 1
            );
        }
        Ok(curve)
    }
}
