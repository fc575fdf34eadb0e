//! The one statement, on the real Postgres.

use std::sync::Arc;

use test_support::{TestDatabase, eventually, fresh_database};
use votes_register::core::{Batch, Claim, Effect, Event, FlushOutcome, Limits, Partition, Record};
use votes_register::store::Store;
use voting_commons::{BallotId, Group, Shard, UnixMillis, Vote, codec};

use crate::harness::{Scene, Totals, this_minute};

const TOPIC: &str = "votes";

fn store(database: &TestDatabase) -> Store {
    Store::new(&database.as_service("votes-register"), TOPIC, "test", 2).unwrap()
}

fn vote(sequence: u64) -> Vote {
    let group = Group { paredao: 1.try_into().unwrap(), minute: this_minute(), participant: 1.try_into().unwrap() };
    Vote { ballot: BallotId { issuer: 1, sequence }, group, shard: Shard::default(), partition: 0 }
}

/// The batch that the core makes of these votes and one broken record.
async fn batch(store: &Store, votes: u64) -> (Arc<Batch>, i64) {
    let now = UnixMillis::from(jiff::Timestamp::now());
    let cursor = store.claim(0, 0).await.unwrap();
    let (mut core, _) = Partition::assigned(0, Limits::default());
    core.step(0, Event::Claimed(Ok(Claim { cursor, ..Claim::default() })), now);
    let good = (0..votes).map(|sequence| {
        let (key, value) = codec::encode(&vote(sequence));
        Record::decode(0, i64::try_from(sequence).unwrap(), now, Some(key.as_bytes()), Some(&value))
    });
    let broken = Record::decode(0, i64::try_from(votes).unwrap(), now, None, Some(b"\x00\xff"));
    // The first batch after a claim is written at once.
    let effects = core.step(0, Event::Records(good.chain([broken]).collect()), now);
    let [Effect::Flush { batch, epoch }] = effects.as_slice() else { panic!("no flush: {effects:?}") };
    (Arc::clone(batch), *epoch)
}

async fn totals(database: &TestDatabase) -> Totals {
    Scene::on(
        voting_commons::adapters::kafka::KafkaArgs::open(test_support::required_env("KAFKA_BROKERS"), TOPIC.to_owned()),
        database.clone(),
        1,
    )
    .totals()
    .await
}

#[tokio::test]
async fn counts_position_and_dead_letters_move_together_and_once() {
    let database = fresh_database().await;
    let store = store(&database);
    let (batch, epoch) = batch(&store, 3).await;
    assert_eq!(store.flush(0, &batch, epoch).await, FlushOutcome::Applied);
    assert_eq!(store.flush(0, &batch, epoch).await, FlushOutcome::Fenced);
    assert_eq!(totals(&database).await, Totals { votes: 3, counted: 3, duplicate: 0, parked: 1 });
    let cursor = store.read_cursor(0).await.unwrap().unwrap();
    assert_eq!((cursor.at, cursor.epoch), (batch.to, epoch));
}

#[tokio::test]
async fn an_older_epoch_writes_nothing() {
    let database = fresh_database().await;
    let store = store(&database);
    let (batch, epoch) = batch(&store, 3).await;
    store.claim(0, 0).await.unwrap();
    assert_eq!(store.flush(0, &batch, epoch).await, FlushOutcome::Fenced);
    assert_eq!(totals(&database).await, Totals { votes: 0, counted: 0, duplicate: 0, parked: 0 });
}

#[tokio::test]
async fn a_count_past_the_column_is_a_data_error_and_writes_nothing() {
    let database = fresh_database().await;
    let store = store(&database);
    let (batch, epoch) = batch(&store, 3).await;
    sqlx::query(
        "INSERT INTO bucket (paredao, start, participant, partition, votes)
         VALUES (1, to_timestamp($1::bigint * 60), 1, 0, 9223372036854775807)",
    )
    .bind(i64::from(batch.tally.sorted()[0].0.minute.get()))
    .execute(&database.pool)
    .await
    .unwrap();
    let outcome = store.flush(0, &batch, epoch).await;
    assert!(matches!(&outcome, FlushOutcome::DataError(detail) if detail.contains("22003")), "{outcome:?}");
    assert_eq!(store.read_cursor(0).await.unwrap().unwrap().at.next_offset, 0);
}

#[tokio::test]
async fn votes_that_the_database_refuses_are_parked_and_the_others_counted() {
    let scene = Scene::new(1).await;
    let minute = this_minute();
    sqlx::query(
        "INSERT INTO bucket (paredao, start, participant, partition, votes)
         VALUES (1, to_timestamp($1::bigint * 60), 2, 0, 9223372036854775807)",
    )
    .bind(i64::from(minute.get()))
    .execute(&scene.database.pool)
    .await
    .unwrap();
    let votes: Vec<_> = (0..20).map(|n| scene.vote_in(minute, n, if n == 13 { 2 } else { 1 })).collect();
    let before = scene.cast(&votes[0]).await;
    scene.cast_all(&votes[1..]).await;
    let _register = scene.register();
    let counted = eventually("19 votes to be counted", async || {
        let counted: Option<i64> = sqlx::query_scalar("SELECT votes FROM bucket WHERE participant = 1")
            .fetch_optional(&scene.database.pool)
            .await
            .unwrap();
        counted.filter(|counted| *counted >= 19)
    })
    .await;
    assert_eq!((before, counted), (0, 19));
    assert_eq!(scene.reasons().await, ["refused_by_store"]);
}
