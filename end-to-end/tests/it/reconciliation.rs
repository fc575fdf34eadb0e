//! Votes reconcile from the frontend's answers to the tables, and a frontend that is killed leaves its last minutes unknown.

use end_to_end::{Plan, System};
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::eventually;

async fn verdict(system: &System) -> Value {
    system.production.get("/api/v1/reconciliation").await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_reconcile_and_a_killed_frontend_is_said() {
    let mut system = System::start(&Plan::shared()).await;
    let paredao = system.open_paredao("final").await;
    for participant in &paredao.participants {
        let ballot = system.voters.ballot("final", *participant).await;
        // Answered twice, and accepted once.
        for _ in 0..2 {
            assert_eq!(system.voters.cast(&ballot).await.unwrap().status, StatusCode::ACCEPTED);
        }
    }
    system.settle().await;
    let votes = i64::try_from(paredao.participants.len()).unwrap();
    eventually("all votes to be read from the topic", async || {
        let read: i64 = sqlx::query_scalar("SELECT coalesce(sum(countable), 0)::bigint FROM log_position")
            .fetch_one(&system.database.pool)
            .await
            .unwrap();
        let verdict = verdict(&system).await;
        (read == votes && verdict["state"] == "green" && verdict["findings"] == json!([])).then_some(())
    })
    .await;

    system.frontend.kill();
    let verdict = eventually("the frontend to be taken for dead", async || {
        let verdict = verdict(&system).await;
        (verdict["findings"][0]["kind"] == "frontend_unknown").then_some(verdict)
    })
    .await;
    assert_eq!(verdict["state"], "green", "{verdict}");
    assert!(verdict["findings"][0]["boot"].is_string() && verdict["findings"][0]["from"].is_string(), "{verdict}");
}
