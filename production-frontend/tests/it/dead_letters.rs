//! Records that couldn't be counted: listing, showing, and asking the registers to replay them.

use production_frontend::Role;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::Service;

/// Three late votes, one record that isn't a vote, and one vote that the database refused.
pub(crate) async fn park(service: &Service) {
    sqlx::raw_sql(
        r#"INSERT INTO dead_letter (topic, partition, record_offset, appended_at, reason, detail, attempts, key, value,
                                    key_bytes, value_bytes, ballot_issuer, ballot_sequence, ballot_minute)
           SELECT 'votes', n % 2, n, 1778414400000 + n, 'too_late', NULL, 0, '1:2:29640240'::bytea, '{}'::bytea, 12, 2, 7, n, 29640240
           FROM generate_series(1, 3) n
           UNION ALL
           SELECT 'votes', 0, 4, 1778414400004, 'value_not_json', NULL, 0, NULL, '\xff00'::bytea, NULL, 70000, NULL, NULL,
                  NULL
           UNION ALL
           SELECT 'votes', 0, 5, 1778414400005, 'refused_by_store', 'bigint out of range (SQLSTATE 22003)', 5,
                  '1:2:29640240'::bytea, '{}'::bytea, 12, 2, 7, 5, 29640240;
           INSERT INTO replayed (dead_letter, topic, partition, paredao, participant, minute, ballot_issuer,
                                 ballot_sequence, who)
           SELECT id, topic, partition, 1, 2, ballot_minute, ballot_issuer, ballot_sequence, 'maria'
           FROM dead_letter WHERE record_offset = 3"#,
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
}

fn offsets(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|item| item["offset"].as_i64().unwrap()).collect()
}

async fn order(service: &Service, order: Value) -> Response {
    service.request(Method::POST, "/api/v1/dead-letters/replay").json(&order).send().await.unwrap()
}

