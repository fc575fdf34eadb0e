//! The registers as production sees and steers them.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::Service;

/// Three partitions: one counts, one has halted, and of the last nobody has said anything for long.
async fn count(service: &Service) {
    sqlx::raw_sql(
        "INSERT INTO register_cursor (topic, partition, start_offset, next_offset, ballots_from, epoch, owner, counted)
         VALUES ('votes', 0, 0, 10, 0, 1, 'a', 10), ('votes', 1, 0, 5, 0, 1, 'a', 5), ('votes', 2, 0, 0, 0, 1, 'b', 0);
         INSERT INTO register_status (topic, partition, node, epoch, state, halt_code, halt_reason, last_error,
                                      last_error_at, low_offset, high_offset, lag_millis, seen_at)
         VALUES ('votes', 0, 'a', 1, 'counting', NULL, NULL, NULL, NULL, 0, 12, 1500, now()),
                ('votes', 1, 'a', 1, 'halted', 'log_trimmed', 'records are gone', 'no connection', now(), 7, 9, NULL, now()),
                ('votes', 2, 'b', 1, 'counting', NULL, NULL, NULL, NULL, 0, 0, 0, now() - interval '1 minute')",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
}

async fn steer(service: &Service, what: &str, order: Value) -> Response {
    service.request(Method::POST, &format!("/api/v1/pipeline/{what}")).json(&order).send().await.unwrap()
}

async fn paused(service: &Service) -> Vec<bool> {
    let view = service.get("/api/v1/pipeline").await;
    view["partitions"].as_array().unwrap().iter().map(|partition| partition["paused"].as_bool().unwrap()).collect()
}

#[tokio::test]
async fn nodes_and_partitions_are_shown_with_what_is_wrong() {
    let service = Service::start().await;
    assert_eq!(service.get("/api/v1/pipeline").await, json!({"nodes": [], "partitions": []}));
    count(&service).await;
    let view = service.get("/api/v1/pipeline").await;
    assert_eq!(view["nodes"].as_array().unwrap().len(), 1);
    assert_eq!((&view["nodes"][0]["node"], &view["nodes"][0]["partitions"]), (&json!("a"), &json!(2)));
    let [counting, halted, silent] = view["partitions"].as_array().unwrap().as_slice() else { panic!("{view}") };
    assert_eq!((&counting["state"], &counting["next_offset"]), (&json!("counting"), &json!(10)));
    assert_eq!((&counting["lag_records"], &counting["lag_millis"]), (&json!(2), &json!(1500)));
    assert_eq!((&halted["state"], &halted["halt_code"]), (&json!("halted"), &json!("log_trimmed")));
    assert_eq!((&halted["halt_reason"], &halted["last_error"]), (&json!("records are gone"), &json!("no connection")));
    assert_eq!((&silent["state"], &silent["owner"]), (&json!("unowned"), &json!("b")));
}

#[tokio::test]
async fn pausing_and_resuming_is_written_down() {
    let service = Service::start().await;
    count(&service).await;
    assert_eq!(steer(&service, "pause", json!({"partition": 1})).await.status(), StatusCode::OK);
    assert_eq!(paused(&service).await, [false, true, false]);
    assert_eq!(steer(&service, "pause", json!({})).await.status(), StatusCode::OK);
    assert_eq!(paused(&service).await, [true; 3]);
    let refused = steer(&service, "resume", json!({"partition": 1})).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let resumed = steer(&service, "resume", json!({"topic": "votes"})).await;
    assert_eq!(resumed.status(), StatusCode::OK);
    assert_eq!(paused(&service).await, [false; 3]);
    let audit: Vec<(String, String)> =
        sqlx::query_as("SELECT action, subject FROM audit WHERE kind = 'token' ORDER BY id")
            .fetch_all(&service.database.pool)
            .await
            .unwrap();
    let row = |action: &str, subject: &str| (action.to_owned(), subject.to_owned());
    assert_eq!(audit, [row("pause", "votes/1"), row("pause", "votes"), row("resume", "votes")]);
    let who: String = sqlx::query_scalar("SELECT who FROM audit WHERE action = 'pause' LIMIT 1")
        .fetch_one(&service.database.pool)
        .await
        .unwrap();
    assert!(who.starts_with("token"), "{who}");
}

#[tokio::test]
async fn the_page_says_what_stands_still_and_its_buttons_steer() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let browser = service.browser().await;
    let page =
        async |path: &str| browser.get(format!("{}{path}", service.url)).send().await.unwrap().text().await.unwrap();
    assert!(page("/contagem").await.contains("Nenhum registrador"));
    assert!(!page("/paredoes/final").await.contains("/contagem\">Ver"));
    count(&service).await;
    let shown = page("/contagem").await;
    for text in ["contando", "parada", "sem registrador", "1,5 s", "records are gone", "no connection"] {
        assert!(shown.contains(text), "{text} isn't on the page");
    }
    assert!(page("/paredoes/final").await.contains("Uma partição está parada"));

    let press = async |what: &str, form: &[(&str, &str)]| {
        browser.post(format!("{}/contagem/{what}", service.url)).form(form).send().await.unwrap().status()
    };
    assert_eq!(press("pausar", &[("topic", "votes"), ("partition", "0")]).await, StatusCode::SEE_OTHER);
    assert_eq!(paused(&service).await, [true, false, false]);
    assert!(page("/contagem").await.contains("pausando"));
    assert_eq!(press("retomar", &[("topic", "votes")]).await, StatusCode::SEE_OTHER);
    assert_eq!(paused(&service).await, [false; 3]);
    assert_eq!(press("pausar", &[("topic", "other")]).await, StatusCode::NOT_FOUND);
    assert_eq!(press("pausar", &[("partition", "0")]).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_cannot_be_steered_is_a_problem() {
    let service = Service::start().await;
    count(&service).await;
    for (order, status) in [
        (json!({"partition": 7}), StatusCode::NOT_FOUND),
        (json!({"topic": "other"}), StatusCode::NOT_FOUND),
        (json!({"partition": "all"}), StatusCode::BAD_REQUEST),
        (json!({"partitions": 1}), StatusCode::BAD_REQUEST),
        (json!([]), StatusCode::BAD_REQUEST),
    ] {
        for what in ["pause", "resume"] {
            assert_eq!(steer(&service, what, order.clone()).await.status(), status, "{order}");
        }
    }
    let stranger = reqwest::get(format!("{}/api/v1/pipeline", service.url)).await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let paths = service.get("/api/openapi.json").await["paths"].clone();
    assert!(paths["/api/v1/pipeline"]["get"].is_object());
    assert!(paths["/api/v1/pipeline/pause"]["post"]["requestBody"].is_object());
    assert!(paths["/api/v1/pipeline/resume"]["post"]["responses"]["409"].is_object());
}
