//! The system with a part of it dead or away.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dev_stack::kafka::Kafka;
use dev_stack::postgres::{Postgres, Stop};
use end_to_end::{Plan, System};
use futures::StreamExt;
use reqwest::StatusCode;
use test_support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_register_of_two_killed_while_votes_flow() {
    const BALLOTS: usize = 6_000;
    let mut system = System::start(&Plan { registers: 2, ..Plan::shared() }).await;
    let paredao = system.open_paredao("final").await;
    let mut victim = system.registers.remove(0);
    let acknowledged = Arc::new(AtomicUsize::new(0));

    let cast = |index: usize| {
        let (voters, slug, acknowledged) = (system.voters.clone(), paredao.slug.clone(), Arc::clone(&acknowledged));
        let participant = paredao.participants[index % 3];
        async move {
            let ballot = voters.ballot(&slug, participant).await;
            let answer = voters.cast(&ballot).await.unwrap();
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
            acknowledged.fetch_add(1, Ordering::Relaxed);
            answer.text("receipt")
        }
    };
    let flow = futures::stream::iter(0..BALLOTS).map(cast).buffer_unordered(32).collect::<BTreeSet<_>>();
    let death = async {
        eventually("a third of the votes", async || (acknowledged.load(Ordering::Relaxed) > BALLOTS / 3).then_some(()))
            .await;
        victim.kill();
    };
    let (receipts, ()) = tokio::join!(flow, death);
    assert_eq!(receipts.len(), BALLOTS);

    system.settle().await;
    assert_eq!(system.production.totals("final", "").await.body["total"], BALLOTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_postgres_away_votes_are_taken_and_counted_later() {
    let mut postgres = tokio::task::spawn_blocking(Postgres::temporary).await.unwrap().unwrap();
    let system = System::start(&Plan { postgres: postgres.url(), ..Plan::shared() }).await;
    let paredao = system.open_paredao("final").await;

    postgres.stop(Stop::Immediate).unwrap();
    let ballot = system.voters.ballot("final", paredao.participants[1]).await;
    let answer = system.voters.cast(&ballot).await.unwrap();
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");

    postgres.start_again().unwrap();
    let total = eventually("the vote to be counted", async || {
        let total = system.production.totals("final", "").await.body["total"].as_i64()?;
        (total > 0).then_some(total)
    })
    .await;
    assert_eq!(total, 1);
    system.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_kafka_away_a_vote_gets_503_and_its_retry_counts_once() {
    let mut kafka = tokio::task::spawn_blocking(Kafka::temporary).await.unwrap().unwrap();
    let system = System::start(&Plan { brokers: kafka.brokers(), ..Plan::shared() }).await;
    let paredao = system.open_paredao("final").await;
    let ballot = system.voters.ballot("final", paredao.participants[0]).await;

    kafka.stop().unwrap();
    let refused = system.voters.cast(&ballot).await.unwrap();
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{refused:?}");
    assert!(refused.retry_after.is_some(), "{refused:?}");

    kafka.start_again().unwrap();
    eventually("the retry to be taken", async || {
        let answer = system.voters.cast(&ballot).await.unwrap();
        (answer.status == StatusCode::ACCEPTED).then_some(())
    })
    .await;
    system.settle().await;
    assert_eq!(system.production.totals("final", "").await.body["total"], 1);
}
