//! Exact totals: by minute, 5 and 15 minutes, hour and day, within a range, apart from what came after the closing, and conserved.

use serde_json::json;
use votes_aggregator::{Aggregator, AggregatorArgs};

use crate::support::Service;

#[tokio::test]
async fn totals_are_exact_at_every_granularity() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    // 02:59 UTC is still the day before in São Paulo.
    service.vote(paredao, "2026-05-10T02:58:00Z", ids[0], 1).await;
    service.vote(paredao, "2026-05-10T02:59:00Z", ids[0], 2).await;
    service.vote(paredao, "2026-05-10T03:00:00Z", ids[0], 4).await;
    service.vote(paredao, "2026-05-10T03:00:00Z", ids[1], 8).await;

    let by_hour = service.get("/api/v1/paredoes/final/totals").await;
    assert_eq!(by_hour["total"], 15);
    assert_eq!(
        by_hour["participants"],
        json!([
            {"id": ids[0], "name": "Ana", "total": 7, "percent": 46.67},
            {"id": ids[1], "name": "Bruno", "total": 8, "percent": 53.33},
        ])
    );
    let item = |start: &str, participant: i32, votes: i64, grain: &str| json!({"start": start, "participant": participant, "votes": votes, "grain": grain});
    assert_eq!(
        by_hour["series"],
        json!([
            item("2026-05-10T02:00:00Z", ids[0], 3, "hour"),
            item("2026-05-10T03:00:00Z", ids[0], 4, "hour"),
            item("2026-05-10T03:00:00Z", ids[1], 8, "hour"),
        ])
    );
    let by_minute = service.get("/api/v1/paredoes/final/totals?granularity=minute").await;
    assert_eq!(by_minute["series"].as_array().unwrap().len(), 4);
    assert_eq!(by_minute["series"][1], item("2026-05-10T02:59:00Z", ids[0], 2, "minute"));
    let by_day = service.get("/api/v1/paredoes/final/totals?granularity=day").await;
    assert_eq!(
        by_day["series"],
        json!([
            item("2026-05-09T03:00:00Z", ids[0], 3, "day"),
            item("2026-05-10T03:00:00Z", ids[0], 4, "day"),
            item("2026-05-10T03:00:00Z", ids[1], 8, "day"),
        ])
    );
    assert_eq!((&by_minute["total"], &by_day["total"]), (&json!(15), &json!(15)));
}

#[tokio::test]
async fn five_and_fifteen_minutes_are_those_of_the_clock() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    let minutes = [("02:59", 1), ("03:00", 2), ("03:04", 4), ("03:05", 8), ("03:14", 16), ("03:15", 32)];
    for (minute, votes) in minutes {
        service.vote(paredao, &format!("2026-05-10T{minute}:00Z"), ids[0], votes).await;
    }
    let spans = async |granularity: &str| -> Vec<(String, i64, String)> {
        let totals = service.get(&format!("/api/v1/paredoes/final/totals?granularity={granularity}")).await;
        assert_eq!((&totals["total"], &totals["granularity"]), (&json!(63), &json!(granularity)));
        let items = totals["series"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        items.map(|item| (text(&item["start"]), item["votes"].as_i64().unwrap(), text(&item["grain"]))).collect()
    };
    let expected = |grain: &str, spans: &[(&str, i64)]| -> Vec<(String, i64, String)> {
        spans.iter().map(|&(at, votes)| (format!("2026-05-10T{at}:00Z"), votes, grain.to_owned())).collect()
    };
    let fives = [("02:55", 1), ("03:00", 6), ("03:05", 8), ("03:10", 16), ("03:15", 32)];
    assert_eq!(spans("5min").await, expected("5min", &fives));
    assert_eq!(spans("15min").await, expected("15min", &[("02:45", 1), ("03:00", 30), ("03:15", 32)]));

    // What was compacted stays an hour or a day, beside what wasn't.
    sqlx::query("UPDATE bucket SET grain = 'hour' WHERE start = '2026-05-10T03:00:00Z'")
        .execute(&service.database.pool)
        .await
        .unwrap();
    let mixed = spans("5min").await;
    let starts: Vec<_> = mixed.iter().map(|(start, votes, grain)| (&start[11..16], *votes, grain.as_str())).collect();
    assert_eq!(
        starts,
        [
            ("02:55", 1, "5min"),
            ("03:00", 4, "5min"),
            ("03:00", 2, "hour"),
            ("03:05", 8, "5min"),
            ("03:10", 16, "5min"),
            ("03:15", 32, "5min"),
        ]
    );
}

