//! The vote's POST: how many a second, beside a handler that does nothing.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::{port, wait_until};
use hyper::StatusCode;
use hyper::body::Bytes;
use load_test::ballots::{Ballots, Press};
use load_test::connection::{Connection, Target};
use load_test::curve::Curve;
use load_test::deployment::{Deployment, Paredao};
use load_test::options::DeploymentArgs;
use load_test::voting;
use nix::sys::signal::Signal;
use rdkafka::consumer::{BaseConsumer, Consumer};
use voters_frontend::captcha::{self, Challenge};
use voters_frontend::options::{CaptchaArgs, Environment, Provider};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::secret::Secret;

use crate::stage::{PARTITIONS, Stage};
use crate::system::{ALTCHA_PREFIX, System};
use crate::{Options, process};

/// As the target says.
const CONNECTIONS: u32 = 256;
/// How many votes are cast for each figure.
const VOTES: u32 = 300_000;
/// How many are cast before, on the way there: a broker that has just started still compiles its own code.
const WARM_UP_VOTES: u32 = 150_000;
const ASK_TIMEOUT: Duration = Duration::from_secs(10);
const LISTEN_PATIENCE: Duration = Duration::from_secs(10);

/// One per round, in votes per second.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// The handler that does nothing.
    pub(crate) bare: Vec<f64>,
    pub(crate) captcha_off: Vec<f64>,
    pub(crate) proof_of_work: Vec<f64>,
    /// The frontend's, captcha off.
    pub(crate) cpu_seconds_per_million: Vec<f64>,
    /// The frontend's, in MiB.
    pub(crate) memory_mib_max: Vec<u64>,
}

/// Measures all three, one after the other.
pub(crate) async fn round(stage: &Stage, options: &Options, round: u32, figures: &mut Figures) -> Result<()> {
    let database = stage.database(&format!("edge_{round}")).await?;
    for provider in [Provider::Off, Provider::Altcha] {
        let kafka = stage.topic(&format!("edge-{round}-{}", provider.name())).await?;
        let services: [(&str, &[&str]); 2] = [("voters-frontend", &["serve"]), ("production-frontend", &["serve"])];
        let system = System::start(&kafka, &database, options, provider.name(), &services)?;
        let args = system.deployment(options, CONNECTIONS)?;
        let deployment = Deployment::new(&args)?;
        let paredao = deployment.open_paredao(provider.name()).await?;
        if provider == Provider::Off {
            figures.bare.push(bare(&args, options, prepared(&args, &system, &paredao, provider).await?).await?);
        }
        let votes = prepared(&args, &system, &paredao, provider).await?;
        let frontend = system.pid("voters-frontend")?;
        let before = process::cpu_seconds(frontend)?;
        let rate = cast(&args, votes).await?;
        let cpu = (process::cpu_seconds(frontend)? - before) / f64::from(WARM_UP_VOTES + VOTES) * 1e6;
        refuses_a_forged_ballot(&args).await?;
        let stored = stored(&kafka)?;
        if stored != u64::from(WARM_UP_VOTES + VOTES) {
            bail!("{} votes were acknowledged, and {stored} lie in the topic", WARM_UP_VOTES + VOTES);
        }
        match provider {
            Provider::Altcha => figures.proof_of_work.push(rate),
            _ => {
                figures.captcha_off.push(rate);
                figures.cpu_seconds_per_million.push(cpu);
            }
        }
        figures.memory_mib_max.push(process::memory_mib_max(frontend)?);
        deployment.close(&paredao).await?;
        tokio::task::block_in_place(|| system.stop())?;
    }
    let last = |values: &[f64]| values.last().copied().unwrap_or_default();
    println!(
        "round {round}: POST of a vote: bare {:.0}/s, captcha off {:.0}/s, proof of work {:.0}/s",
        last(&figures.bare),
        last(&figures.captcha_off),
        last(&figures.proof_of_work)
    );
    Ok(())
}

