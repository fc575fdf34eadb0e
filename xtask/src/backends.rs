//! Kafka and Postgres for development: our own, or those that the environment names.

use std::env;
use std::fs;

use anyhow::{Result, bail};
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::kafka::{Kafka, KafkaOptions};
use dev_stack::keyring::{DATABASE, Keyring, MIGRATIONS};
use dev_stack::port;
use dev_stack::postgres::{Postgres, PostgresOptions};

use crate::{folder, interrupt, jars, lock, provision, say, teardown};

const KAFKA_PORT: u16 = 19092;
const KAFKA_CONTROLLER_PORT: u16 = 19093;
const POSTGRES_PORT: u16 = 15432;

/// How the services reach what they stand on.
pub(crate) struct Backends {
    pub(crate) kafka_brokers: String,
    database_url: String,
    /// Who signs in with what, where everybody must.
    keyring: Option<Keyring>,
}

impl Backends {
    /// Those that the environment names; where it names none, our own, running or not.
    pub(crate) fn from_env() -> Self {
        let own_database = || format!("postgres://postgres@127.0.0.1:{POSTGRES_PORT}/{DATABASE}");
        Self {
            kafka_brokers: external_kafka().unwrap_or_else(own_kafka),
            database_url: external_database().unwrap_or_else(own_database),
            keyring: None,
        }
    }

    /// Our own, guarded: each service signs in as itself, over TLS, and may do no more than it must.
    pub(crate) fn guarded() -> Result<Self> {
        if external_kafka().is_some() || external_database().is_some() {
            bail!("--secure starts a Kafka and a Postgres of its own: unset KAFKA_BROKERS and DATABASE_URL");
        }
        Ok(Self { keyring: Some(Keyring::open(&folder::secure().join("keys"))?), ..Self::from_env() })
    }

    /// What the process of `who` is told of them.
    pub(crate) fn variables(&self, who: &str) -> Result<Vec<(&'static str, String)>> {
        let mut variables = vec![("KAFKA_BROKERS", self.kafka_brokers.clone())];
        match &self.keyring {
            None => variables.push(("DATABASE_URL", self.database_url.clone())),
            Some(keyring) => variables.extend(keyring.variables(who, POSTGRES_PORT)?),
        }
        Ok(variables)
    }

    /// What the processes are told that make topics and tables, and say who may do what with the tables.
    pub(crate) fn migration_variables(&self) -> Result<Vec<(&'static str, String)>> {
        let mut variables = self.variables(MIGRATIONS)?;
        variables.push(("SERVICE_ROLES", self.keyring.is_some().to_string()));
        Ok(variables)
    }

    /// Fails if another program listens where our own would, or if ours runs otherwise than wanted; `ran_before` is what of ours
    /// runs already.
    pub(crate) fn check(&self, ran_before: &[String]) -> Result<()> {
        let runs = |name| ran_before.iter().any(|ran| ran == name);
        refuse_mixture(self.keyring.is_some(), runs("kafka") || runs("postgres"))?;
        if external_kafka().is_none() && !runs("kafka") {
            for port in [KAFKA_PORT, KAFKA_CONTROLLER_PORT] {
                require_free(port, "Kafka", "KAFKA_BROKERS")?;
            }
        }
        if external_database().is_none() && !runs("postgres") {
            require_free(POSTGRES_PORT, "Postgres", "DATABASE_URL")?;
        }
        Ok(())
    }

    /// Starts our own, unless they run already or others are used in their place.
    pub(crate) fn start(&self) -> Result<()> {
        let keyring = self.keyring.as_ref();
        if external_kafka().is_none() {
            start_kafka(keyring)?;
        }
        if external_database().is_none() {
            let postgres = start_postgres(keyring)?;
            match keyring {
                None => postgres.create_database(DATABASE)?,
                Some(keyring) => postgres.create_guarded_database(keyring)?,
            }
        }
        Ok(())
    }
}