#[tokio::test]
async fn a_range_holds_its_start_and_not_its_end() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    for (minute, votes) in [("00", 1), ("01", 10), ("02", 100), ("03", 1000)] {
        service.vote(paredao, &format!("2026-05-10T12:{minute}:00Z"), ids[0], votes).await;
    }
    let total = async |query: &str| {
        let answer = service.get(&format!("/api/v1/paredoes/final/totals?{query}")).await;
        let series: i64 = answer["series"].as_array().unwrap().iter().map(|item| item["votes"].as_i64().unwrap()).sum();
        assert_eq!(answer["total"], series);
        series
    };
    assert_eq!(total("from=2026-05-10T12:01:00Z&to=2026-05-10T12:03:00Z").await, 110);
    assert_eq!(total("from=2026-05-10T09:02:00-03:00").await, 1100);
    assert_eq!(total("to=2026-05-10T12:00:00.5Z&granularity=minute").await, 1);
    assert_eq!(total("from=2026-05-11T00:00:00Z").await, 0);
    assert_eq!(total("from=2026-05-10T12:01:00Z&to=2026-05-10T12:01:00Z").await, 0);
    // Years that Postgres doesn't know.
    assert_eq!(total("from=-009999-01-02T01:59:59Z&to=9999-12-30T22:00:00Z").await, 1111);
    assert_eq!(total("to=-009999-01-02T01:59:59Z").await, 0);
}

#[tokio::test]
async fn a_range_that_cuts_a_compacted_hour_says_so() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    service.vote(paredao, "2026-05-10T12:00:00Z", ids[0], 5).await;
    service.vote(paredao, "2026-05-11T03:00:00Z", ids[0], 6).await;
    let set = async |sql: &'static str| sqlx::raw_sql(sql).execute(&service.database.pool).await.unwrap();
    let is_cut = async |from: &str| {
        let totals = service.get(&format!("/api/v1/paredoes/final/totals?granularity=minute&from={from}")).await;
        totals["is_cut"].as_bool().unwrap()
    };
    assert!(!is_cut("2026-05-10T12:30:00Z").await);
    set("UPDATE bucket SET grain = 'hour' WHERE votes = 5; UPDATE bucket SET grain = 'day' WHERE votes = 6").await;
    for (from, cut) in [
        ("2026-05-10T12:00:00Z", false),
        ("2026-05-10T12:30:00Z", true),
        ("2026-05-10T13:00:00Z", false),
        ("2026-05-12T02:59:00Z", true),
        ("2026-05-12T03:00:00Z", false),
    ] {
        assert_eq!(is_cut(from).await, cut, "{from}");
    }
}

#[tokio::test]
async fn votes_after_the_closing_are_apart() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", Some("2026-05-10T12:30:00Z")).await;
    service.vote(paredao, "2026-05-10T12:29:00Z", ids[0], 5).await;
    service.vote(paredao, "2026-05-10T12:30:00Z", ids[0], 7).await;
    service.vote(paredao, "2026-05-10T13:30:00Z", ids[1], 9).await;
    for granularity in ["minute", "5min", "15min", "hour", "day"] {
        let totals = service.get(&format!("/api/v1/paredoes/final/totals?granularity={granularity}")).await;
        assert_eq!((&totals["total"], &totals["after_closing"]), (&json!(5), &json!(16)));
        assert_eq!(totals["series"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn without_votes_all_is_zero() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let totals = service.get("/api/v1/paredoes/final/totals").await;
    assert_eq!((&totals["total"], &totals["series"]), (&json!(0), &json!([])));
    assert!(totals["participants"].as_array().unwrap().iter().all(|p| p["percent"] == json!(0.0)));
}

/// Promise P5: days, hours, minutes and the cached totals agree, before and after compaction.
#[tokio::test]
async fn days_hours_minutes_and_cached_totals_agree() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", Some("2026-05-20T17:17:00Z")).await;
    sqlx::query(
        "INSERT INTO bucket (paredao, start, participant, partition, votes)
         SELECT $1, '2026-05-18T00:00:00Z'::timestamptz + make_interval(mins => n * 7), $2 + n % 2, n % 4, 1 + n * n % 13
         FROM generate_series(0, 700) n",
    )
    .bind(paredao)
    .bind(ids[0])
    .execute(&service.database.pool)
    .await
    .unwrap();
    let args = AggregatorArgs {
        zone: "America/Sao_Paulo".to_owned(),
        minutes_kept_days: 14,
        hours_kept_days: 31,
        compacted_rows_max: 200,
    };
    let aggregator = Aggregator::new(&service.database.as_service("votes-aggregator"), &args).unwrap();
    let mut totals = Vec::new();
    let mut grains = Vec::new();
    for _ in 0..8 {
        for granularity in ["minute", "5min", "15min", "hour", "day"] {
            let answer = service.get(&format!("/api/v1/paredoes/final/totals?granularity={granularity}")).await;
            let series: i64 = answer["series"].as_array().unwrap().iter().map(|i| i["votes"].as_i64().unwrap()).sum();
            assert_eq!(answer["total"], series);
            totals.push((series, answer["after_closing"].as_i64().unwrap()));
            if granularity == "minute" {
                grains.push(answer["series"][0]["grain"].as_str().unwrap().to_owned());
            }
        }
        aggregator.once().await.unwrap();
        let cached = sqlx::query_as("SELECT total, after_closing FROM panorama WHERE paredao = $1")
            .bind(paredao)
            .fetch_one(&service.database.pool)
            .await
            .unwrap();
        totals.push(cached);
    }
    totals.dedup();
    assert_eq!(totals.len(), 1, "{totals:?}");
    assert!(totals[0].0 > 0 && totals[0].1 > 0);
    assert_eq!((grains.first().unwrap().as_str(), grains.last().unwrap().as_str()), ("minute", "day"));
}