#[tokio::test]
async fn dead_letters_are_listed_by_page_and_narrowed_down() {
    let service = Service::start().await;
    let empty = json!({"items": [], "next": null, "total": 0, "reasons": []});
    assert_eq!(service.get("/api/v1/dead-letters").await, empty);
    park(&service).await;
    let list = async |query: &str| service.get(&format!("/api/v1/dead-letters?{query}")).await;
    assert_eq!(offsets(&list("").await), [1, 2, 3, 4, 5]);
    assert_eq!(offsets(&list("reason=too_late").await), [1, 2, 3]);
    assert_eq!(offsets(&list("partition=1").await), [1, 3]);
    assert_eq!(offsets(&list("replayed=true").await), [3]);
    assert_eq!(offsets(&list("replayed=false&reason=too_late").await), [1, 2]);
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let page = list(&format!("limit=2&after={after}")).await;
        seen.extend(offsets(&page));
        let Some(next) = page["next"].as_i64() else { break };
        after = next;
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn they_are_found_by_paredao_and_time_and_counted_by_reason() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    park(&service).await;
    // A day later, of a paredão that there isn't; and one whose key says nothing of it.
    sqlx::raw_sql(
        "UPDATE dead_letter SET appended_at = appended_at + 86400000, key = '77:2:29640240'::bytea WHERE record_offset = 5;
         UPDATE dead_letter SET key = '\\xff2c'::bytea WHERE record_offset = 2",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    let list = async |query: &str| service.get(&format!("/api/v1/dead-letters?{query}")).await;
    assert_eq!(offsets(&list("paredao=final").await), [1, 3]);
    assert_eq!(offsets(&list("from=2026-05-11T00:00:00Z").await), [5]);
    assert_eq!(offsets(&list("to=2026-05-10T12:00:00.002Z").await), [1]);
    assert_eq!(offsets(&list("replayable=false").await), [4]);
    assert_eq!(offsets(&list("newest_first=true&limit=2").await), [5, 4]);
    let all = list("newest_first=true&limit=2").await;
    let second = list(&format!("newest_first=true&limit=2&after={}", all["next"])).await;
    assert_eq!(offsets(&second), [3, 2]);
    assert_eq!((&all["items"][0]["paredao"], &second["items"][0]["paredao"]), (&json!("77"), &json!("final")));
    assert_eq!((&second["items"][1]["paredao"], &all["total"]), (&Value::Null, &json!(5)));
    let reasons = json!([
        {"reason": "too_late", "count": 3, "replayable": true},
        {"reason": "refused_by_store", "count": 1, "replayable": true},
        {"reason": "value_not_json", "count": 1, "replayable": false},
    ]);
    assert_eq!(all["reasons"], reasons);
    // The reason that is asked for narrows the list down, and not the counts beside it.
    let late = list("reason=too_late&limit=1").await;
    assert_eq!((&late["total"], &late["reasons"]), (&json!(3), &reasons));
    let of_paredao = list("paredao=final").await;
    assert_eq!(of_paredao["reasons"], json!([{"reason": "too_late", "count": 2, "replayable": true}]));
}

#[tokio::test]
async fn a_dead_letter_is_shown_whole() {
    let service = Service::start().await;
    park(&service).await;
    let page = service.get("/api/v1/dead-letters").await;
    let show = async |index: usize| service.get(&format!("/api/v1/dead-letters/{}", page["items"][index]["id"])).await;

    let replayed = show(2).await;
    assert_eq!((&replayed["reason"], &replayed["replayable"]), (&json!("too_late"), &json!(true)));
    assert_eq!(replayed["minute"], "2026-05-10T12:00:00Z");
    assert_eq!(replayed["appended_at"], "2026-05-10T12:00:00.003Z");
    assert_eq!(replayed["replayed_by"], "maria");
    assert_eq!(replayed["key"], json!({"bytes": 12, "text": "1:2:29640240", "base64": "MToyOjI5NjQwMjQw"}));

    let broken = show(3).await;
    assert_eq!((&broken["replayable"], &broken["minute"], &broken["key"]), (&json!(false), &Value::Null, &Value::Null));
    assert_eq!(broken["value"], json!({"bytes": 70000, "text": null, "base64": "/wA="}));

    let refused = show(4).await;
    assert_eq!((&refused["attempts"], &refused["detail"]), (&json!(5), &json!("bigint out of range (SQLSTATE 22003)")));
}

#[tokio::test]
async fn a_replay_is_a_dry_run_unless_told_otherwise_and_waits_for_a_register() {
    let service = Service::start().await;
    park(&service).await;
    for (body, dry_run, ids, reason) in [
        (json!({"all": true}), true, json!(null), json!(null)),
        (json!({"reason": "too_late", "dry_run": false}), false, json!(null), json!("too_late")),
        (json!({"ids": [1, 2], "dry_run": true}), true, json!([1, 2]), json!(null)),
    ] {
        let accepted = order(&service, body).await;
        assert_eq!(accepted.status(), StatusCode::ACCEPTED);
        let location = accepted.headers()["location"].to_str().unwrap().to_owned();
        let view: Value = accepted.json().await.unwrap();
        assert_eq!((&view["dry_run"], &view["ids"], &view["reason"]), (&json!(dry_run), &ids, &reason));
        assert_eq!((&view["state"], &view["counts"], &view["outcomes"]), (&json!("waiting"), &json!([]), &json!([])));
        assert!(view["who"].as_str().unwrap().starts_with("token"));
        assert_eq!(service.get(&location).await, view);
    }
    let changed: i64 =
        sqlx::query_scalar("SELECT count(*) FROM bucket").fetch_one(&service.database.pool).await.unwrap();
    assert_eq!(changed, 0, "only a register counts");
}

#[tokio::test]
async fn a_replay_narrowed_down_names_the_votes_one_by_one() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    park(&service).await;
    for (body, ids) in [
        // Of partition 1's the other one was replayed.
        (json!({"all": true, "partition": 1}), json!([1])),
        (json!({"reason": "too_late", "paredao": "final"}), json!([1, 2])),
        (json!({"all": true, "from": "2026-05-10T12:00:00.002Z", "to": "2026-05-10T12:00:00.005Z"}), json!([2])),
    ] {
        let view: Value = order(&service, body.clone()).await.json().await.unwrap();
        assert_eq!((&view["ids"], &view["dry_run"]), (&ids, &json!(true)), "{body}");
    }
    for body in [json!({"all": true, "paredao": "outro"}), json!({"reason": "value_not_json", "partition": 0})] {
        let refused = order(&service, body).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.json::<Value>().await.unwrap()["type"], "/problems/replay-empty");
    }
    sqlx::raw_sql(
        "INSERT INTO dead_letter (topic, partition, record_offset, appended_at, reason)
         SELECT 'votes', 2, n, 1778414400000, 'too_late' FROM generate_series(1, 1001) n",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    let refused = order(&service, json!({"all": true, "partition": 2})).await;
    assert_eq!(refused.json::<Value>().await.unwrap()["type"], "/problems/replay-too-many");
}

