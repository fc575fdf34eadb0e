//! Creating, opening and closing.

use image::ImageFormat;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Service, form, photo, png};

#[tokio::test]
async fn a_paredao_is_created_with_pictures_made_small() {
    let service = Service::start().await;
    let form = reqwest::multipart::Form::new()
        .text("slug", "final-2026")
        .text("title", "Quem sai da final?")
        .text("closes_at", "2030-01-01T00:00:00Z")
        .text("participant", "Ana")
        .part("photo", photo(png(2000, 1000)))
        .text("participant", "Bruno")
        .text("participant", "Célia")
        .part("photo", photo(png(50, 60)));
    let response = service.create(form).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let view: Value = response.json().await.unwrap();
    assert_eq!(
        (&view["slug"], &view["title"], &view["status"], &view["opens_at"], &view["closes_at"]),
        (
            &json!("final-2026"),
            &json!("Quem sai da final?"),
            &json!("draft"),
            &Value::Null,
            &json!("2030-01-01T00:00:00Z")
        )
    );
    let participants = view["participants"].as_array().unwrap();
    let names: Vec<_> = participants.iter().map(|participant| participant["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ana", "Bruno", "Célia"]);
    assert_eq!(participants[1]["photo_url"], Value::Null);
    for (index, size) in [(0, (512, 512)), (2, (50, 50))] {
        let url = participants[index]["photo_url"].as_str().unwrap();
        let response = service.request(Method::GET, url).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "image/jpeg");
        assert!(response.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        let bytes = response.bytes().await.unwrap();
        assert!(bytes.len() <= 256 * 1024);
        let picture = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!((picture.width(), picture.height()), size);
    }
    assert_eq!(service.get("/api/v1/paredoes").await, json!([view]));
}

#[tokio::test]
async fn the_same_picture_is_stored_once() {
    let service = Service::start().await;
    for slug in ["um", "dois"] {
        let form = reqwest::multipart::Form::new()
            .text("slug", slug)
            .text("title", "Gêmeos")
            .text("participant", "Ana")
            .part("photo", photo(png(10, 10)))
            .text("participant", "Bia")
            .part("photo", photo(png(10, 10)));
        assert_eq!(service.create(form).await.status(), StatusCode::CREATED);
    }
    let photos: i64 = sqlx::query_scalar("SELECT count(*) FROM photo").fetch_one(&service.database.pool).await.unwrap();
    assert_eq!(photos, 1);
}

#[tokio::test]
async fn opening_takes_the_current_minute_and_closing_the_next() {
    let service = Service::start().await;
    service.create(form("final")).await;
    let before = minute();
    let view: Value = service.post("/api/v1/paredoes/final/open").await.json().await.unwrap();
    assert_eq!(view["status"], "open");
    let opens_at = timestamp(&view["opens_at"]);
    assert!((before..=minute()).contains(&opens_at));
    let again: Value = service.post("/api/v1/paredoes/final/open").await.json().await.unwrap();
    assert_eq!(again, view, "what is open stays as it is");

    let before = minute();
    let view: Value = service.post("/api/v1/paredoes/final/close").await.json().await.unwrap();
    let closes_at = timestamp(&view["closes_at"]);
    assert!((before + 60..=minute() + 60).contains(&closes_at));
    assert_eq!(timestamp(&view["opens_at"]), opens_at);
}

#[tokio::test]
async fn who_sees_the_percentages_is_chosen_with_the_paredao() {
    let service = Service::start().await;
    let chosen: Value = service.create(form("final").text("visibility", "after_voting")).await.json().await.unwrap();
    let not_chosen: Value = service.create(form("outra")).await.json().await.unwrap();
    assert_eq!([&chosen["visibility"], &not_chosen["visibility"]], [&json!("after_voting"), &json!("always")]);
    let stored: String = sqlx::query_scalar("SELECT visibility FROM paredao WHERE slug = 'final'")
        .fetch_one(&service.database.pool)
        .await
        .unwrap();
    assert_eq!(stored, "after_voting");
}

fn minute() -> i64 {
    jiff::Timestamp::now().as_second() / 60 * 60
}

fn timestamp(value: &Value) -> i64 {
    value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second()
}

#[tokio::test]
async fn one_may_be_made_to_open_in_the_current_minute() {
    let service = Service::start().await;
    let made = async || {
        let now = jiff::Timestamp::from_second(minute()).unwrap();
        service.create(form(&format!("p{}", now.as_second())).text("opens_at", now.to_string())).await
    };
    let mut response = made().await;
    if response.status() != StatusCode::CREATED {
        // The minute went by in between; it doesn't twice.
        response = made().await;
    }
    assert_eq!(response.json::<Value>().await.unwrap()["status"], "open");
}

#[tokio::test]
async fn a_scheduled_paredao_can_be_opened_early_and_a_planned_closing_brought_forward() {
    let service = Service::start().await;
    let form = form("final").text("opens_at", "2090-01-01T00:00:00Z").text("closes_at", "2090-01-02T00:00:00Z");
    let view: Value = service.create(form).await.json().await.unwrap();
    assert_eq!(view["status"], "scheduled");
    let view: Value = service.post("/api/v1/paredoes/final/open").await.json().await.unwrap();
    assert_eq!((&view["status"], &view["closes_at"]), (&json!("open"), &json!("2090-01-02T00:00:00Z")));
    let view: Value = service.post("/api/v1/paredoes/final/close").await.json().await.unwrap();
    assert!(timestamp(&view["closes_at"]) <= minute() + 60);
}

#[tokio::test]
async fn a_closed_paredao_stays_as_it_closed() {
    let service = Service::start().await;
    service.open_paredao("final", Some("2020-02-01T00:00:00Z")).await;
    let view: Value = service.post("/api/v1/paredoes/final/close").await.json().await.unwrap();
    assert_eq!((&view["status"], &view["closes_at"]), (&json!("closed"), &json!("2020-02-01T00:00:00Z")));
    let refused = service.post("/api/v1/paredoes/final/open").await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn every_change_tells_the_aggregator() {
    let service = Service::start().await;
    service.create(form("final")).await;
    let mut seen = vec![written_by(&service).await];
    for sql in [
        "UPDATE paredao SET opens_at = '2020-01-01'",
        "UPDATE paredao SET closes_at = '2020-01-02'",
        "UPDATE paredao SET title = 'Outro', written_by = '3'",
    ] {
        sqlx::raw_sql(sql).execute(&service.database.pool).await.unwrap();
        seen.push(written_by(&service).await);
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}

async fn written_by(service: &Service) -> i64 {
    sqlx::query_scalar("SELECT written_by::text::bigint FROM paredao").fetch_one(&service.database.pool).await.unwrap()
}
