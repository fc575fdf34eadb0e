//! When a count is final, and what it waits for until then.

use jiff::{Timestamp, ToSpan};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::Service;

const WINDOW_SECONDS: i64 = 215;

/// The whole minute that began so many minutes ago, or begins in as many.
pub(crate) fn minute(after: i64) -> Timestamp {
    Timestamp::from_second((Timestamp::now().as_second() / 60 + after) * 60).unwrap()
}

/// Everything that a count waits for is in place: two partitions counted to ends read just now, and a green verdict.
pub(crate) async fn settle(service: &Service) {
    sqlx::raw_sql(
        "INSERT INTO register_cursor (topic, partition, start_offset, next_offset, ballots_from, epoch, owner, counted)
         VALUES ('votes', 0, 0, 10, 0, 1, 'a', 10), ('votes', 1, 0, 5, 0, 1, 'a', 5)
         ON CONFLICT (topic, partition) DO NOTHING;
         INSERT INTO register_status (topic, partition, node, epoch, state, low_offset, high_offset, lag_millis, ends_at, seen_at)
         VALUES ('votes', 0, 'a', 1, 'counting', 0, 10, 0, clock_timestamp(), now()),
                ('votes', 1, 'a', 1, 'counting', 0, 5, 0, clock_timestamp(), now())
         ON CONFLICT (topic, partition) DO UPDATE
             SET state = 'counting', halt_code = NULL, high_offset = excluded.high_offset, ends_at = excluded.ends_at;
         UPDATE reconciliation SET state = 'green', checked_at = clock_timestamp();
         DELETE FROM reconciliation_finding",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
}

async fn set(service: &Service, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&service.database.pool).await.unwrap();
}

async fn finality(service: &Service) -> Value {
    service.get("/api/v1/paredoes/final/finality").await
}

#[tokio::test]
async fn a_count_waits_for_the_closing_and_the_last_ballots() {
    let service = Service::start().await;
    settle(&service).await;
    service.open_paredao("final", None).await;
    let voting = finality(&service).await;
    assert_eq!(
        (&voting["state"], &voting["closes_at"], &voting["window_ends_at"]),
        (&json!("voting"), &json!(null), &json!(null))
    );

    // It closed at the last whole minute: its ballots may come for three minutes and a half more.
    let closes_at = minute(0);
    sqlx::query("UPDATE paredao SET closes_at = to_timestamp($1::bigint)")
        .bind(closes_at.as_second())
        .execute(&service.database.pool)
        .await
        .unwrap();
    let window = finality(&service).await;
    assert_eq!((&window["state"], &window["partitions"]), (&json!("window"), &json!([])));
    assert_eq!(window["window_ends_at"], json!(closes_at + WINDOW_SECONDS.seconds()));

    set(&service, "UPDATE paredao SET closes_at = closes_at - interval '4 minutes'").await;
    let done = finality(&service).await;
    assert_eq!(
        (&done["state"], &done["reconciliation"], &done["records"]),
        (&json!("final"), &json!("green"), &json!(0))
    );
}

#[tokio::test]
async fn a_count_waits_for_each_partition() {
    let service = Service::start().await;
    service.open_paredao("final", Some("2026-05-10T12:00:00Z")).await;
    let nobody = finality(&service).await;
    assert_eq!((&nobody["state"], &nobody["is_counted"]), (&json!("counting"), &json!(false)));
    let cases = [
        // A register froze before it had read the end, or never looked.
        ("UPDATE register_status SET ends_at = '2026-05-10T12:03:34Z' WHERE partition = 1", "unseen", json!(0)),
        ("UPDATE register_status SET ends_at = NULL WHERE partition = 1", "unseen", json!(0)),
        ("DELETE FROM register_status WHERE partition = 1", "unseen", json!(null)),
        ("UPDATE register_status SET high_offset = 12 WHERE partition = 1", "behind", json!(7)),
        (
            "UPDATE register_status SET state = 'halted', halt_code = 'log_trimmed' WHERE partition = 1",
            "halted",
            json!(0),
        ),
    ];
    for (sql, why, records) in cases {
        settle(&service).await;
        assert_eq!(finality(&service).await["state"], "final", "before {sql}");
        set(&service, sql).await;
        let waiting = finality(&service).await;
        assert_eq!(waiting["state"], "counting", "{sql}");
        assert_eq!(waiting["partitions"], json!([{"topic": "votes", "partition": 1, "why": why, "records": records}]));
    }
    // Other paredões' votes keep it behind its end, and its log clock says that none of this one's can be among them.
    settle(&service).await;
    set(&service, "UPDATE register_status SET high_offset = 12 WHERE partition = 1").await;
    set(
        &service,
        "UPDATE register_cursor SET log_clock = extract(epoch FROM '2026-05-10T12:03:35Z'::timestamptz) * 1000",
    )
    .await;
    assert_eq!(finality(&service).await["state"], "final");
    // A log that was replaced is no partition that anybody waits for.
    set(
        &service,
        "INSERT INTO register_cursor (topic, partition, start_offset, next_offset, ballots_from, epoch, owner, counted)
                   VALUES ('votes@3', 1, 0, 1, 0, 1, 'a', 1)",
    )
    .await;
    assert_eq!(finality(&service).await["state"], "final");
}

#[tokio::test]
async fn a_count_waits_for_a_green_reconciliation() {
    let service = Service::start().await;
    service.open_paredao("final", Some("2026-05-10T12:00:00Z")).await;
    settle(&service).await;
    set(
        &service,
        "UPDATE reconciliation SET state = 'red';
         INSERT INTO reconciliation_finding (kind, partition, paredao, minute, to_minute, boot, expected, found) VALUES
             ('frontend_unknown', NULL, NULL, 29640236, 29640241, '00000000000000ff', NULL, NULL),
             ('minute', 1, 1, 29640240, 29640241, NULL, 1000, 999)",
    )
    .await;
    let red = finality(&service).await;
    assert_eq!((&red["state"], &red["reconciliation"]), (&json!("reconciling"), &json!("red")));
    let kinds: Vec<_> = red["findings"].as_array().unwrap().iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kinds, ["minute"], "an unknown frontend alone makes nothing wrong");
    set(&service, "UPDATE reconciliation SET state = 'green', checked_at = '2026-05-10T12:03:00Z'").await;
    let early = finality(&service).await;
    assert_eq!((&early["state"], &early["reconciliation"]), (&json!("reconciling"), &json!("catching_up")));
    // Nor does a look count that began before the last votes were counted.
    settle(&service).await;
    set(&service, "UPDATE register_cursor SET flushed_at = clock_timestamp() WHERE partition = 1").await;
    assert_eq!(finality(&service).await["state"], "reconciling");
    settle(&service).await;
    assert_eq!(finality(&service).await["state"], "final");
}

#[tokio::test]
async fn the_finality_of_nothing_and_of_a_draft() {
    let service = Service::start().await;
    let unknown = service.request(reqwest::Method::GET, "/api/v1/paredoes/nada/finality").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    service.create(crate::support::form("final").text("closes_at", "2090-01-01T00:00:00Z")).await;
    set(&service, "UPDATE paredao SET closes_at = '2026-05-10T12:00:00Z'").await;
    assert_eq!(finality(&service).await["state"], "voting", "what never opened has no count to be final");
}
