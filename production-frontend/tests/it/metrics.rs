//! Readiness, and what is measured.

use reqwest::{Method, StatusCode};
use test_support::eventually;

use crate::support::{Service, browser, sign_in};

#[tokio::test]
async fn it_is_ready_with_the_schema_of_its_version() {
    let service = Service::start().await;
    let readyz = async || reqwest::get(format!("{}/readyz", service.admin_url)).await.unwrap();
    let is_ready = async || (readyz().await.status() == StatusCode::OK).then_some(());
    eventually("the service to be ready", is_ready).await;
    service.database.forget_newest_migration().await;
    let why = eventually("the schema to be missed", async || {
        let answer = readyz().await;
        (answer.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(answer)
    });
    assert_eq!(why.await.text().await.unwrap(), "postgres: this version's migrations haven't been made\n");
    service.database.remember_newest_migration().await;
    eventually("the service to be ready again", is_ready).await;
}

#[tokio::test]
async fn every_metric_says_what_it_means_and_counts_from_zero() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    service.get("/api/v1/paredoes/final/totals").await;
    sign_in(&browser(), &service.url, "ninguem", "errada").await;
    service.request(Method::from_bytes(b"QUALQUER").unwrap(), "/entrar").send().await.unwrap();

    let metrics = reqwest::get(format!("{}/metrics", service.admin_url)).await.unwrap().text().await.unwrap();
    let names =
        ["http_requests_total", "http_request_seconds", "sign_ins_total", "totals_query_seconds", "live_watchers"];
    for name in names {
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name} isn't described");
    }
    for outcome in ["signed_in", "wrong_password", "too_many", "failed"] {
        assert!(metrics.contains(&format!("sign_ins_total{{outcome=\"{outcome}\"}}")), "{outcome}");
    }
    assert!(!metrics.contains("QUALQUER"), "an invented method isn't a series");
}
