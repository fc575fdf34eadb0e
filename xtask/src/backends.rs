//! Kafka and Postgres for development: our own, or those that the environment names.

use std::env;

use anyhow::Result;
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::kafka::{Kafka, KafkaOptions};
use dev_stack::port;
use dev_stack::postgres::{Postgres, PostgresOptions};

use crate::{folder, interrupt, jars, lock, provision, say};

const KAFKA_PORT: u16 = 19092;
const KAFKA_CONTROLLER_PORT: u16 = 19093;
const POSTGRES_PORT: u16 = 15432;
/// The database of the services.
const DATABASE: &str = "voting";

/// How the services reach what they stand on.
pub(crate) struct Backends {
    pub(crate) kafka_brokers: String,
    pub(crate) database_url: String,
}

impl Backends {
    /// Those that the environment names; where it names none, our own, running or not.
    pub(crate) fn from_env() -> Self {
        let own_database = || format!("postgres://postgres@127.0.0.1:{POSTGRES_PORT}/{DATABASE}");
        Self {
            kafka_brokers: external_kafka().unwrap_or_else(own_kafka),
            database_url: external_database().unwrap_or_else(own_database),
        }
    }

    /// Fails if another program listens where our own would, `ran_before` being what of ours runs already.
    pub(crate) fn check_ports(&self, ran_before: &[String]) -> Result<()> {
        let runs = |name| ran_before.iter().any(|ran| ran == name);
        if external_kafka().is_none() && !runs("kafka") {
            port::require_free(KAFKA_PORT, "Kafka")?;
            port::require_free(KAFKA_CONTROLLER_PORT, "Kafka")?;
        }
        if external_database().is_none() && !runs("postgres") {
            port::require_free(POSTGRES_PORT, "Postgres")?;
        }
        Ok(())
    }

    /// Starts our own, unless they run already or others are used in their place.
    pub(crate) fn start(&self) -> Result<()> {
        if external_kafka().is_none() {
            start_kafka()?;
        }
        if external_database().is_none() {
            start_postgres()?.create_database(DATABASE)?;
        }
        Ok(())
    }
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
    let kafka = start_kafka()?;
    let postgres = start_postgres()?;
    println!("export KAFKA_BROKERS={}", kafka.brokers());
    println!("export DATABASE_URL={}", postgres.url());
    println!("export KAFKA_LIBS={}", libs.display());
    // The database named above has no tables: queries are checked against what is committed in .sqlx.
    println!("export SQLX_OFFLINE=true");
    Ok(())
}

fn start_kafka() -> Result<Kafka> {
    let libs = jars::fetch()?;
    interrupt::check()?;
    say::step("Kafka", || {
        Kafka::start(KafkaOptions {
            dir: folder::kafka(),
            libs,
            port: KAFKA_PORT,
            controller_port: KAFKA_CONTROLLER_PORT,
            lifetime: Lifetime::Detached { pidfile: folder::pidfile("kafka") },
            cluster: None,
        })
    })
}

fn start_postgres() -> Result<Postgres> {
    interrupt::check()?;
    say::step("Postgres", || {
        Postgres::start(PostgresOptions {
            dir: folder::for_postgres(&folder::dev().join("postgres"))?,
            port: POSTGRES_PORT,
            lifetime: Lifetime::Detached { pidfile: folder::pidfile("postgres") },
        })
    })
}
