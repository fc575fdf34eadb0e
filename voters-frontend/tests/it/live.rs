//! Following a paredão: what a stream says and when, its end, and how many there may be.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;
use test_support::eventually;
use voting_commons::UnixMillis;

use crate::streams::Events;
use crate::support::{Answer, SLUG, Service, close_at};

const LIVE: &str = "/api/v1/paredoes/paredao-1/live";

/// What the aggregator writes.
async fn write_panorama(pool: &PgPool, revision: i64, hundredths: [i32; 3]) {
    let [ana, bia, caio] = hundredths;
    let statement = format!(
        "INSERT INTO panorama VALUES (1, {revision}, '2026-11-21T12:00:00Z', 3)
             ON CONFLICT (paredao) DO UPDATE SET revision = excluded.revision;
         INSERT INTO panorama_share VALUES (1, 1, 1, {ana}), (1, 2, 1, {bia}), (1, 3, 1, {caio})
             ON CONFLICT (paredao, participant) DO UPDATE SET hundredths = excluded.hundredths"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(pool).await.unwrap();
}

#[tokio::test]
async fn a_stream_says_at_once_how_things_stand_and_then_what_changes() {
    let (service, database) = Service::fresh().await;
    let mut events = Events::of(&service, LIVE, "").await;
    let first = events.next().await.unwrap();
    assert_eq!(first.name, "state");
    let retry: u64 = first.retry.as_deref().unwrap().parse().unwrap();
    assert!((1_000..3_000).contains(&retry), "{retry}");
    let state = first.json();
    assert_eq!(
        (&state["status"], &state["closes_at"], &state["results_hidden"]),
        (&json!("open"), &Value::Null, &Value::Null)
    );
    let now: Timestamp = state["now"].as_str().unwrap().parse().unwrap();
    assert!((now - Timestamp::now()).get_seconds().abs() < 10, "{now}");
    let asked: Value = service.get("/api/v1/paredoes/paredao-1/state").await.json().await.unwrap();
    assert_eq!((&asked["status"], &asked["opens_at"]), (&state["status"], &state["opens_at"]));
    let second = events.next().await.unwrap();
    assert_eq!((second.name.as_str(), second.id.as_deref()), ("panorama", Some("0")));

    write_panorama(&database.pool, 7, [3_334, 3_333, 3_333]).await;
    let changed = events.next_of("panorama").await;
    assert_eq!(changed.id.as_deref(), Some("7"));
    let api = service.get(&format!("/api/v1/paredoes/{SLUG}/panorama")).await.text().await.unwrap();
    assert_eq!(changed.data, api, "the stream and the API say the same");

    let minute = UnixMillis::from(Timestamp::now()).minute().unwrap().timestamp();
    close_at(&service, &database.pool, minute).await;
    let closed = events.next_of("state").await.json();
    assert_eq!((&closed["status"], &closed["closes_at"]), (&json!("closed"), &json!(minute.to_string())));
}

#[tokio::test]
async fn every_stream_hears_of_a_change_and_none_of_a_snapshot_that_looks_the_same() {
    let (service, database) = Service::fresh().await;
    let mut streams = vec![];
    for _ in 0..20 {
        let mut events = Events::of(&service, LIVE, "").await;
        assert_eq!(events.next_of("panorama").await.id.as_deref(), Some("0"));
        streams.push(events);
    }
    // Only when it was looked at changes, which is no news.
    write_panorama(&database.pool, 1, [10_000, 0, 0]).await;
    for events in &mut streams {
        assert_eq!(events.next_of("panorama").await.id.as_deref(), Some("1"));
    }
    sqlx::raw_sql("UPDATE panorama SET as_of = now()").execute(&database.pool).await.unwrap();
    write_panorama(&database.pool, 2, [0, 10_000, 0]).await;
    for events in &mut streams {
        assert_eq!(events.next_of("panorama").await.id.as_deref(), Some("2"));
    }
}

#[tokio::test]
async fn whoever_waits_for_the_opening_hears_that_title_or_participants_are_others() {
    let (service, database) = Service::fresh().await;
    let mut events = Events::of(&service, "/api/v1/paredoes/scheduled/live", "").await;
    let mut before = events.next_of("state").await.json()["lineup"].clone();
    let statements = [
        "UPDATE paredao SET title = 'Outro' WHERE slug = 'scheduled'",
        "UPDATE participant SET name = 'Dora' WHERE name = 'Duda'",
    ];
    for statement in statements {
        sqlx::raw_sql(statement).execute(&database.pool).await.unwrap();
        let after = events.next_of("state").await.json()["lineup"].clone();
        assert_ne!(after, before, "{statement}");
        before = after;
        for page in ["/paredoes/scheduled", "/paredoes/scheduled/telao"] {
            let html = service.get(page).await.text().await.unwrap();
            assert!(html.contains(&format!("data-lineup={before}")), "{page}: {html}");
        }
    }
}

#[tokio::test]
async fn streams_end_when_the_service_stops() {
    let (service, _database) = Service::fresh().await;
    let mut events = Events::of(&service, LIVE, "").await;
    events.next_of("panorama").await;
    let start = Instant::now();
    service.begin_to_stop();
    while let Some(event) = events.next().await {
        assert_eq!(event.name, "state");
    }
    service.stop().await.unwrap();
    // Far less than what requests under way are given.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn one_stream_too_many_is_asked_to_come_back() {
    let (service, _database) = Service::fresh_with(|options| options.live_streams_max = 1).await;
    let mut events = Events::of(&service, LIVE, "").await;
    events.next().await.unwrap();
    Answer::read(service.get(LIVE).await).await.assert_problem(503, "streams-full");
    assert!(service.metrics().await.contains("live_streams_open"));
    drop(events);
    eventually("the place is given back", async || (service.get(LIVE).await.status() == 200).then_some(())).await;
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused() {
    let (service, _database) = Service::fresh().await;
    for path in ["nowhere/live", "draft/live", "nowhere/live/public", "nowhere/state"] {
        let answer = service.get(&format!("/api/v1/paredoes/{path}")).await;
        Answer::read(answer).await.assert_problem(404, "paredao-unknown");
    }
}