/// As a register would answer the dry run `id`: `would` of these can be counted, and one can't.
pub(crate) async fn answer_dry_run(service: &Service, id: i64, would: i64) {
    sqlx::query(
        "INSERT INTO replay_outcome
         SELECT $1, n, CASE WHEN n > $2 THEN 'counted' ELSE 'would_replay' END, 'because' FROM generate_series(1, $2 + 1) n",
    )
    .bind(id)
    .bind(would)
    .execute(&service.database.pool)
    .await
    .unwrap();
    sqlx::query("UPDATE replay_request SET finished_at = now() WHERE id = $1")
        .bind(id)
        .execute(&service.database.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_dry_run_spoke_of_is_replayed_and_nothing_else() {
    let service = Service::start().await;
    park(&service).await;
    let execute = async |id: i64| service.post(&format!("/api/v1/dead-letters/replays/{id}/execute")).await;
    let tried: Value = order(&service, json!({"reason": "too_late"})).await.json().await.unwrap();
    let id = tried["id"].as_i64().unwrap();
    assert_eq!(execute(id).await.status(), StatusCode::CONFLICT, "it isn't done");
    answer_dry_run(&service, id, 2).await;
    let accepted = execute(id).await;
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    let location = accepted.headers()["location"].to_str().unwrap().to_owned();
    let replay: Value = accepted.json().await.unwrap();
    assert_eq!((&replay["ids"], &replay["reason"], &replay["dry_run"]), (&json!([1, 2]), &Value::Null, &json!(false)));
    assert_eq!(service.get(&location).await, replay);
    assert_eq!(execute(replay["id"].as_i64().unwrap()).await.status(), StatusCode::CONFLICT, "it is no dry run");
    assert_eq!(execute(999).await.status(), StatusCode::NOT_FOUND);

    let nothing: Value = order(&service, json!({"ids": [3]})).await.json().await.unwrap();
    answer_dry_run(&service, nothing["id"].as_i64().unwrap(), 0).await;
    assert_eq!(execute(nothing["id"].as_i64().unwrap()).await.status(), StatusCode::UNPROCESSABLE_ENTITY);

    // More than can be named are chosen as before.
    let many: Value = order(&service, json!({"all": true})).await.json().await.unwrap();
    answer_dry_run(&service, many["id"].as_i64().unwrap(), 1_001).await;
    let replay: Value = execute(many["id"].as_i64().unwrap()).await.json().await.unwrap();
    assert_eq!((&replay["ids"], &replay["reason"], &replay["dry_run"]), (&Value::Null, &Value::Null, &json!(false)));

    let shown = service.get("/api/v1/dead-letters/1").await;
    let met = shown["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&met["replay"], &met["dry_run"]), (&json!(id), &json!(true)));
    assert_eq!((&met["outcome"], &met["detail"]), (&json!("would_replay"), &json!("because")));
}

#[tokio::test]
async fn a_viewer_replays_nothing() {
    let service = Service::start().await;
    park(&service).await;
    let viewer = service.browser_of(Role::Viewer).await;
    let send = async |path: &str| {
        viewer
            .post(format!("{}/api/v1/dead-letters/{path}", service.url))
            .json(&json!({"all": true}))
            .send()
            .await
            .unwrap()
    };
    assert_eq!(send("replay").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(send("replays/1/execute").await.status(), StatusCode::FORBIDDEN);
    let requests: i64 =
        sqlx::query_scalar("SELECT count(*) FROM replay_request").fetch_one(&service.database.pool).await.unwrap();
    assert_eq!(requests, 0);
}

#[tokio::test]
async fn a_replay_shows_how_far_it_is_and_what_became_of_each() {
    let service = Service::start().await;
    let accepted: Value = order(&service, json!({"all": true, "dry_run": false})).await.json().await.unwrap();
    let path = format!("/api/v1/dead-letters/replays/{}", accepted["id"]);
    let register = async |statement: &'static str| {
        sqlx::raw_sql(statement).execute(&service.database.pool).await.unwrap();
        service.get(&path).await
    };
    let running = register("UPDATE replay_request SET node = 'a', lease_until = now() + interval '1 minute'").await;
    assert_eq!(running["state"], "running");
    let failed = register("UPDATE replay_request SET error = 'Kafka sent nothing'").await;
    assert_eq!((&failed["state"], &failed["error"]), (&json!("waiting"), &json!("Kafka sent nothing")));
    let done = register(
        "INSERT INTO replay_outcome
         SELECT r.id, n, CASE WHEN n > 2 THEN 'counted' ELSE 'replayed' END, 'because'
         FROM replay_request r, generate_series(1, 3) n;
         UPDATE replay_request SET error = NULL, finished_at = now()",
    )
    .await;
    assert_eq!((&done["state"], &done["error"]), (&json!("done"), &Value::Null));
    assert_eq!(done["counts"], json!([{"outcome": "counted", "count": 1}, {"outcome": "replayed", "count": 2}]));
    assert_eq!(done["outcomes"][2], json!({"dead_letter": 3, "outcome": "counted", "detail": "because"}));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_a_problem() {
    let service = Service::start().await;
    let problem = async |response: Response, status: StatusCode, name: &str| {
        assert_eq!(response.status(), status, "{name}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["type"], format!("/problems/{name}"));
    };
    let get = async |path: &str| service.request(Method::GET, path).send().await.unwrap();
    for query in ["from=ontem", "replayable=1", "limit=0", "limit=1001", "partition=x", "replayed=sim"] {
        let response = get(&format!("/api/v1/dead-letters?{query}")).await;
        problem(response, StatusCode::BAD_REQUEST, "query-malformed").await;
    }
    problem(get("/api/v1/dead-letters/7").await, StatusCode::NOT_FOUND, "dead-letter-unknown").await;
    problem(get("/api/v1/dead-letters/x").await, StatusCode::NOT_FOUND, "not-found").await;
    problem(get("/api/v1/dead-letters/replays/7").await, StatusCode::NOT_FOUND, "replay-unknown").await;
    let many: Vec<i64> = (0..1_001).collect();
    for body in [
        json!({}),
        json!({"all": false}),
        json!({"all": true, "reason": "too_late"}),
        json!({"ids": []}),
        json!({"ids": many}),
        json!({"reason": ""}),
        json!({"ids": [1], "partition": 0}),
    ] {
        problem(order(&service, body).await, StatusCode::UNPROCESSABLE_ENTITY, "replay-invalid").await;
    }
    for body in [json!([]), json!({"ids": "all"}), json!({"all": true, "dryrun": false})] {
        problem(order(&service, body).await, StatusCode::BAD_REQUEST, "body-malformed").await;
    }
    let text = service.request(Method::POST, "/api/v1/dead-letters/replay").body("all").send().await.unwrap();
    problem(text, StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type-unsupported").await;
    for path in ["/api/v1/dead-letters", "/api/v1/dead-letters/1", "/api/v1/dead-letters/replays/1"] {
        let stranger = reqwest::get(format!("{}{path}", service.url)).await.unwrap();
        problem(stranger, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    }
}

#[tokio::test]
async fn the_api_describes_it() {
    let service = Service::start().await;
    let paths = service.get("/api/openapi.json").await["paths"].clone();
    assert!(paths["/api/v1/dead-letters"]["get"].is_object() && paths["/api/v1/dead-letters/{id}"]["get"].is_object());
    assert!(paths["/api/v1/dead-letters/replay"]["post"]["requestBody"].is_object());
    assert!(paths["/api/v1/dead-letters/replays/{id}"]["get"].is_object());
}
