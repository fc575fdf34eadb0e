//! The whole system as processes, for tests that look at it from outside.
//!
//! Each [`System`] has a topic and a database of its own, and its processes end with it. The services' binaries are
//! taken from where Cargo built this test, so build the workspace first, as `cargo xtask test` does.

pub mod browser;
mod clients;
mod late;
mod process;
pub mod stage;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dev_stack::port;
use test_support::{TestDatabase, eventually, fresh_database_on, fresh_topic_on, required_env};
use tokio::sync::{Mutex, OwnedMutexGuard};
use voting_commons::adapters::kafka::KafkaArgs;

pub use clients::{Answer, Paredao, Production, Voters};
pub use late::cast_late;
pub use process::Service;

/// Partitions of a system's topic.
const PARTITIONS: i32 = 12;
/// The longest a test's HTTP request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// An example of RFC 8410.
const RESULT_SIGNING_KEY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../production-frontend/tests/it/rfc8410-key.pem");

/// What each director enters with.
pub const PASSWORD: &str = "uma senha boa";

/// What a system is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Kafka's bootstrap servers.
    pub brokers: String,
    /// Leads to Postgres's maintenance database.
    pub postgres: String,
    /// How many registers share the partitions.
    pub registers: usize,
    /// `altcha` or `off`.
    pub captcha: &'static str,
}

impl Plan {
    /// On the Kafka and the Postgres that all tests share: one register, and the captcha off.
    pub fn shared() -> Self {
        Self {
            brokers: required_env("KAFKA_BROKERS"),
            postgres: required_env("DATABASE_URL"),
            registers: 1,
            captcha: "off",
        }
    }
}

/// Two cores run one whole system at a time; several would starve each other past every time-out.
static ONE_AT_A_TIME: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

/// A running system.
pub struct System {
    /// What voters see.
    pub voters: Voters,
    /// What the production team sees.
    pub production: Production,
    /// The registers' processes.
    pub registers: Vec<Service>,
    /// The frontend's process.
    pub frontend: Service,
    /// The process of production's frontend.
    pub production_frontend: Service,
    /// The keys of its ballots.
    pub ballot_keys: String,
    /// Its database.
    pub database: TestDatabase,
    /// Its topic.
    pub kafka: KafkaArgs,
    environment: Environment,
    _aggregator: Service,
    // The last field: it is given back when the processes have ended.
    _turn: OwnedMutexGuard<()>,
}

impl System {
    /// Starts everything and waits until it is ready.
    ///
    /// # Panics
    /// When a part can't be started.
    pub async fn start(plan: &Plan) -> Self {
        let turn = Arc::clone(&ONE_AT_A_TIME).lock_owned().await;
        let kafka = fresh_topic_on(&plan.brokers, PARTITIONS).await;
        let database = fresh_database_on(&plan.postgres).await;
        let key = STANDARD.encode(rand::random::<[u8; 32]>());
        let environment = environment(plan, &kafka, &database, &key);
        let token = process::output(
            "production-frontend",
            &["token", "add", "--name", "test", "--role", "director"],
            &environment,
        );

        let registers: Vec<_> =
            (0..plan.registers).map(|_| Service::start("votes-register", &["run"], &environment)).collect();
        let aggregator = Service::start("votes-aggregator", &["watch", "--every", "1s"], &environment);
        let voters = Service::start("voters-frontend", &["serve"], &environment);
        let production = Service::start("production-frontend", &["serve"], &environment);
        for service in registers.iter().chain([&aggregator, &voters, &production]) {
            service.wait_until_ready().await;
        }
        Self {
            voters: Voters::new(&voters.url),
            production: Production::new(&production.url, &token),
            registers,
            database,
            kafka,
            frontend: voters,
            production_frontend: production,
            ballot_keys: format!("test:{key}"),
            environment,
            _aggregator: aggregator,
            _turn: turn,
        }
    }

    /// Waits until every record in the topic is written off, and checks conservation (P3).
    ///
    /// # Panics
    /// When that takes too long, or something is lost or doubled.
    pub async fn settle(&self) {
        let end = self.end_offsets().await;
        eventually("every record to be written off", async || {
            let written: Option<i64> = sqlx::query_scalar("SELECT sum(next_offset)::bigint FROM register_cursor")
                .fetch_one(&self.database.pool)
                .await
                .ok()?;
            (written? >= end).then_some(())
        })
        .await;
        let broken: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM register_cursor AS c
             WHERE next_offset - start_offset <> counted + duplicate + parked + skipped
                OR counted + (SELECT count(*) FROM replayed AS r WHERE r.partition = c.partition)
                   <> (SELECT coalesce(sum(votes), 0) FROM bucket AS b WHERE b.partition = c.partition)",
        )
        .fetch_one(&self.database.pool)
        .await
        .expect("Postgres answers");
        assert_eq!(broken, 0, "partitions that break conservation");
    }

    /// Lets a director in, who enters with [`PASSWORD`].
    ///
    /// # Panics
    /// When that fails.
    pub fn add_director(&self, name: &str) {
        let arguments = ["user", "add", "--name", name, "--role", "director", "--who", "test"];
        process::feed("production-frontend", &arguments, &self.environment, PASSWORD);
    }

    /// Runs a service's command to its end, with `input` as its standard input.
    ///
    /// # Panics
    /// When it fails.
    pub fn feed(&self, name: &'static str, arguments: &[&str], input: &str) {
        process::feed(name, arguments, &self.environment, input);
    }

    async fn end_offsets(&self) -> i64 {
        let kafka = self.kafka.clone();
        let sum = move || test_support::end_offsets(&kafka, PARTITIONS).into_iter().sum();
        tokio::task::spawn_blocking(sum).await.expect("Kafka answers")
    }
}

/// Where a service's process finds everything.
type Environment = Vec<(&'static str, String)>;

fn environment(plan: &Plan, kafka: &KafkaArgs, database: &TestDatabase, key: &str) -> Environment {
    vec![
        ("KAFKA_BROKERS", kafka.kafka_brokers.clone()),
        ("KAFKA_TOPIC", kafka.kafka_topic.clone()),
        ("KAFKA_GROUP", kafka.kafka_topic.clone()),
        ("DATABASE_URL", database.args.database_url.clone()),
        ("CAPTCHA", plan.captcha.to_owned()),
        ("CAPTCHA_OFF_CONFIRMED", if plan.captcha == "off" { "yes" } else { "" }.to_owned()),
        ("BALLOT_KEYS", format!("test:{key}")),
        ("ALTCHA_KEY", key.to_owned()),
        ("RESULT_SIGNING_KEY", RESULT_SIGNING_KEY.to_owned()),
        ("RUST_LOG", "warn".to_owned()),
    ]
}

/// An address of this machine that nobody listens on yet.
fn free_address() -> String {
    format!("127.0.0.1:{}", port::free().expect("the system has a free port"))
}

/// Where a service's program is.
pub fn program(name: &str) -> PathBuf {
    binaries().join(name)
}

/// The folder into which Cargo built the services.
fn binaries() -> PathBuf {
    let test = std::env::current_exe().expect("a process knows where it came from");
    test.ancestors().nth(2).expect("Cargo puts tests into <profile>/deps").to_owned()
}
