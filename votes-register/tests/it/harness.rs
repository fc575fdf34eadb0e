//! Votes put into the topic by hand, registers run as processes, and what they wrote.

use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use dev_stack::port;
use jiff::Timestamp;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use test_support::{TestDatabase, eventually, fresh_database, fresh_topic};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::{BallotId, Group, Minute, Shard, UnixMillis, Vote, codec, partitioner};

/// A topic and a database of one test's own.
pub(crate) struct Scene {
    pub(crate) kafka: KafkaArgs,
    pub(crate) database: TestDatabase,
    pub(crate) partitions: i32,
    pub(crate) issuer: u64,
    producer: FutureProducer,
}

/// What the tables say in one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) votes: i64,
    pub(crate) counted: i64,
    pub(crate) duplicate: i64,
    pub(crate) parked: i64,
}

impl Scene {
    pub(crate) async fn new(partitions: i32) -> Self {
        Self::on(fresh_topic(partitions).await, fresh_database().await, partitions)
    }

    pub(crate) fn on(kafka: KafkaArgs, database: TestDatabase, partitions: i32) -> Self {
        let producer = kafka
            .client_config("test-producer")
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            .create()
            .unwrap();
        Self { kafka, database, partitions, issuer: rand::random(), producer }
    }

    /// With a paredão 1, whose slug is `final`.
    pub(crate) async fn with_paredao(partitions: i32) -> Self {
        let scene = Self::new(partitions).await;
        sqlx::query("INSERT INTO paredao (slug, title) VALUES ('final', 'Quem sai?')")
            .execute(&scene.database.pool)
            .await
            .unwrap();
        scene
    }

    /// A vote of this minute.
    pub(crate) fn vote(&self, sequence: u64, participant: i64) -> Vote {
        self.vote_in(this_minute(), sequence, participant)
    }

    pub(crate) fn vote_in(&self, minute: Minute, sequence: u64, participant: i64) -> Vote {
        let group = Group { paredao: 1.try_into().unwrap(), minute, participant: participant.try_into().unwrap() };
        let partition = partitioner::partition_of(group.to_string().as_bytes(), self.partitions);
        Vote { ballot: BallotId { issuer: self.issuer, sequence }, group, shard: Shard::default(), partition }
    }

    /// Puts a vote into the topic; its offset.
    pub(crate) async fn cast(&self, vote: &Vote) -> i64 {
        let (key, value) = codec::encode(vote);
        self.append(vote.partition, Some(key.as_bytes()), Some(&value)).await
    }

    /// Puts votes into the topic, many at a time.
    pub(crate) async fn cast_all(&self, votes: &[Vote]) {
        for some in votes.chunks(1_000) {
            futures::future::join_all(some.iter().map(|vote| self.cast(vote))).await;
        }
    }

    /// Puts any bytes into the topic; their offset.
    pub(crate) async fn append(&self, partition: i32, key: Option<&[u8]>, value: Option<&[u8]>) -> i64 {
        let mut record = FutureRecord::<[u8], [u8]>::to(&self.kafka.kafka_topic).partition(partition);
        record.key = key;
        record.payload = value;
        self.producer.send(record, Timeout::Never).await.unwrap().offset
    }

    /// When the broker got the record at `offset`, in milliseconds since the Unix epoch.
    pub(crate) async fn appended_at(&self, partition: i32, offset: i64) -> i64 {
        let consumer: BaseConsumer = self.kafka.client_config("test-reader").set("group.id", "test").create().unwrap();
        let mut place = TopicPartitionList::new();
        place.add_partition_offset(&self.kafka.kafka_topic, partition, Offset::Offset(offset)).unwrap();
        consumer.assign(&place).unwrap();
        eventually("the record to be read", async || {
            let message = consumer.poll(Duration::ZERO)?.unwrap();
            assert_eq!(message.offset(), offset);
            message.timestamp().to_millis()
        })
        .await
    }

    /// Starts a register in a process of its own.
    pub(crate) fn register(&self) -> Register {
        let admin = format!("127.0.0.1:{}", port::free().unwrap());
        let process = self.program().arg("run").env("ADMIN_LISTEN", &admin).spawn().unwrap();
        Register { process, admin }
    }

    /// Runs a command of the register to its end.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Output {
        let mut command = self.program();
        command.args(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_votes-register"));
        program
            .env("KAFKA_BROKERS", &self.kafka.kafka_brokers)
            .env("KAFKA_TOPIC", &self.kafka.kafka_topic)
            .env("KAFKA_GROUP", &self.kafka.kafka_topic)
            .env("DATABASE_URL", self.database.as_service("votes-register").database_url)
            .stdin(Stdio::null());
        program
    }

    pub(crate) async fn totals(&self) -> Totals {
        let row: (i64, i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT coalesce(sum(votes), 0) FROM bucket)::bigint, coalesce(sum(counted), 0)::bigint,
                    coalesce(sum(duplicate), 0)::bigint, coalesce(sum(parked), 0)::bigint
             FROM register_cursor",
        )
        .fetch_one(&self.database.pool)
        .await
        .unwrap();
        Totals { votes: row.0, counted: row.1, duplicate: row.2, parked: row.3 }
    }

    /// Waits until `records` records are written off, and says how.
    pub(crate) async fn written(&self, records: i64) -> Totals {
        eventually(&format!("{records} records to be written off"), async || {
            let totals = self.totals().await;
            (totals.counted + totals.duplicate + totals.parked >= records).then_some(totals)
        })
        .await
    }

    /// The reasons of the dead letters, in the order of their offsets.
    pub(crate) async fn reasons(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT reason FROM dead_letter ORDER BY partition, record_offset")
            .fetch_all(&self.database.pool)
            .await
            .unwrap()
    }
}

pub(crate) fn this_minute() -> Minute {
    UnixMillis::from(Timestamp::now()).minute().unwrap()
}

/// A register's process, which doesn't outlive its test.
pub(crate) struct Register {
    process: Child,
    admin: String,
}

impl Register {
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        kill(pid, signal).unwrap();
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits for the process to end by itself; whether it says that it went well.
    pub(crate) async fn ended(&mut self) -> bool {
        eventually("the register to end", async || self.process.try_wait().unwrap()).await.success()
    }

    pub(crate) async fn wait_until_ready(&self) {
        eventually("the register to be ready", async || self.readyz().filter(|(ready, _)| *ready)).await;
    }

    /// Waits until `/readyz` says `why` it isn't ready.
    pub(crate) async fn wait_until_blocked(&self, why: &str) {
        let says = |(ready, text): &(bool, String)| !ready && text.contains(why);
        eventually(why, async || self.readyz().filter(says)).await;
    }

    fn readyz(&self) -> Option<(bool, String)> {
        let response =
            ureq::get(format!("http://{}/readyz", self.admin)).config().http_status_as_error(false).build().call();
        let mut response = response.ok()?;
        Some((response.status().is_success(), response.body_mut().read_to_string().ok()?))
    }

    /// What its metrics say of a partition under `name`; `None` where they say nothing.
    pub(crate) fn gauge(&self, name: &str, partition: i32) -> Option<f64> {
        let text = ureq::get(format!("http://{}/metrics", self.admin)).call().ok()?.body_mut().read_to_string().ok()?;
        let series = format!("{name}{{partition=\"{partition}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&series)?.parse().ok())
    }
}

impl Drop for Register {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
