//! The whole system as processes, for tests that look at it from outside.
//!
//! Each [`System`] has a topic and a database of its own, and its processes end with it. The services' binaries are
//! taken from where Cargo built this test, so build the workspace first, as `cargo xtask test` does.

pub mod browser;
mod clients;
mod environment;
mod guarded;
mod late;
mod process;
pub mod stage;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use dev_stack::keyring::{ADMIN, MIGRATIONS};
use dev_stack::port;
use dev_stack::postgres::SUPERUSER;
use load_test::options::Cli;
use test_support::{TestDatabase, eventually, fresh_database_on, fresh_topic_on, required_env};
use tokio::sync::{Mutex, OwnedMutexGuard};
use voting_commons::adapters::kafka::KafkaArgs;

pub use clients::{Answer, Paredao, Production, Voters};
pub use guarded::{GuardedKafka, GuardedPostgres};
pub use late::cast_late;
pub use process::Service;

use environment::Environment;

/// Partitions of a system's topic.
const PARTITIONS: i32 = 12;
/// The longest a test's HTTP request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

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
    /// Settings of the services beside these.
    pub more: Vec<(&'static str, String)>,
    /// The file that the services' logs are added to, instead of the terminal.
    pub log: Option<PathBuf>,
}

impl Plan {
    /// On the Kafka and the Postgres that all tests share: one register, and the captcha off.
    pub fn shared() -> Self {
        Self {
            brokers: required_env("KAFKA_BROKERS"),
            postgres: required_env("DATABASE_URL"),
            registers: 1,
            captcha: "off",
            more: vec![],
            log: None,
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
    /// The aggregator's process.
    pub aggregator: Service,
    /// The process of production's frontend.
    pub production_frontend: Service,
    /// The keys of its ballots.
    pub ballot_keys: String,
    /// Its database.
    pub database: TestDatabase,
    /// Its topic.
    pub kafka: KafkaArgs,
    environment: Environment,
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
        let environment = Environment::open(plan, &kafka, &database.args);
        Self::start_on(kafka, database, plan.registers, environment, turn).await
    }

    /// The same where everybody must sign in: topics and tables are made first, in the name of the migrations.
    ///
    /// # Panics
    /// When a part can't be started.
    pub async fn start_guarded(kafka: &GuardedKafka, postgres: &GuardedPostgres) -> Self {
        let turn = Arc::clone(&ONE_AT_A_TIME).lock_owned().await;
        let environment = Environment::guarded(kafka, postgres);
        let migrations = environment.clone().signing_in_as(MIGRATIONS);
        process::output("votes-register", &["create-topic"], &migrations);
        process::output("production-frontend", &["migrate", "--service-roles"], &migrations);
        let args = postgres.as_role(SUPERUSER);
        let pool = args.pool("test", 4).expect("the URL is well formed");
        let database = TestDatabase { args, pool };
        Self::start_on(kafka.as_user(ADMIN), database, 1, environment, turn).await
    }

    async fn start_on(
        kafka: KafkaArgs,
        database: TestDatabase,
        registers: usize,
        environment: Environment,
        turn: OwnedMutexGuard<()>,
    ) -> Self {
        let token = process::output(
            "production-frontend",
            &["token", "add", "--name", "test", "--role", "director"],
            &environment,
        );

        let registers: Vec<_> =
            (0..registers).map(|_| Service::start("votes-register", &["run"], &environment)).collect();
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
            ballot_keys: environment.ballot_keys.clone(),
            environment,
            aggregator,
            _turn: turn,
        }
    }

    /// Makes a paredão of three participants, which voters see from then on.
    ///
    /// # Panics
    /// When it can't be made, or voters don't see it.
    pub async fn open_paredao(&self, slug: &str) -> Paredao {
        let paredao = self.production.open_paredao(slug).await;
        self.until_seen(slug).await;
        paredao
    }

    /// Waits until voters see the paredão with this slug.
    async fn until_seen(&self, slug: &str) {
        eventually("the paredão to be open", async || self.voters.knows(slug).await.then_some(())).await;
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

    /// Has the load test write the votes in `file`, as the import that production knows by the number `import`; whether each of its
    /// lines was a vote and counts.
    ///
    /// # Errors
    /// When that can't be done.
    pub async fn import(&self, file: &Path, import: &str) -> anyhow::Result<bool> {
        let arguments = [
            "load-test",
            "import",
            file.to_str().context("a path that is no text")?,
            "--import",
            import,
            "--production",
            &self.production.url,
            "--token",
            &self.production.token,
            "--kafka-brokers",
            &self.kafka.kafka_brokers,
            "--kafka-topic",
            &self.kafka.kafka_topic,
        ];
        load_test::run(&Cli::parse_from(arguments)).await
    }

    async fn end_offsets(&self) -> i64 {
        let kafka = self.kafka.clone();
        let sum = move || test_support::end_offsets(&kafka, PARTITIONS).into_iter().sum();
        tokio::task::spawn_blocking(sum).await.expect("Kafka answers")
    }
}

/// An address of this machine that nobody listens on yet.
fn free_address() -> String {
    format!("127.0.0.1:{}", port::free().expect("the system has a free port"))
}

/// Where a service's program is.
pub fn program(name: &str) -> PathBuf {
    binaries().join(name)
}

/// The folder into which Cargo built the services: that of other programs, and the one above that of tests and examples.
fn binaries() -> PathBuf {
    let program = std::env::current_exe().expect("a process knows where it came from");
    let folder = program.parent().expect("a program lies in a folder");
    let is_apart = ["deps", "examples"].iter().any(|name| folder.ends_with(name));
    if is_apart { folder.parent().unwrap_or(folder) } else { folder }.to_owned()
}
