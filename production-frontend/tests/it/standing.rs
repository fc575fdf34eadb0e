//! How a paredão stands: total, votes of the last minute, leader and margin, lag and verdict, of one snapshot.

use jiff::{Timestamp, ToSpan};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::Service;

#[tokio::test]
async fn everything_at_a_glance_is_in_one_answer() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    service.vote(paredao, "2026-05-10T12:00:00Z", ids[0], 600).await;
    service.vote(paredao, "2026-05-10T12:01:00Z", ids[1], 400).await;
    // Whichever minute is the last whole one when it is read, five votes lie in it.
    let now = Timestamp::now();
    for minutes in -1..=2 {
        let minute = Timestamp::from_second((now.as_second() / 60 - minutes) * 60).unwrap();
        service.vote(paredao, &minute.to_string(), ids[0], 5).await;
    }
    sqlx::raw_sql(
        "INSERT INTO register_cursor (topic, partition, start_offset, next_offset, ballots_from, epoch, owner, counted)
         VALUES ('votes', 0, 0, 10, 0, 1, 'a', 10), ('votes', 1, 0, 5, 0, 1, 'a', 5), ('votes', 2, 0, 0, 0, 1, 'b', 0);
         INSERT INTO register_status (topic, partition, node, epoch, state, halt_code, low_offset, high_offset, lag_millis,
                                      seen_at)
         VALUES ('votes', 0, 'a', 1, 'counting', NULL, 0, 12, 1500, now()),
                ('votes', 1, 'a', 1, 'halted', 'log_trimmed', 7, 9, NULL, now()),
                ('votes', 2, 'b', 1, 'counting', NULL, 0, 3, 9000, now() - interval '1 minute');
         UPDATE reconciliation SET state = 'green', checked_at = clock_timestamp()",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();

    let before = Timestamp::now();
    let standing = service.get("/api/v1/paredoes/final/standing").await;
    let as_of: Timestamp = standing["as_of"].as_str().unwrap().parse().unwrap();
    assert!((before - 5.seconds()..=Timestamp::now() + 5.seconds()).contains(&as_of), "{as_of}");
    assert!(standing["age_millis"].as_u64().unwrap() < 10_000);
    assert_eq!(
        (&standing["status"], &standing["total"], &standing["after_closing"]),
        (&json!("open"), &json!(1020), &json!(0))
    );
    assert_eq!(
        standing["participants"],
        json!([
            {"id": ids[0], "name": "Ana", "total": 620, "percent": 60.78},
            {"id": ids[1], "name": "Bruno", "total": 400, "percent": 39.22},
        ])
    );
    let minute = Timestamp::from_second((as_of.as_second() / 60 - 1) * 60).unwrap();
    assert_eq!(standing["last_minute"], json!({"start": minute.to_string(), "votes": 5}));
    assert_eq!(standing["leader"], json!({"id": ids[0], "name": "Ana", "margin_votes": 220, "margin_points": 21.56}));
    assert_eq!(standing["lag"], json!({"records": 6, "millis": 1500, "uncounted": 2, "halted": 1}));
    assert_eq!(standing["reconciliation"], json!({"state": "green", "behind_seconds": 0}));
}

#[tokio::test]
async fn without_votes_and_without_registers_nothing_is_claimed() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", Some("2026-05-10T12:00:00Z")).await;
    let standing = service.get("/api/v1/paredoes/final/standing").await;
    assert_eq!((&standing["total"], &standing["leader"]), (&json!(0), &json!(null)));
    assert_eq!(standing["lag"], json!({"records": null, "millis": null, "uncounted": 0, "halted": 0}));
    assert_eq!(standing["reconciliation"]["state"], "catching_up");

    service.vote(paredao, "2026-05-10T11:59:00Z", ids[0], 7).await;
    service.vote(paredao, "2026-05-10T11:59:00Z", ids[1], 7).await;
    service.vote(paredao, "2026-05-10T12:00:00Z", ids[1], 9).await;
    let tied = service.get("/api/v1/paredoes/final/standing").await;
    assert_eq!((&tied["total"], &tied["after_closing"]), (&json!(14), &json!(9)));
    assert_eq!((&tied["leader"], &tied["status"]), (&json!(null), &json!("closed")));
}

#[tokio::test]
async fn the_standing_of_nothing_and_for_strangers() {
    let service = Service::start().await;
    let unknown = service.request(Method::GET, "/api/v1/paredoes/nada/standing").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let stranger = reqwest::get(format!("{}/api/v1/paredoes/nada/standing", service.url)).await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
}
