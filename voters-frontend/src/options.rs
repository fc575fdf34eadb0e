//! The service's arguments: the environment first, and flags that say the same.

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use voting_commons::adapters::admin::AdminArgs;
use voting_commons::adapters::edge::EdgeArgs;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::telemetry::LogArgs;
use voting_commons::adapters::traces::TracesArgs;

use crate::clock::Clock;
use crate::public_url::PublicUrl;
use voting_commons::adapters::secret::Secret;

/// Takes votes from browsers and writes them to Kafka.
#[derive(Debug, Parser)]
#[command(name = "voters-frontend", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What this program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve voters until SIGTERM
    Serve(Box<Options>),
}

/// What the service needs to know.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Address that voters reach
    #[arg(long, env = "LISTEN")]
    pub listen: SocketAddr,
    /// Where this service is watched.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Where votes go.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Where paredões and panoramas come from.
    #[command(flatten)]
    pub postgres: PostgresArgs,
    /// How this service logs.
    #[command(flatten)]
    pub logs: LogArgs,
    /// Where traces of votes go.
    #[command(flatten)]
    pub traces: TracesArgs,
    /// The share of votes that are traced, from 0 to 1. One in a thousand is enough to see where time goes on a quiet evening,
    /// and on the busiest one no more than a collector takes
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", default_value_t = TRACED_SHARE, value_parser = share)]
    pub otel_traces_sampler_arg: f64,
    /// How voters show to be people.
    #[command(flatten)]
    pub captcha: CaptchaArgs,
    /// Keys that seal ballots, as kid:base64-of-32-bytes[,kid:...]; the first seals, all open
    #[arg(long, env = "BALLOT_KEYS", hide_env_values = true)]
    pub ballot_keys: Secret,
    /// Where this service runs
    #[arg(long, env = "ENVIRONMENT", value_enum, default_value_t = Environment::Dev)]
    pub environment: Environment,
    /// How many votes may wait for Kafka's acknowledgement
    #[arg(long, env = "QUEUE_VOTES_MAX", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub queue_votes_max: u32,
    /// How many pages may follow paredões by a stream at once; those beyond it, or all with 0, ask again and again instead
    #[arg(long, env = "LIVE_STREAMS_MAX", default_value_t = 10_000)]
    pub live_streams_max: usize,
    /// How many requests may be under way; more are refused with 503, and streams don't count
    #[arg(long, env = "REQUESTS_MAX", default_value_t = 8 * 1024)]
    pub requests_max: usize,
    /// How this service meets the world.
    #[command(flatten)]
    pub edge: EdgeArgs,
    /// Send cookies over HTTPS only, and tell browsers to come back over it
    #[arg(long, env = "COOKIE_SECURE")]
    pub cookie_secure: bool,
    /// Address by which the public reaches this service, such as https://votacao.example; without it shared links have no picture
    #[arg(long, env = "PUBLIC_URL")]
    pub public_url: Option<PublicUrl>,
    /// Where the time of day comes from; tests set it.
    #[arg(skip)]
    pub clock: Clock,
}

/// Of how many votes traces are kept: of one in a thousand.
const TRACED_SHARE: f64 = 0.001;

/// An empty one is as none, as OpenTelemetry says of its variables.
fn share(text: &str) -> Result<f64, String> {
    if text.is_empty() {
        return Ok(TRACED_SHARE);
    }
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to 1".to_owned())
}

/// Which captcha, and what it needs.
#[derive(Debug, Clone, Args)]
pub struct CaptchaArgs {
    /// How voters show to be people
    #[arg(long, env = "CAPTCHA", value_enum, default_value_t = Provider::Altcha)]
    pub captcha: Provider,
    /// Must be `yes` for CAPTCHA=off
    #[arg(long, env = "CAPTCHA_OFF_CONFIRMED")]
    pub captcha_off_confirmed: Option<String>,
    /// Key that signs ALTCHA's challenges
    #[arg(long, env = "ALTCHA_KEY", hide_env_values = true)]
    pub altcha_key: Option<Secret>,
    /// What a solution's hash must begin with, in hexadecimal; each digit makes
    /// solving 16 times as hard, and four take a phone about a second
    #[arg(long, env = "ALTCHA_PREFIX", default_value = "0000")]
    pub altcha_prefix: String,
    /// hCaptcha's site key
    #[arg(long, env = "HCAPTCHA_SITE_KEY")]
    pub hcaptcha_site_key: Option<String>,
    /// hCaptcha's secret
    #[arg(long, env = "HCAPTCHA_SECRET", hide_env_values = true)]
    pub hcaptcha_secret: Option<Secret>,
    /// Where hCaptcha checks answers
    #[arg(long, env = "HCAPTCHA_VERIFY_URL", default_value = hcaptcha::VERIFY_URL)]
    pub hcaptcha_verify_url: String,
    /// Host name that hCaptcha's widget must have been solved on
    #[arg(long, env = "HCAPTCHA_HOST")]
    pub hcaptcha_host: Option<String>,
}

/// The providers of captchas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Provider {
    /// Proof of work, served by ourselves
    Altcha,
    /// hCaptcha
    Hcaptcha,
    /// None: for load tests
    Off,
}

impl Provider {
    /// Its name in the API and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Altcha => "altcha",
            Self::Hcaptcha => "hcaptcha",
            Self::Off => "off",
        }
    }
}

/// Where the service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// On a developer's machine or in a test
    Dev,
    /// Before the public
    Production,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_lies_between_nothing_and_all() {
        for good in ["", "0", "0.001", "1"] {
            assert!(share(good).is_ok(), "{good}");
        }
        for bad in ["-0.1", "1.5", "NaN", "a tenth"] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_printed_for_debugging_holds_no_secret() {
        let cli = Cli::try_parse_from([
            "voters-frontend",
            "serve",
            "--listen=127.0.0.1:1",
            "--admin-listen=127.0.0.1:2",
            "--kafka-brokers=k:9092",
            "--database-url=postgres://hidden",
            "--ballot-keys=hidden",
            "--altcha-key=hidden",
            "--hcaptcha-secret=hidden",
        ]);
        let printed = format!("{:?}", cli.unwrap());
        assert!(!printed.contains("hidden"), "{printed}");
    }
}
