//! A vote that came too late: parked by a register, replayed because production asks for it, and shown in the totals.

use end_to_end::{Answer, Plan, System, cast_late};
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_late_vote_is_parked_and_replayed_once() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.production.open_paredao("final").await;
    cast_late(&system, "final", paredao.participants[0]).await;
    system.settle().await;
    let parked = system.production.get("/api/v1/dead-letters?reason=too_late&replayed=false").await;
    assert_eq!(parked.body["items"].as_array().unwrap().len(), 1, "{parked:?}");

    for (order, outcome, total) in [
        (json!({"all": true}), "would_replay", 0),
        (json!({"all": true, "dry_run": false}), "replayed", 1),
        (json!({"ids": [parked.body["items"][0]["id"]], "dry_run": false}), "already_replayed", 1),
    ] {
        let done = carried_out(&system, &order).await;
        assert_eq!(done["counts"], json!([{"outcome": outcome, "count": 1}]));
        system.settle().await;
        let totals = system.production.totals("final", "granularity=minute").await;
        assert_eq!(totals.body["total"], total, "after {outcome}");
    }
    let shown = system.production.get(&format!("/api/v1/dead-letters/{}", parked.body["items"][0]["id"])).await;
    assert_eq!(shown.body["replayed_by"], "test");
}

async fn carried_out(system: &System, order: &Value) -> Value {
    let Answer { status, body, .. } = system.production.replay(order).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    let path = format!("/api/v1/dead-letters/replays/{}", body["id"]);
    eventually("a register to carry the replay out", async || {
        let body = system.production.get(&path).await.body;
        (body["state"] == "done").then_some(body)
    })
    .await
}
