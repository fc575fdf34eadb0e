//! Kafka or Postgres away, a full queue, and stopping.

use std::time::{Duration, Instant};

use altcha::{Challenge, Payload, SolveChallengeOptions, solve_challenge};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dev_stack::kafka::Kafka;
use dev_stack::postgres::Postgres;
use futures::FutureExt;
use futures::future::select_all;
use serde_json::Value;
use test_support::{eventually, fresh_database, fresh_database_on, fresh_topic, fresh_topic_on};
use voters_frontend::options::Provider;
use voting_commons::adapters::secret::Secret;

use crate::support::{PARTITIONS, Service, options, records, seed};

/// Solves the challenge of `ballot` as the widget does.
pub(crate) fn solve(ballot: &Value) -> String {
    let challenge: Challenge = serde_json::from_value(ballot["captcha"]["challenge"].clone()).unwrap();
    let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
    STANDARD.encode(serde_json::to_vec(&Payload { challenge, solution }).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passed_captcha_with_kafka_away_needs_no_second_captcha() {
    let mut kafka = Kafka::temporary().unwrap();
    let topic = fresh_topic_on(&kafka.brokers(), PARTITIONS).await;
    let database = fresh_database().await;
    seed(&database.pool).await;
    let mut options = options(&topic, &database.as_service("voters-frontend"));
    options.captcha.captcha = Provider::Altcha;
    options.captcha.altcha_key = Some(Secret::from("a key of the tests".to_owned()));
    let service = Service::start(options).await;

    let (ballot, other) = (service.ballot().await, service.ballot().await);
    kafka.stop().unwrap();
    let refused = service.cast(&ballot, &solve(&ballot)).await;
    refused.assert_problem(503, "votes-unavailable");
    let pass = refused.body["pass"].as_str().unwrap();
    assert!(pass.starts_with("v4.local."), "{pass}");

    kafka.start_again().unwrap();
    let accepted = eventually("Kafka takes votes again", async || {
        let answer = service.cast(&ballot, pass).await;
        if answer.status == 503 { None } else { Some(answer) }
    })
    .await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    service.cast(&other, pass).await.assert_problem(403, "captcha-failed");
    service.cast(&other, other["ballot"].as_str().unwrap()).await.assert_problem(403, "captcha-failed");
    assert!(records(&topic).await.iter().all(|record| record.value["ballot"] == accepted.body["receipt"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_503_and_stopping_waits_for_what_is_under_way() {
    let mut kafka = Kafka::temporary().unwrap();
    let topic = fresh_topic_on(&kafka.brokers(), PARTITIONS).await;
    let database = fresh_database().await;
    seed(&database.pool).await;
    let mut options = options(&topic, &database.as_service("voters-frontend"));
    options.queue_votes_max = 1;
    let service = Service::start(options).await;
    let ballots = [service.ballot().await, service.ballot().await];

    // The broker hangs: of two votes one fills the queue, and the other is refused at once.
    kafka.freeze().unwrap();
    let casts = ballots.each_ref().map(|ballot| service.cast(ballot, "").boxed());
    let (refused, _, mut waiting) = select_all(casts).await;
    refused.assert_problem(503, "votes-unavailable");

    service.begin_to_stop();
    kafka.thaw().unwrap();
    let accepted = waiting.remove(0).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    drop(waiting);
    service.stop().await.unwrap();
    let written = records(&topic).await;
    assert!(written.iter().any(|record| record.value["ballot"] == accepted.body["receipt"]), "{written:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn voting_goes_on_while_postgres_is_away() {
    let mut postgres = Postgres::temporary().unwrap();
    let database = fresh_database_on(&postgres.url()).await;
    seed(&database.pool).await;
    let topic = fresh_topic(PARTITIONS).await;
    let service = Service::start(options(&topic, &database.as_service("voters-frontend"))).await;
    postgres.kill().unwrap();
    database.pool.close().await;

    // Several readings fail while votes are taken.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        let ballot = service.ballot().await;
        assert_eq!(service.cast(&ballot, "").await.status, 202);
        assert!(service.is_ready().await);
    }
    assert_eq!(service.get("/").await.status(), 200);
}

#[tokio::test]
async fn a_frontend_that_knows_nothing_yet_is_not_ready_and_says_so() {
    let topic = fresh_topic(PARTITIONS).await;
    let mut options = options(&topic, &fresh_database().await.as_service("voters-frontend"));
    options.postgres.database_url = "postgres://nobody@127.0.0.1:1/nowhere".to_owned();
    let service = Service::start_unready(options).await;
    service.ask_ballot("paredao-1", 1).await.assert_problem(503, "starting");
    assert!(service.readiness().await.contains("paredoes: starting"));
}
