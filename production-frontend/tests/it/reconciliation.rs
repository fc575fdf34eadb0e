//! The last verdict, as the API and the page show it.

use serde_json::{Value, json};

use crate::support::Service;

async fn set(service: &Service, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&service.database.pool).await.unwrap();
}

async fn page(service: &Service) -> String {
    page_at(service, "/paredoes/final").await
}

async fn page_at(service: &Service, path: &str) -> String {
    let response = service.browser().await.get(format!("{}{path}", service.url)).send().await.unwrap();
    response.text().await.unwrap()
}

#[tokio::test]
async fn the_verdict_is_shown_plainly_with_where() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let first = service.get("/api/v1/reconciliation").await;
    assert_eq!(first, json!({"state": "catching_up", "behind_seconds": 0, "checked_at": null, "findings": []}));

    set(&service, "UPDATE reconciliation SET state = 'green', checked_at = clock_timestamp()").await;
    assert_eq!(service.get("/api/v1/reconciliation").await["state"], "green");
    assert!(page(&service).await.contains("Tudo confere"));
    assert!(page_at(&service, "/conferencia").await.contains("Tudo confere"));
    assert!(page_at(&service, "/contagem").await.contains("href=\"/conferencia\""), "it is linked");

    set(
        &service,
        "UPDATE reconciliation SET state = 'red';
         INSERT INTO reconciliation_finding (kind, partition, paredao, minute, to_minute, boot, expected, found) VALUES
             ('frontend_unknown', NULL, NULL, 29640236, 29640241, '00000000000000ff', NULL, NULL),
             ('minute', 3, 1, 29640240, 29640241, NULL, 1000, 999)",
    )
    .await;
    let red = service.get("/api/v1/reconciliation").await;
    assert_eq!(red["state"], "red");
    assert_eq!(
        red["findings"][0],
        json!({"kind": "minute", "partition": 3, "paredao": "final", "from": "2026-05-10T12:00:00Z",
               "to": "2026-05-10T12:01:00Z", "boot": null, "expected": 1000, "found": 999})
    );
    assert_eq!(red["findings"][1]["boot"], "00000000000000ff");
    for html in [page(&service).await, page_at(&service, "/conferencia").await] {
        for shown in ["Não confere", "partição 3", "paredão final", "1.000", "999", "00000000000000ff", "não se sabe"]
        {
            assert!(html.contains(shown), "{shown} isn't on the page");
        }
    }
}

#[tokio::test]
async fn a_verdict_that_nobody_renews_is_catching_up() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    set(&service, "UPDATE reconciliation SET state = 'green', checked_at = clock_timestamp() - interval '100 s'").await;
    let view = service.get("/api/v1/reconciliation").await;
    assert_eq!(view["state"], "catching_up");
    assert!(
        matches!(&view["behind_seconds"], Value::Number(seconds) if (100..160).contains(&seconds.as_i64().unwrap()))
    );
    assert!(page(&service).await.contains("Conferindo"));
}