/// Fails if something listens where our own `what` would, and says what can be done.
fn require_free(port: u16, what: &str, variable: &str) -> Result<()> {
    if !port::is_free(port) {
        bail!(
            "port {port}, which {what} needs, is in use: if another clone of this repository is up, `cargo xtask down` there; \
             otherwise set {variable} to where {what} is to be found"
        );
    }
    Ok(())
}

/// Both kinds listen on the same ports, and each has data of its own.
fn refuse_mixture(guarded: bool, runs: bool) -> Result<()> {
    if runs && folder::guarded().exists() != guarded {
        let other = if guarded { "without" } else { "with" };
        bail!("Kafka and Postgres run {other} --secure: `cargo xtask down` first");
    }
    Ok(())
}

/// Notes for whoever comes next how what is about to be started is guarded.
fn note_guard(guarded: bool) -> Result<()> {
    let note = folder::guarded();
    if guarded {
        fs::create_dir_all(folder::dev().join("run"))?;
        fs::write(note, "")?;
    } else if note.exists() {
        fs::remove_file(note)?;
    }
    Ok(())
}

fn own_kafka() -> String {
    format!("127.0.0.1:{KAFKA_PORT}")
}

/// The brokers named by the environment, unless they are ours: `.dev/env` may have been sourced.
fn external_kafka() -> Option<String> {
    let brokers = env::var("KAFKA_BROKERS").ok().filter(|brokers| !brokers.is_empty())?;
    (brokers != own_kafka() || is_anothers("kafka", KAFKA_PORT)).then_some(brokers)
}

/// The database named by the environment, unless it is ours.
fn external_database() -> Option<String> {
    let url = env::var("DATABASE_URL").ok().filter(|url| !url.is_empty())?;
    let is_at_our_port = url.contains(&format!("@127.0.0.1:{POSTGRES_PORT}/"));
    (!is_at_our_port || is_anothers("postgres", POSTGRES_PORT)).then_some(url)
}

/// Whether what listens on our port isn't ours, but another clone's.
fn is_anothers(name: &str, port: u16) -> bool {
    let ours = Daemon::find(name, &folder::log(name), &folder::pidfile(name));
    !port::is_free(port) && !ours.is_ok_and(|found| found.is_some())
}

/// `cargo xtask dev-services`: only the two, for whoever runs tests by hand.
pub(crate) fn dev_services() -> Result<()> {
    let _lock = lock::take("stack")?;
    provision::for_backends()?;
    let libs = jars::fetch()?;
    let runs = teardown::running()?.iter().any(|name| name == "kafka" || name == "postgres");
    refuse_mixture(false, runs)?;
    let kafka = start_kafka(None)?;
    let postgres = start_postgres(None)?;
    println!("export KAFKA_BROKERS={}", kafka.brokers());
    println!("export DATABASE_URL={}", postgres.url());
    println!("export KAFKA_LIBS={}", libs.display());
    // The database named above has no tables: queries are checked against what is committed in .sqlx.
    println!("export SQLX_OFFLINE=true");
    Ok(())
}

fn start_kafka(keyring: Option<&Keyring>) -> Result<Kafka> {
    let libs = jars::fetch()?;
    interrupt::check()?;
    note_guard(keyring.is_some())?;
    say::step("Kafka", || {
        Kafka::start(KafkaOptions {
            dir: if keyring.is_some() { folder::secure().join("kafka") } else { folder::kafka() },
            libs,
            port: KAFKA_PORT,
            controller_port: KAFKA_CONTROLLER_PORT,
            lifetime: Lifetime::Detached { pidfile: folder::pidfile("kafka") },
            cluster: None,
            keyring: keyring.cloned(),
        })
    })
}

fn start_postgres(keyring: Option<&Keyring>) -> Result<Postgres> {
    interrupt::check()?;
    note_guard(keyring.is_some())?;
    let home = if keyring.is_some() { folder::secure() } else { folder::dev() };
    say::step("Postgres", || {
        Postgres::start(PostgresOptions {
            dir: folder::for_postgres(&home.join("postgres"))?,
            port: POSTGRES_PORT,
            lifetime: Lifetime::Detached { pidfile: folder::pidfile("postgres") },
            durable: true,
            keyring: keyring.cloned(),
        })
    })
}
