//! The services as processes, optimised, on the stage's Kafka and Postgres.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::{port, wait_until};
use load_test::curve::Curve;
use load_test::deployment::{Deployment, Paredao};
use load_test::options::DeploymentArgs;
use load_test::voting::Voted;
use nix::sys::signal::Signal;
use voting_commons::Shards;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::secret::Secret;

use crate::Options;
use crate::stage::PARTITIONS;

const READY_PATIENCE: Duration = Duration::from_secs(30);
/// How long a service may take to stop.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(30);
/// The least work that a challenge can ask for: solving isn't what is measured.
pub(crate) const ALTCHA_PREFIX: &str = "0";

/// Every service, with the screens' figures renewed each second.
pub(crate) const ALL: [(&str, &[&str]); 4] = [
    ("votes-register", &["run"]),
    ("votes-aggregator", &["watch", "--every", "1s"]),
    ("voters-frontend", &["serve"]),
    ("production-frontend", &["serve"]),
];

/// No figure counts unless each vote of `curve` was accepted and counted, and nothing else.
pub(crate) async fn check_all_counted(
    deployment: &Deployment,
    paredao: &Paredao,
    curve: Curve,
    voted: &Voted,
) -> Result<()> {
    let counted = deployment.settled_count(paredao, voted.tally.accepted).await?;
    if (voted.tally.accepted, counted) != (curve.votes(), curve.votes()) {
        bail!("{} votes were due, {:?}, and {counted} were counted", curve.votes(), voted.tally);
    }
    Ok(())
}

/// Which services run.
pub(crate) struct System {
    services: Vec<Service>,
    environment: Vec<(&'static str, String)>,
    keys: String,
}

struct Service {
    program: &'static str,
    daemon: Daemon,
    listen: u16,
}

impl System {
    /// Starts `services` and waits until they are ready. `captcha` is `off` or `altcha`.
    pub(crate) fn start(
        kafka: &KafkaArgs,
        database: &PostgresArgs,
        options: &Options,
        captcha: &str,
        services: &[(&'static str, &[&str])],
    ) -> Result<Self> {
        let keys = format!("bench:{}", STANDARD.encode([7; 32]));
        let environment = vec![
            ("KAFKA_BROKERS", kafka.kafka_brokers.clone()),
            ("KAFKA_TOPIC", kafka.kafka_topic.clone()),
            ("KAFKA_GROUP", kafka.kafka_topic.clone()),
            ("DATABASE_URL", database.database_url.clone()),
            ("CAPTCHA", captcha.to_owned()),
            ("CAPTCHA_OFF_CONFIRMED", if captcha == "off" { "yes" } else { "" }.to_owned()),
            ("BALLOT_KEYS", keys.clone()),
            ("ALTCHA_KEY", STANDARD.encode([8; 32])),
            ("ALTCHA_PREFIX", ALTCHA_PREFIX.to_owned()),
            ("RUST_LOG", "warn".to_owned()),
        ];
        let mut system = Self { services: Vec::new(), environment, keys };
        for (program, arguments) in services {
            let service = system.spawn(program, arguments, options)?;
            system.services.push(service);
        }
        Ok(system)
    }

    fn spawn(&self, program: &'static str, arguments: &[&str], options: &Options) -> Result<Service> {
        let (listen, admin) = (port::free()?, port::free()?);
        let mut command = Command::new(options.binaries.join(program));
        command
            .args(arguments)
            .envs(self.environment.iter().cloned())
            .env("LISTEN", format!("127.0.0.1:{listen}"))
            .env("ADMIN_LISTEN", format!("127.0.0.1:{admin}"));
        let log = options.dir.join(format!("{program}.log"));
        let daemon = Daemon::spawn(command, program, &log, &Lifetime::Parent, Signal::SIGKILL)?;
        let ready = format!("http://127.0.0.1:{admin}/readyz");
        let is_ready = || Ok(ureq::get(&ready).call().is_ok().then_some(()));
        wait_until("it was not ready", READY_PATIENCE, is_ready)
            .with_context(|| format!("{program}: {}", daemon.log_tail()))?;
        Ok(Service { program, daemon, listen })
    }

    fn service(&self, program: &str) -> Result<&Service> {
        self.services
            .iter()
            .find(|service| service.program == program)
            .with_context(|| format!("{program} isn't there"))
    }

    /// The process id of a service.
    pub(crate) fn pid(&self, program: &str) -> Result<i32> {
        Ok(self.service(program)?.daemon.pid())
    }

    /// Where a service listens.
    pub(crate) fn url(&self, program: &str) -> Result<String> {
        Ok(format!("http://127.0.0.1:{}", self.service(program)?.listen))
    }

    /// What the load test is told.
    pub(crate) fn deployment(&self, options: &Options, connections: u32) -> Result<DeploymentArgs> {
        Ok(DeploymentArgs {
            voters: self.url("voters-frontend")?,
            production: self.url("production-frontend")?,
            token: Secret::from(self.token(options)?),
            ballot_keys: Some(Secret::from(self.keys.clone())),
            partitions: PARTITIONS,
            shards: Shards::ONE,
            connections,
            out: options.dir.clone(),
        })
    }

    fn token(&self, options: &Options) -> Result<String> {
        let mut command = Command::new(options.binaries.join("production-frontend"));
        command.args(["token", "add", "--name", "bench"]).envs(self.environment.iter().cloned());
        let output = command.output()?;
        if !output.status.success() {
            bail!("no token was given: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// What a service is told.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.as_str())
    }

    /// Ends all of them.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.services.iter_mut().try_for_each(|service| service.daemon.stop(Signal::SIGTERM, STOP_PATIENCE))
    }
}
