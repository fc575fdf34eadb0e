//! Reconciliation on a real Kafka and a real Postgres, with a real register and frontends whose statements are written
//! by hand.

use std::time::Duration;

use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use sqlx::Row as _;
use test_support::{TestDatabase, delete_records_below, eventually, fresh_database, fresh_topic, make_topic_anew};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use votes_aggregator::{ReconcileArgs, reconcile};
use votes_register::control::Operator;
use votes_register::options::CountingArgs;
use voting_commons::accounts::{self, Account, BootId, Statement};
use voting_commons::adapters::admin::Readiness;
use voting_commons::adapters::kafka::{KafkaArgs, KafkaSignIn};
use voting_commons::adapters::traces::Traces;
use voting_commons::{BallotId, Group, Minute, Shard, UnixMillis, Vote, codec, partitioner};

const PARTITIONS: i32 = 3;
const BOOT: BootId = BootId(0xab);

struct Scene {
    kafka: KafkaArgs,
    database: TestDatabase,
    producer: FutureProducer,
    minute: Minute,
    partitions: i32,
    _reader: DropGuard,
}

/// A register in this process.
struct Register {
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Scene {
    async fn new() -> Self {
        Self::with_partitions(PARTITIONS).await
    }

    async fn with_partitions(partitions: i32) -> Self {
        let (kafka, database) = (fresh_topic(partitions).await, fresh_database().await);
        let producer = kafka.client_config("test").set("acks", "all").create().unwrap();
        let minute = now().minute().unwrap();
        let _reader = reader(&kafka.kafka_brokers, &kafka.kafka_topic, &database);
        Self { kafka, database, producer, minute, partitions, _reader }
    }

    fn register(&self) -> Register {
        let stop = CancellationToken::new();
        let (kafka, postgres, token) = (self.kafka.clone(), self.database.as_service("votes-register"), stop.clone());
        let counting = CountingArgs {
            group: kafka.kafka_topic.clone(),
            node: None,
            batch_age_millis_max: 50,
            batch_records_max: 1_000,
            connections_max: 2,
            data_error_attempts_max: 5,
        };
        let running = tokio::spawn(async move {
            votes_register::run(&kafka, &postgres, &counting, Traces::default(), Readiness::default(), token).await?;
            Ok(())
        });
        Register { stop, running }
    }

    /// Votes of this scene's minute, numbered from `from`.
    async fn cast(&self, numbers: std::ops::Range<u64>) {
        for sequence in numbers {
            let participant = i64::try_from(sequence % 4 + 1).unwrap();
            let group = Group {
                paredao: 1.try_into().unwrap(),
                minute: self.minute,
                participant: participant.try_into().unwrap(),
            };
            let partition = partitioner::partition_of(group.to_string().as_bytes(), self.partitions);
            let (key, value) = codec::encode(&Vote {
                ballot: BallotId { issuer: 1, sequence },
                group,
                shard: Shard::default(),
                partition,
            });
            self.send(&self.kafka.kafka_topic, partition, key.as_bytes(), &value).await;
        }
    }

    /// A frontend says what it has sent, and that it lives, or has ended.
    async fn say(&self, sent: i64, accepted: i64, ended: bool) {
        let (paredao, minute) = (1.try_into().unwrap(), self.minute);
        let account = Statement::Account { boot: BOOT, paredao, minute, account: Account { sent, accepted } };
        for statement in [account, Statement::Heartbeat { boot: BOOT, at: now(), ended }] {
            let (key, value) = accounts::encode(&statement);
            self.send(&self.kafka.accounts_topic(), 0, key.as_bytes(), &value).await;
        }
    }

    async fn send(&self, topic: &str, partition: i32, key: &[u8], value: &[u8]) {
        let record = FutureRecord::to(topic).partition(partition).key(key).payload(value);
        self.producer.send(record, Timeout::Never).await.unwrap();
    }

    async fn state(&self) -> String {
        let row = sqlx::query("SELECT state FROM reconciliation").fetch_one(&self.database.pool).await.unwrap();
        row.get("state")
    }

    /// Kind, expected, found.
    async fn findings(&self) -> Vec<(String, Option<i64>, Option<i64>)> {
        sqlx::query_as("SELECT kind, expected, found FROM reconciliation_finding ORDER BY id")
            .fetch_all(&self.database.pool)
            .await
            .unwrap()
    }

    /// Waits until `query` says `number`.
    async fn until(&self, what: &str, query: &'static str, number: i64) {
        eventually(what, async || {
            let said: Option<i64> = sqlx::query_scalar(query).fetch_one(&self.database.pool).await.unwrap();
            (said == Some(number)).then_some(())
        })
        .await;
    }

    async fn becomes(&self, state: &str) {
        eventually(state, async || (self.state().await == state).then_some(())).await;
    }

    /// Green, and this many records of the topic were read for it.
    async fn is_green_with(&self, records: i64) {
        eventually("green with all records read", async || {
            let (read, counted): (i64, i64) = sqlx::query_as(
                "SELECT (SELECT coalesce(sum(next_offset - start_offset), 0) FROM log_position)::bigint,
                        (SELECT coalesce(sum(next_offset - start_offset), 0) FROM register_cursor)::bigint",
            )
            .fetch_one(&self.database.pool)
            .await
            .unwrap();
            (read == records && counted == records && self.state().await == "green").then_some(())
        })
        .await;
    }
}

impl Register {
    async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

/// A reader that stops when it is dropped.
fn reader(brokers: &str, topic: &str, database: &TestDatabase) -> DropGuard {
    let stop = CancellationToken::new();
    let args = ReconcileArgs {
        kafka_brokers: Some(brokers.to_owned()),
        kafka_topic: topic.to_owned(),
        sign_in: KafkaSignIn::default(),
        reconcile_every: Duration::from_millis(200),
    };
    let pool = database.as_service("votes-aggregator").pool("test-reader", 2).unwrap();
    tokio::spawn(reconcile::run(pool, args, stop.clone()));
    stop.drop_guard()
}

fn now() -> UnixMillis {
    jiff::Timestamp::now().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_reconcile_and_a_changed_bucket_is_found() {
    let scene = Scene::new().await;
    let register = scene.register();
    scene.cast(0..40).await;
    // A retry, and two records that are no votes.
    scene.cast(0..1).await;
    scene.send(&scene.kafka.kafka_topic, 0, b"", b"{}").await;
    scene.send(&scene.kafka.kafka_topic, 2, b"1:2:3", b"no").await;
    scene.say(42, 41, true).await;
    scene.is_green_with(43).await;
    assert_eq!(scene.findings().await, []);

    sqlx::raw_sql("UPDATE bucket SET votes = votes - 1 WHERE participant = 2")
        .execute(&scene.database.pool)
        .await
        .unwrap();
    scene.becomes("red").await;
    let findings = scene.findings().await;
    let kinds: Vec<&str> = findings.iter().map(|(kind, ..)| kind.as_str()).collect();
    assert_eq!(kinds, ["buckets", "minute"], "{findings:?}");
    let (paredao, minute): (i32, i32) =
        sqlx::query_as("SELECT paredao, minute FROM reconciliation_finding WHERE kind = 'minute'")
            .fetch_one(&scene.database.pool)
            .await
            .unwrap();
    assert_eq!((paredao, minute), (1, scene.minute.get()));

    sqlx::raw_sql("UPDATE bucket SET votes = votes + 1 WHERE participant = 2")
        .execute(&scene.database.pool)
        .await
        .unwrap();
    scene.becomes("green").await;
    register.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_catching_up_while_no_register_counts() {
    let scene = Scene::new().await;
    let register = scene.register();
    scene.cast(0..10).await;
    scene.say(10, 10, true).await;
    scene.is_green_with(10).await;
    register.stop().await;
    scene.cast(10..20).await;
    scene.say(20, 20, true).await;
    scene.becomes("catching_up").await;
    assert_eq!(scene.findings().await, []);
    let behind: i64 =
        sqlx::query_scalar("SELECT behind_seconds FROM reconciliation").fetch_one(&scene.database.pool).await.unwrap();
    assert!(behind >= 1, "{behind}");
    let register = scene.register();
    scene.is_green_with(20).await;
    register.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_that_an_operator_passed_over_or_made_late_by_that_are_explained() {
    let scene = Scene::with_partitions(1).await;
    let operator =
        Operator::new(&scene.database.as_service("votes-register"), &scene.kafka.kafka_topic, "maria").unwrap();
    let register = scene.register();
    scene.cast(0..10).await;
    scene.say(10, 10, true).await;
    scene.is_green_with(10).await;
    operator.pause(None).await.unwrap();
    scene.until("the register to stand still", "SELECT count(*) FROM register_status WHERE state = 'paused'", 1).await;
    scene.cast(10..20).await;
    scene.say(20, 20, true).await;
    scene.until("the reader to have read all", "SELECT sum(next_offset)::bigint FROM log_position", 20).await;
    // Gone with them are counted ballots, so a copy of one couldn't be told from a new vote.
    delete_records_below(&scene.kafka, 15).await;
    let skip = operator.skip(&scene.kafka, 0, 15, "lost").await.unwrap();
    assert!(skip.late_before.is_some());
    operator.resume(None).await.unwrap();
    scene.until("the rest to be parked", "SELECT count(*) FROM dead_letter WHERE reason = 'too_late'", 5).await;
    scene.is_green_with(20).await;
    assert_eq!(scene.findings().await, []);

    sqlx::query("UPDATE dead_letter SET reason = 'from_future' WHERE record_offset = 19")
        .execute(&scene.database.pool)
        .await
        .unwrap();
    scene.becomes("red").await;
    register.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_log_that_an_operator_accepted_reconciles_beside_the_former_one() {
    let scene = Scene::with_partitions(1).await;
    let operator =
        Operator::new(&scene.database.as_service("votes-register"), &scene.kafka.kafka_topic, "maria").unwrap();
    let register = scene.register();
    scene.cast(0..10).await;
    scene.say(10, 10, true).await;
    scene.is_green_with(10).await;
    register.stop().await;
    make_topic_anew(&scene.kafka).await;
    scene.cast(20..32).await;
    scene.say(22, 22, true).await;
    let register = scene.register();
    let halted = "SELECT count(*) FROM register_status WHERE halt_code = 'fingerprint_mismatch'";
    scene.until("the register to halt", halted, 1).await;
    operator.accept_new_log(&scene.kafka, 0).await.unwrap();
    scene.until("what may repeat to be parked", "SELECT count(*) FROM dead_letter WHERE reason = 'too_late'", 12).await;
    scene.until("the reader to begin again", "SELECT sum(former_logs)::bigint FROM log_position", 1).await;
    scene.becomes("green").await;
    assert_eq!(scene.findings().await, []);

    sqlx::query("UPDATE bucket SET votes = votes + 1 WHERE participant = 2")
        .execute(&scene.database.pool)
        .await
        .unwrap();
    scene.becomes("red").await;
    register.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_vote_that_is_not_in_the_topic_is_red() {
    let scene = Scene::new().await;
    let register = scene.register();
    scene.cast(0..10).await;
    scene.say(11, 11, true).await;
    scene.becomes("red").await;
    eventually("the whole topic to be read", async || {
        (scene.findings().await == [("lost".to_owned(), Some(11), Some(10))]).then_some(())
    })
    .await;
    scene.cast(10..11).await;
    scene.is_green_with(11).await;
    register.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_frontend_sent_last_is_unknown_and_what_nobody_sent_is_red() {
    let scene = Scene::new().await;
    let register = scene.register();
    // It sent three, accounted for two, and died.
    scene.cast(0..3).await;
    scene.say(2, 2, false).await;
    eventually("the frontend to be taken for dead", async || {
        (scene.findings().await == [("frontend_unknown".to_owned(), None, None)]).then_some(())
    })
    .await;
    scene.becomes("green").await;
    // It was only frozen: now everything is known, and the third vote is nobody's.
    scene.say(2, 2, true).await;
    eventually("the vote that nobody sent", async || {
        (scene.findings().await == [("unaccounted".to_owned(), Some(2), Some(3))]).then_some(())
    })
    .await;
    assert_eq!(scene.state().await, "red");
    register.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_reader_takes_over_where_the_first_stopped() {
    let mut scene = Scene::new().await;
    let register = scene.register();
    scene.cast(0..10).await;
    scene.say(10, 10, true).await;
    scene.is_green_with(10).await;
    drop(std::mem::replace(&mut scene._reader, CancellationToken::new().drop_guard()));
    // Nobody has to wait until its turn would have ended.
    eventually("the turn is given up", async || {
        let given = "SELECT lease_until = '-infinity' FROM reconciliation";
        let given: bool = sqlx::query_scalar(given).fetch_one(&scene.database.pool).await.unwrap();
        given.then_some(())
    })
    .await;
    // Retries, which only who remembers the ballots knows for such.
    scene.cast(5..15).await;
    scene.say(20, 20, true).await;
    let _reader = reader(&scene.kafka.kafka_brokers, &scene.kafka.kafka_topic, &scene.database);
    scene.is_green_with(20).await;
    let (countable, duplicate): (i64, i64) =
        sqlx::query_as("SELECT sum(countable)::bigint, sum(duplicate)::bigint FROM log_position")
            .fetch_one(&scene.database.pool)
            .await
            .unwrap();
    assert_eq!((countable, duplicate), (15, 5));
    register.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_cannot_reach_kafka_leaves_its_turn_to_one_that_can() {
    let (kafka, database) = (fresh_topic(1).await, fresh_database().await);
    let _cut_off = reader("127.0.0.1:1", &kafka.kafka_topic, &database);
    let is_taken = "SELECT lease_until > clock_timestamp() FROM reconciliation";
    eventually("the one cut off to have the turn", async || {
        let is_taken: bool = sqlx::query_scalar(is_taken).fetch_one(&database.pool).await.unwrap();
        is_taken.then_some(())
    })
    .await;
    let _other = reader(&kafka.kafka_brokers, &kafka.kafka_topic, &database);
    let has_looked = "SELECT checked_at IS NOT NULL FROM reconciliation";
    eventually("the other one to look", async || {
        let has_looked: bool = sqlx::query_scalar(has_looked).fetch_one(&database.pool).await.unwrap();
        has_looked.then_some(())
    })
    .await;
}

#[tokio::test]
async fn looks_follow_each_other_also_while_nobody_votes() {
    let scene = Scene::with_partitions(12).await;
    let register = scene.register();
    scene.cast(0..10).await;
    scene.say(10, 10, true).await;
    scene.is_green_with(10).await;
    let checked_at = async || -> f64 {
        let query = "SELECT extract(epoch FROM checked_at)::float8 FROM reconciliation";
        sqlx::query_scalar(query).fetch_one(&scene.database.pool).await.unwrap()
    };
    for _ in 0..3 {
        let before = checked_at().await;
        let after = eventually("another look", async || Some(checked_at().await).filter(|at| *at > before)).await;
        // It waited for half a second per partition and question when brokers kept their answers back.
        assert!(after - before < 5.0, "{} s", after - before);
    }
    register.stop().await;
}

#[tokio::test]
async fn a_look_is_as_old_as_its_beginning() {
    let scene = Scene::new().await;
    let register = scene.register();
    scene.cast(0..10).await;
    scene.say(10, 10, true).await;
    scene.is_green_with(10).await;
    // When each look was kept, beside when it says that it was.
    sqlx::raw_sql(
        "CREATE TABLE look (checked_at timestamptz, kept_at timestamptz);
         CREATE FUNCTION note_look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
         BEGIN
             INSERT INTO look VALUES (NEW.checked_at, clock_timestamp());
             RETURN NEW;
         END
         $$;
         CREATE TRIGGER look AFTER UPDATE OF checked_at ON reconciliation FOR EACH ROW EXECUTE FUNCTION note_look()",
    )
    .execute(&scene.database.pool)
    .await
    .unwrap();
    // The next look can't be kept before this.
    let mut held = scene.database.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE log_minute IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("a look that waits", async || {
        let count: i64 = sqlx::query_scalar(waiting).fetch_one(&scene.database.pool).await.unwrap();
        (count > 0).then_some(())
    })
    .await;
    let released_at: i64 = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        .fetch_one(&mut *held)
        .await
        .unwrap();
    held.commit().await.unwrap();
    let query = "SELECT checked_at < to_timestamp($1::bigint / 1000000.0) FROM look
                 WHERE kept_at >= to_timestamp($1::bigint / 1000000.0) ORDER BY kept_at LIMIT 1";
    let began_before = eventually("a look", async || {
        sqlx::query_scalar::<_, bool>(query).bind(released_at).fetch_optional(&scene.database.pool).await.unwrap()
    })
    .await;
    assert!(began_before);
    register.stop().await;
}
