//! Logs that can't be trusted: the register halts and says so, and never skips.

use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use test_support::{admin, delete_records_below, fresh_database, make_topic_anew, required_env, unique_name};
use voting_commons::adapters::kafka::KafkaArgs;

use crate::harness::Scene;

#[tokio::test]
async fn a_topic_that_producers_stamp_is_refused() {
    let kafka = KafkaArgs::open(required_env("KAFKA_BROKERS"), unique_name("votes"));
    let topic =
        NewTopic::new(&kafka.kafka_topic, 1, TopicReplication::Fixed(1)).set("message.timestamp.type", "CreateTime");
    admin(&kafka).create_topics([&topic], &AdminOptions::new()).await.unwrap();
    let scene = Scene::on(kafka, fresh_database().await, 1);
    assert!(!scene.register().ended().await);
}

#[tokio::test]
async fn a_topic_made_anew_halts_its_partition() {
    let scene = Scene::new(1).await;
    let mut register = scene.register();
    scene.cast(&scene.vote(1, 1)).await;
    scene.cast(&scene.vote(2, 1)).await;
    scene.written(2).await;
    register.kill();

    make_topic_anew(&scene.kafka).await;
    for sequence in 3..6 {
        scene.cast(&scene.vote(sequence, 1)).await;
    }

    let register = scene.register();
    register.wait_until_blocked("isn't the one that was counted").await;
    assert_eq!(scene.totals().await.votes, 2);
}

#[tokio::test]
async fn an_empty_topic_made_anew_halts_its_partition_before_anybody_votes() {
    let scene = Scene::new(1).await;
    let register = scene.register();
    scene.cast(&scene.vote(1, 1)).await;
    scene.written(1).await;
    make_topic_anew(&scene.kafka).await;
    register.wait_until_blocked("before the cursor at 1").await;
    assert_eq!(scene.totals().await.votes, 1);
}

#[tokio::test]
async fn uncounted_records_that_are_gone_halt_their_partition_and_no_other() {
    let scene = Scene::new(2).await;
    let (gone, kept) = (voted_in(&scene, 0), voted_in(&scene, 1));
    for sequence in 0..10 {
        scene.cast(&scene.vote(sequence, gone)).await;
    }
    let mut register = scene.register();
    scene.written(10).await;
    register.kill();

    for sequence in 10..20 {
        scene.cast(&scene.vote(sequence, gone)).await;
    }
    delete_records_below(&scene.kafka, 15).await;

    let register = scene.register();
    register.wait_until_blocked("uncounted records are gone").await;
    scene.cast(&scene.vote(20, kept)).await;
    assert_eq!(scene.written(11).await.votes, 11);
}

#[tokio::test]
async fn counted_records_that_are_gone_halt_nothing_until_a_vote_may_repeat_one_of_them() {
    let scene = Scene::new(1).await;
    let mut register = scene.register();
    for sequence in 0..10 {
        scene.cast(&scene.vote(sequence, 1)).await;
    }
    scene.written(10).await;
    register.kill();
    delete_records_below(&scene.kafka, 10).await;

    let register = scene.register();
    register.wait_until_ready().await;
    scene.append(0, Some(b"not a vote"), None).await;
    assert_eq!(scene.written(11).await.parked, 1);
    scene.cast(&scene.vote(3, 1)).await;
    register.wait_until_blocked("repeats one of them can't be told").await;
    assert_eq!(scene.totals().await.votes, 10);
}

/// A participant whose votes of this minute and the next go to `partition`.
fn voted_in(scene: &Scene, partition: i32) -> i64 {
    let now = crate::harness::this_minute();
    (1..1_000)
        .find(|participant| {
            [now, now.next()].iter().all(|minute| scene.vote_in(*minute, 0, *participant).partition == partition)
        })
        .unwrap()
}
