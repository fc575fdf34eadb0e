//! Imports, as the API registers and begins them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Service;

async fn post(service: &Service, path: &str, body: &Value) -> Value {
    let response = service.request(Method::POST, path).json(body).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.json().await.unwrap()
}

#[tokio::test]
async fn the_first_beginning_fixes_when_an_import_was_begun() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let registered = post(&service, "/api/v1/imports", &json!({"paredao": "final", "what": "telefone"})).await;
    assert_eq!(registered["begun_at"], Value::Null);
    let path = format!("/api/v1/imports/{}", registered["id"]);

    let beginning = json!({"partitions": 12, "file_sha256": "0".repeat(64)});
    let before = jiff::Timestamp::now();
    let begun = post(&service, &format!("{path}/begin"), &beginning).await;
    let at: jiff::Timestamp = begun["begun_at"].as_str().unwrap().parse().unwrap();
    // Postgres keeps microseconds.
    assert!(at.as_microsecond() >= before.as_microsecond() && at <= jiff::Timestamp::now(), "{before} {at}");

    assert_eq!(post(&service, &format!("{path}/begin"), &beginning).await, begun);
    assert_eq!(service.get(&path).await, begun);
    let other = json!({"partitions": 12, "file_sha256": "1".repeat(64)});
    let refused = service.request(Method::POST, &format!("{path}/begin")).json(&other).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(service.get(&path).await, begun);
}
