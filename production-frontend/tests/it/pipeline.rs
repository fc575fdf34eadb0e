//! The registers as production sees and steers them.

use production_frontend::Role;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::live::Events;
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
    let empty = service.get("/api/v1/pipeline").await;
    assert_eq!((&empty["nodes"], &empty["partitions"]), (&json!([]), &json!([])));
    assert_eq!((&empty["lag"]["records"], &empty["aggregated_at"]), (&Value::Null, &Value::Null));
    assert_eq!(empty["reconciliation"]["state"], "catching_up");
    count(&service).await;
    let view = service.get("/api/v1/pipeline").await;
    assert_eq!(view["nodes"].as_array().unwrap().len(), 1);
    assert_eq!((&view["nodes"][0]["node"], &view["nodes"][0]["partitions"]), (&json!("a"), &json!(2)));
    let [counting, halted, silent] = view["partitions"].as_array().unwrap().as_slice() else { panic!("{view}") };
    assert_eq!((&counting["state"], &counting["next_offset"]), (&json!("counting"), &json!(10)));
    assert_eq!((&counting["lag_records"], &counting["lag_millis"]), (&json!(2), &json!(1500)));
    assert_eq!((&halted["state"], &halted["halt_code"]), (&json!("halted"), &json!("log_trimmed")));
    assert_eq!((&halted["halt_reason"], &halted["last_error"]), (&json!("records are gone"), &json!("no connection")));
    assert_eq!(halted["halt_command"], "votes-register skip --partition 1 --to 7 --reason TEXT");
    assert_eq!((&silent["state"], &silent["owner"]), (&json!("unowned"), &json!("b")));
    assert_eq!(view["lag"], json!({"records": 6, "millis": 1500, "uncounted": 2, "halted": 1}));
    assert!(view["age_millis"].as_u64().unwrap() < 5_000);
}

#[tokio::test]
async fn a_register_is_shown_with_since_when_and_the_votes_of_the_last_minute() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    count(&service).await;
    sqlx::raw_sql(
        "UPDATE register_cursor SET claimed_at = '2026-05-10 12:00Z' WHERE partition = 0;
         UPDATE register_cursor SET claimed_at = '2026-05-10 13:00Z' WHERE partition = 1;
         UPDATE aggregator_state SET system_identifier = 1, ran_at = '2026-05-10 14:00Z';
         INSERT INTO register_cursor (topic, partition, start_offset, next_offset, ballots_from, epoch, owner, counted)
         VALUES ('votes@1', 0, 0, 10, 0, 1, 'a', 10)",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    let minute = |ago: i64| {
        let minute = jiff::Timestamp::now().as_second() / 60 - ago;
        jiff::Timestamp::from_second(minute * 60).unwrap().to_string()
    };
    // Whichever minute the service takes for the last one, it has the same votes.
    for ago in [0, 1, 2] {
        service.vote(paredao, &minute(ago), ids[0], 7).await;
    }
    service.vote(paredao, &minute(9), ids[0], 100).await;
    let view = service.get("/api/v1/pipeline").await;
    let node = &view["nodes"][0];
    assert_eq!((&node["since"], &node["minute_votes"]), (&json!("2026-05-10T12:00:00Z"), &json!(7)));
    assert_eq!(view["partitions"][0]["minute_votes"], 7);
    assert_eq!(view["partitions"].as_array().unwrap().len(), 3, "a log that was replaced is no partition");
    assert_eq!(view["aggregated_at"], "2026-05-10T14:00:00Z");
}

