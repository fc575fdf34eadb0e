//! Watching: totals keep up, outages are survived, shutdown is quick.

use std::time::Duration;

use test_support::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use votes_aggregator::{Aggregator, AggregatorArgs};
use voting_commons::adapters::postgres::PostgresArgs;

use crate::support::{World, ZONE};

const EVERY: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_watcher_keeps_up_and_stops_when_told() {
    let world = World::new().await;
    let (paredao, participants) = world.paredao("a", 2, None).await;
    let shutdown = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin = listener.local_addr().unwrap().to_string();
    let watcher = tokio::spawn(votes_aggregator::run(listener, world.aggregator.clone(), EVERY, shutdown.clone()));
    for round in 1..=3 {
        world.vote(paredao, world.now().await, participants[0], 1).await;
        eventually("the vote is in the panorama", async || {
            let total: Option<i64> = sqlx::query_scalar("SELECT total FROM panorama WHERE paredao = $1")
                .bind(paredao)
                .fetch_optional(&world.database.pool)
                .await
                .unwrap();
            (total == Some(round)).then_some(())
        })
        .await;
    }
    assert!(get(&admin, "/readyz").await.starts_with("HTTP/1.1 200"));
    let metrics = get(&admin, "/metrics").await;
    for name in ["aggregator_leader 1", "aggregator_run_seconds_count", "panorama_revision", "panorama_age_seconds"] {
        assert!(metrics.contains(name), "{name} isn't in {metrics}");
    }
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), watcher).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn without_postgres_a_watcher_lives_and_says_why_it_is_not_ready() {
    // A port that nothing listens on.
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let args =
        AggregatorArgs { zone: ZONE.to_owned(), minutes_kept_days: 14, hours_kept_days: 31, compacted_rows_max: 1 };
    let postgres = PostgresArgs::open(format!("postgres://postgres@{nowhere}/none"));
    let aggregator = Aggregator::new(&postgres, &args).unwrap();
    let shutdown = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin = listener.local_addr().unwrap().to_string();
    let watcher = tokio::spawn(votes_aggregator::run(listener, aggregator, EVERY, shutdown.clone()));
    eventually("readiness tells of Postgres", async || {
        let answer = get(&admin, "/readyz").await;
        (answer.starts_with("HTTP/1.1 503") && answer.contains("postgres: ")).then_some(())
    })
    .await;
    assert!(get(&admin, "/livez").await.starts_with("HTTP/1.1 200"));
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), watcher).await.unwrap().unwrap().unwrap();
}

async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