async fn bare(args: &DeploymentArgs, options: &Options, votes: Vec<Bytes>) -> Result<f64> {
    let listen = format!("127.0.0.1:{}", port::free()?);
    let mut command = Command::new(options.binaries.join("benches"));
    command.args(["bare", "--listen", &listen]);
    let log = options.dir.join("bare.log");
    let mut daemon = Daemon::spawn(command, "bare", &log, &Lifetime::Parent, Signal::SIGKILL)?;
    wait_until("it doesn't listen", LISTEN_PATIENCE, || Ok(std::net::TcpStream::connect(&listen).ok()))?;
    let args = DeploymentArgs { voters: format!("http://{listen}"), ..args.clone() };
    let rate = cast(&args, votes).await?;
    daemon.kill()?;
    Ok(rate)
}

/// As fast as the connections take them, in votes per second; the first of them aren't measured.
async fn cast(args: &DeploymentArgs, mut votes: Vec<Bytes>) -> Result<f64> {
    let measured = votes.split_off(WARM_UP_VOTES as usize);
    cast_at_once(args, votes).await?;
    cast_at_once(args, measured).await
}

async fn cast_at_once(args: &DeploymentArgs, votes: Vec<Bytes>) -> Result<f64> {
    let count = u32::try_from(votes.len())?;
    let at_once = Curve { rise_seconds: 0, hold_seconds: 1, peak: count };
    let voted = voting::vote(args, at_once, Ballots::Prepared(votes)).await?;
    if voted.tally.accepted != u64::from(count) {
        bail!("not every vote was accepted: {:?}", voted.tally);
    }
    Ok(f64::from(count) / voted.seconds)
}

/// Votes with their captchas solved, so that casting them is all that takes time.
async fn prepared(args: &DeploymentArgs, system: &System, paredao: &Paredao, provider: Provider) -> Result<Vec<Bytes>> {
    let press = Press::new(args, args.ballot_keys.as_ref().context("there are keys")?, paredao).await?;
    let captcha = captcha::from_args(
        &CaptchaArgs {
            captcha: provider,
            captcha_off_confirmed: Some("yes".to_owned()),
            altcha_key: system.variable("ALTCHA_KEY").map(|key| Secret::from(key.to_owned())),
            altcha_prefix: ALTCHA_PREFIX.to_owned(),
            hcaptcha_site_key: None,
            hcaptcha_secret: None,
            hcaptcha_verify_url: String::new(),
            hcaptcha_host: None,
        },
        Environment::Dev,
    )?;
    let vote = |index| {
        let ballot = press.ballot(index)?;
        let answer = match captcha.challenge(&ballot) {
            Challenge::Altcha { challenge } => load_test::ballots::solve(*challenge)?,
            _ => String::new(),
        };
        Ok(format!(r#"{{"ballot":"{}","captcha":"{answer}"}}"#, press.seal(&ballot)).into())
    };
    (0..u64::from(WARM_UP_VOTES + VOTES)).map(vote).collect()
}

/// No figure counts unless ballots are checked.
async fn refuses_a_forged_ballot(args: &DeploymentArgs) -> Result<()> {
    let mut connection = Connection::new(Arc::new(Target::new(&args.voters)?));
    let forged = r#"{"ballot":"v4.local.forged","captcha":""}"#;
    let (status, _) = connection.post("/api/v1/votes", Bytes::from_static(forged.as_bytes())).await?;
    if status != StatusCode::UNPROCESSABLE_ENTITY {
        bail!("a forged ballot was answered with {status}");
    }
    Ok(())
}

/// How many records lie in the topic.
fn stored(kafka: &KafkaArgs) -> Result<u64> {
    let consumer: BaseConsumer = kafka.client_config("benches-stored").create()?;
    (0..PARTITIONS).try_fold(0, |sum, partition| {
        let (low, high) = consumer.fetch_watermarks(&kafka.kafka_topic, partition, ASK_TIMEOUT)?;
        Ok(sum + u64::try_from(high - low)?)
    })
}