#[tokio::test]
async fn pausing_and_resuming_is_written_down() {
    let service = Service::start().await;
    count(&service).await;
    assert_eq!(steer(&service, "pause", json!({"partition": 1})).await.status(), StatusCode::OK);
    assert_eq!(paused(&service).await, [false, true, false]);
    assert_eq!(steer(&service, "pause", json!({})).await.status(), StatusCode::OK);
    assert_eq!(paused(&service).await, [true; 3]);
    let view = service.get("/api/v1/pipeline").await;
    assert!(view["partitions"][1]["paused_by"].as_str().unwrap().starts_with("token"));
    assert_eq!(view["partitions"][1]["paused_with_all"], true);
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
async fn whoever_steers_is_told_first_what_follows() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    count(&service).await;
    let browser = service.browser().await;
    let page = async |path: &str| {
        let response = browser.get(format!("{}{path}", service.url)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let (status, all) = page("/contagem/pausar?topic=votes").await;
    assert_eq!(status, StatusCode::OK);
    for text in
        ["Pausar todas as partições?", "nenhum é contado", "Agora esperam 6 votos.", "<strong>Quem sai?</strong>"]
    {
        assert!(all.contains(text), "{text} isn't on the page: {all}");
    }
    let (_, one) = page("/contagem/pausar?topic=votes&partition=0").await;
    assert!(one.contains("Pausar a partição 0?") && one.contains("Agora esperam 2 votos."), "{one}");
    assert!(one.contains(r#"name="partition" value="0""#), "{one}");
    let (_, resume) = page("/contagem/retomar?topic=votes").await;
    assert!(resume.contains("os totais sobem de uma vez"), "{resume}");
    assert_eq!(paused(&service).await, [false; 3], "asking changes nothing");
    assert_eq!(page("/contagem/pausar?topic=votes&partition=7").await.0, StatusCode::NOT_FOUND);
    assert_eq!(page("/contagem/pausar").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_halted_is_said_with_what_to_do_in_both_languages() {
    let service = Service::start().await;
    count(&service).await;
    let browser = service.browser().await;
    for (language, texts) in [
        ("pt-BR", ["A partição 1 parou", "O log já não guarda votos", "--partition 1 --to 7", "Pausar todas…"]),
        ("en", ["Partition 1 has halted", "The log no longer holds votes", "--partition 1 --to 7", "Pause all…"]),
    ] {
        let request = browser.get(format!("{}/contagem", service.url)).header("accept-language", language);
        let html = request.send().await.unwrap().text().await.unwrap();
        for text in texts {
            assert!(html.contains(text), "{text} isn't on the page");
        }
    }
}

#[tokio::test]
async fn a_viewer_reads_and_steers_nothing() {
    let service = Service::start().await;
    count(&service).await;
    let viewer = service.browser_of(Role::Viewer).await;
    let shown = viewer.get(format!("{}/contagem", service.url)).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("contando") && !shown.contains("/contagem/pausar"), "{shown}");
    let ask = viewer.get(format!("{}/contagem/pausar?topic=votes", service.url)).send().await.unwrap();
    let press =
        viewer.post(format!("{}/contagem/pausar", service.url)).form(&[("topic", "votes")]).send().await.unwrap();
    let api = viewer.post(format!("{}/api/v1/pipeline/pause", service.url)).json(&json!({})).send().await.unwrap();
    assert_eq!([ask.status(), press.status(), api.status()], [StatusCode::FORBIDDEN; 3]);
    assert_eq!(paused(&service).await, [false; 3]);
}

#[tokio::test]
async fn the_stream_follows_the_registers() {
    let service = Service::start().await;
    let mut events = Events::open(service.request(Method::GET, "/api/v1/pipeline/live")).await;
    assert_eq!(events.next().await.unwrap()["partitions"], json!([]));
    count(&service).await;
    let halted = events.until("the registers", |event| event["lag"]["halted"] == 1).await;
    let shown = service.get("/api/v1/pipeline").await;
    assert_eq!(halted["partitions"], shown["partitions"]);
    steer(&service, "pause", json!({"partition": 0})).await;
    events.until("the pause", |event| event["partitions"][0]["paused"] == true).await;
    let stranger = reqwest::get(format!("{}/api/v1/pipeline/live", service.url)).await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
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
