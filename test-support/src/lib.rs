//! A fresh database and a fresh topic for each test, on the real Postgres and the real Kafka that `cargo xtask test`
//! (or `cargo xtask dev-services`) has started.

pub mod texts;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use sqlx::{Connection, PgConnection, PgPool};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::{self, PostgresArgs};

/// The longest any condition of a test may take to come true.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The value of an environment variable that names a running service.
///
/// # Panics
/// When it isn't set, saying how to set it.
pub fn required_env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} isn't set: run `cargo xtask test`, or `eval \"$(cargo xtask dev-services)\"` first")
    })
}

/// A name that no other test of this or another run has.
pub fn unique_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is past 1970");
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}_{}_{}_{number}", now.as_micros(), std::process::id())
}

/// A database of this test's own, with the schema in it. It stays behind when a test fails, to be looked at.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    /// Its arguments, as services take them.
    pub args: PostgresArgs,
    /// A pool for the test's own queries.
    pub pool: PgPool,
}

/// Makes a database and migrates it.
///
/// # Panics
/// When Postgres can't be reached or refuses.
pub async fn fresh_database() -> TestDatabase {
    fresh_database_on(&required_env("DATABASE_URL")).await
}

/// Makes a database on the server that `maintenance_url` leads to, and migrates it.
///
/// # Panics
/// When Postgres can't be reached or refuses.
pub async fn fresh_database_on(maintenance_url: &str) -> TestDatabase {
    let name = unique_name("test");
    let mut connection = PgConnection::connect(maintenance_url).await.expect("Postgres answers");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .expect("Postgres makes a database");
    let (server, _) = maintenance_url.rsplit_once('/').expect("the URL ends with the database's name");
    let args = PostgresArgs::open(format!("{server}/{name}"));
    let pool = args.pool("test", 4).expect("the URL is well formed");
    postgres::migrate(&pool).await.expect("the migrations run");
    sqlx::raw_sql(SERVICE_ROLES).execute(&pool).await.expect("Postgres makes roles");
    postgres::grant_rights(&pool).await.expect("the roles get their rights");
    TestDatabase { args, pool }
}

/// A role for each service, which all databases of a server share. The tests' server asks for no password.
const SERVICE_ROLES: &str = "
    DO $$
    DECLARE
        service text;
    BEGIN
        FOREACH service IN ARRAY ARRAY['voters-frontend', 'votes-register', 'votes-aggregator', 'production-frontend'] LOOP
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
                BEGIN
                    EXECUTE format('CREATE ROLE %I LOGIN', service);
                EXCEPTION WHEN duplicate_object OR unique_violation THEN
                    NULL; -- Another test was faster.
                END;
            END IF;
        END LOOP;
    END
    $$";

impl TestDatabase {
    /// How a service reaches this database in its own name, with no more rights than it has in production.
    ///
    /// # Panics
    /// When the database's URL names no server.
    pub fn as_service(&self, name: &str) -> PostgresArgs {
        let (_, place) = self.args.database_url.rsplit_once('@').expect("the URL names a server");
        PostgresArgs::open(format!("postgres://{name}@{place}"))
    }

    /// Has the newest migration look as if it hadn't been made yet.
    ///
    /// # Panics
    /// When Postgres refuses.
    pub async fn forget_newest_migration(&self) {
        let newest = "UPDATE _sqlx_migrations SET version = -version WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
        sqlx::query(newest).execute(&self.pool).await.expect("Postgres forgets");
    }

    /// Takes [`Self::forget_newest_migration`] back.
    ///
    /// # Panics
    /// When Postgres refuses.
    pub async fn remember_newest_migration(&self) {
        let forgotten = "UPDATE _sqlx_migrations SET version = -version WHERE version < 0";
        sqlx::query(forgotten).execute(&self.pool).await.expect("Postgres remembers");
    }
}

/// Makes a topic of `partitions` partitions with the settings that votes need.
///
/// # Panics
/// When Kafka can't be reached or refuses.
pub async fn fresh_topic(partitions: i32) -> KafkaArgs {
    fresh_topic_on(&required_env("KAFKA_BROKERS"), partitions).await
}

/// Makes a topic on the given brokers.
///
/// # Panics
/// When Kafka can't be reached or refuses.
pub async fn fresh_topic_on(brokers: &str, partitions: i32) -> KafkaArgs {
    let args = KafkaArgs::open(brokers.to_owned(), unique_name("votes"));
    args.create_topic(partitions, 1).await.expect("Kafka makes a topic");
    args
}

/// A client that manages topics.
///
/// # Panics
/// When it can't be set up.
pub fn admin(kafka: &KafkaArgs) -> AdminClient<DefaultClientContext> {
    kafka.client_config("test-admin").create().expect("the client is well configured")
}

/// Deletes a topic of one partition and makes it again, empty. Kafka deletes in its own time.
///
/// # Panics
/// When Kafka refuses.
pub async fn make_topic_anew(kafka: &KafkaArgs) {
    let (admin, topic) = (admin(kafka), kafka.kafka_topic.as_str());
    admin.delete_topics(&[topic], &AdminOptions::new()).await.expect("Kafka deletes a topic");
    eventually("the topic to be deleted and made again", async || {
        let anew = NewTopic::new(topic, 1, TopicReplication::Fixed(1)).set("message.timestamp.type", "LogAppendTime");
        let made = admin.create_topics([&anew], &AdminOptions::new()).await.expect("Kafka answers");
        match made.into_iter().next().expect("an answer for the topic") {
            Ok(_) => Some(()),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => None,
            Err(error) => panic!("{error:?}"),
        }
    })
    .await;
}

/// Removes the records of partition 0 that lie below `offset`, as retention would.
///
/// # Panics
/// When Kafka refuses.
pub async fn delete_records_below(kafka: &KafkaArgs, offset: i64) {
    let mut before = TopicPartitionList::new();
    before.add_partition_offset(&kafka.kafka_topic, 0, Offset::Offset(offset)).expect("an offset isn't negative");
    admin(kafka).delete_records(&before, &AdminOptions::new()).await.expect("Kafka removes records");
}

/// Waits until `condition` gives a value, looking often.
///
/// # Panics
/// When it doesn't within [`PATIENCE`]; `what` says what was waited for.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Where each of a topic's partitions ends: the offset that its next record will get.
///
/// # Panics
/// When Kafka doesn't say.
pub fn end_offsets(kafka: &KafkaArgs, partitions: i32) -> Vec<i64> {
    let client: BaseConsumer = kafka.client_config("test-ends").create().expect("the client is well configured");
    (0..partitions).map(|partition| watermarks(&client, &kafka.kafka_topic, partition).1).collect()
}

/// Where a partition begins and ends.
///
/// # Panics
/// When Kafka doesn't say.
pub fn watermarks(client: &BaseConsumer, topic: &str, partition: i32) -> (i64, i64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match client.fetch_watermarks(topic, partition, PATIENCE) {
            Ok(found) => return found,
            // A broker that has just come back, or has just been given a topic, answers before it leads its partitions.
            Err(KafkaError::MetadataFetch(RDKafkaErrorCode::NotLeaderForPartition)) if Instant::now() < deadline => {
                thread::sleep(LOOK_EVERY);
            }
            Err(error) => panic!("Kafka doesn't say where a partition ends: {error}"),
        }
    }
}
