//! The audit: each action leaves an entry, and none goes away.

use reqwest::multipart::Form;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Service, USER, browser, form, sign_in};

/// What the audit says was done, the oldest first: who, what, to what.
async fn entries(service: &Service) -> Vec<(String, String, String)> {
    let page = service.get("/api/v1/audit").await;
    assert_eq!(page["next"], Value::Null);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let entries = page["entries"].as_array().unwrap().iter().rev();
    entries.map(|entry| (text(entry, "kind"), text(entry, "action"), text(entry, "subject"))).collect()
}

async fn post(service: &Service, path: &str, body: Value) -> Value {
    let response = service.request(Method::POST, path).json(&body).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.json().await.unwrap_or_default()
}

#[tokio::test]
async fn every_action_leaves_one_entry() {
    let service = Service::start().await;
    let added = entries(&service).await;
    assert_eq!(added.iter().map(|(_, action, _)| action.as_str()).collect::<Vec<_>>(), ["add_user", "add_token"]);

    assert_eq!(service.create(form("final")).await.status(), StatusCode::CREATED);
    // A second time changes nothing.
    for what in ["open", "open", "close", "close"] {
        post(&service, &format!("/api/v1/paredoes/final/{what}"), json!({})).await;
    }
    sqlx::query(
        "INSERT INTO register_cursor (topic, partition, start_offset, next_offset, ballots_from, epoch, owner)
         VALUES ('votes', 3, 0, 0, 0, 1, 'a')",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    post(&service, "/api/v1/pipeline/pause", json!({"partition": 3})).await;
    post(&service, "/api/v1/pipeline/resume", json!({})).await;
    post(&service, "/api/v1/dead-letters/replay", json!({"all": true})).await;
    post(&service, "/api/v1/imports", json!({"paredao": "final", "what": "telefone"})).await;
    post(&service, "/api/v1/imports/1/begin", json!({"partitions": 1, "file_sha256": "a".repeat(64)})).await;
    let user =
        post(&service, "/api/v1/users", json!({"name": "maria", "role": "viewer", "password": "provisoria"})).await;
    let user = format!("/api/v1/users/{}", user["id"]);
    post(&service, &format!("{user}/role"), json!({"role": "operator"})).await;
    post(&service, &format!("{user}/deactivate"), json!({})).await;
    post(&service, &format!("{user}/activate"), json!({})).await;
    post(&service, &format!("{user}/password"), json!({"password": "outra provisoria"})).await;
    let token = post(&service, "/api/v1/tokens", json!({"name": "robo", "role": "viewer"})).await;
    post(&service, &format!("/api/v1/tokens/{}/revoke", token["id"]), json!({})).await;

    let done = entries(&service).await;
    let done: Vec<_> = done[2..]
        .iter()
        .map(|(kind, action, subject)| {
            assert_eq!(kind, "token");
            (action.as_str(), subject.as_str())
        })
        .collect();
    assert_eq!(
        done,
        [
            ("create_paredao", "final"),
            ("open_paredao", "final"),
            ("close_paredao", "final"),
            ("pause", "votes/3"),
            ("resume", "votes"),
            ("request_replay", "1"),
            ("register_import", "1"),
            ("begin_import", "1"),
            ("add_user", "maria"),
            ("set_role", "maria"),
            ("deactivate_user", "maria"),
            ("activate_user", "maria"),
            ("reset_password", "maria"),
            ("add_token", "robo"),
            ("revoke_token", "robo"),
        ]
    );
}

#[tokio::test]
async fn signing_in_is_written_down_and_what_was_typed_isnt() {
    let service = Service::start().await;
    let browser = browser();
    sign_in(&browser, &service.url, USER, "errada").await;
    sign_in(&browser, &service.url, "minha senha secreta", "x").await;
    sign_in(&browser, &service.url, USER, PASSWORD).await;
    let new = [("current", PASSWORD), ("new", "uma nova boa"), ("again", "uma nova boa")];
    browser.post(format!("{}/conta/senha", service.url)).form(&new).send().await.unwrap();
    browser.post(format!("{}/sair", service.url)).send().await.unwrap();
    sign_in(&browser, &service.url, USER, "uma nova boa").await;
    browser.post(format!("{}/conta/sair-de-todos", service.url)).send().await.unwrap();
    let page = service.get("/api/v1/audit").await.to_string();
    assert!(!page.contains("secreta") && !page.contains("errada") && !page.contains("nova boa"), "{page}");
    let entry = |kind: &str, action: &str, subject: &str| (kind.to_owned(), action.to_owned(), subject.to_owned());
    assert_eq!(
        entries(&service).await[2..],
        [
            entry("stranger", "sign_in", USER),
            entry("stranger", "sign_in", "?"),
            entry("user", "sign_in", USER),
            entry("user", "change_password", USER),
            entry("user", "sign_out", USER),
            entry("user", "sign_in", USER),
            entry("user", "sign_out_everywhere", USER),
        ]
    );
    let refused = service.get("/api/v1/audit?action=sign_in&who=%3F").await;
    assert_eq!(refused["entries"][0]["outcome"], "refused");
}

/// The entries past the first two: who, how, what, to whom, with which outcome.
async fn outcomes(service: &Service) -> Vec<[String; 5]> {
    let page = service.get("/api/v1/audit").await;
    let entries = page["entries"].as_array().unwrap().iter().rev().skip(2);
    let names = ["who", "kind", "action", "subject", "outcome"];
    entries.map(|entry| names.map(|name| entry[name].as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn every_refused_password_is_written_down() {
    let service = Service::start().await;
    sqlx::raw_sql("UPDATE producer SET one_time_until = now()").execute(&service.database.pool).await.unwrap();
    sign_in(&browser(), &service.url, USER, PASSWORD).await;
    sqlx::raw_sql("UPDATE producer SET one_time_until = NULL").execute(&service.database.pool).await.unwrap();
    let stranger = ["?", "stranger", "sign_in", USER, "refused"].map(str::to_owned);
    assert_eq!(outcomes(&service).await, std::slice::from_ref(&stranger));
    // At a browser that was left signed in it is done in the user's name.
    let here = service.browser().await;
    let wrong = [("current", "errada"), ("new", "uma nova boa"), ("again", "uma nova boa")];
    here.post(format!("{}/conta/senha", service.url)).form(&wrong).send().await.unwrap();
    let change = [USER, "user", "change_password", USER, "refused"].map(str::to_owned);
    assert_eq!(outcomes(&service).await[2..], [change]);
    // One wrong password was counted. Of the attempts that are too many, one a minute is kept.
    for _ in 0..7 {
        sign_in(&browser(), &service.url, USER, "errada").await;
    }
    assert_eq!(outcomes(&service).await[3..], vec![stranger; 5]);
}

#[tokio::test]
async fn what_is_written_stays_written() {
    let service = Service::start().await;
    for statement in ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"] {
        let refused = sqlx::query(statement).execute(&service.database.pool).await.unwrap_err();
        assert!(refused.to_string().contains("the audit is only added to"), "{statement}: {refused}");
    }
    assert_eq!(entries(&service).await.len(), 2);
}

/// Forty entries of two people over two days of the zone.
async fn busy(service: &Service) {
    sqlx::query(
        "INSERT INTO audit (at, who, kind, action, subject)
         SELECT timestamptz '2026-05-10 23:00:00-03' + n * interval '3 minutes', 'ana' || n % 2, 'user', 'open_paredao', '=p' || n
         FROM generate_series(0, 39) AS n",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let service = Service::start().await;
    busy(&service).await;
    let mut subjects = Vec::new();
    let mut before = String::new();
    loop {
        let page = service.get(&format!("/api/v1/audit?action=open_paredao&limit=15&before={before}")).await;
        subjects.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["subject"].clone()));
        match page["next"].as_i64() {
            Some(next) => before = next.to_string(),
            None => break,
        }
    }
    let expected: Vec<Value> = (0..40).rev().map(|n| json!(format!("=p{n}"))).collect();
    assert_eq!(subjects, expected);
}

#[tokio::test]
async fn entries_are_found_by_person_action_subject_and_day_of_the_zone() {
    let service = Service::start().await;
    busy(&service).await;
    for (query, count) in [
        ("who=ana1", 20),
        ("subject=%3Dp7", 1),
        ("from=2026-05-10&to=2026-05-10", 20),
        ("from=2026-05-11&to=2026-05-11&who=ana0", 10),
        ("action=close_paredao", 0),
    ] {
        let page = service.get(&format!("/api/v1/audit?{query}")).await;
        assert_eq!(page["entries"].as_array().unwrap().len(), count, "{query}");
    }
    for (query, status) in [
        ("limit=0", StatusCode::BAD_REQUEST),
        ("before=x", StatusCode::BAD_REQUEST),
        ("who=%00", StatusCode::BAD_REQUEST),
        ("cor=azul", StatusCode::BAD_REQUEST),
        ("from=2026-05-11&to=2026-05-10", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let response = service.request(Method::GET, &format!("/api/v1/audit?{query}")).send().await.unwrap();
        assert_eq!(response.status(), status, "{query}");
    }
}

#[tokio::test]
async fn details_are_in_words_by_what_they_are() {
    let service = Service::start().await;
    let form = Form::new().text("title", "Quem sai?").text("slug", "final").text("visibility", "after_closing");
    let made = service.create(form.text("participant", "viewer").text("participant", "2026-05-10T12:00:00Z")).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    post(&service, "/api/v1/dead-letters/replay", json!({"reason": "too_late"})).await;
    let user =
        post(&service, "/api/v1/users", json!({"name": "ana", "role": "viewer", "password": "provisoria"})).await;
    post(&service, &format!("/api/v1/users/{}/role", user["id"]), json!({"role": "operator"})).await;
    let browser = service.browser().await;
    let shown = async |action: &str| {
        browser.get(format!("{}/registro?action={action}", service.url)).send().await.unwrap().text().await.unwrap()
    };
    let made = shown("create_paredao").await;
    assert!(made.contains("depois do encerramento") && made.contains("viewer, 2026-05-10T12:00:00Z"), "{made}");
    let replayed = shown("request_replay").await;
    assert!(!replayed.contains("too_late"), "{replayed}");
    let changed = shown("set_role").await;
    assert!(changed.contains("leitura") && changed.contains("operação"), "{changed}");
}

#[tokio::test]
async fn the_page_filters_and_its_file_is_safe_for_spreadsheets() {
    let service = Service::start().await;
    busy(&service).await;
    let browser = service.browser().await;
    let get = async |path: &str| browser.get(format!("{}{path}", service.url)).send().await.unwrap();
    let page = get("/registro?who=ana1&action=open_paredao&subject=&from=&to=").await.text().await.unwrap();
    assert!(page.contains("abriu o paredão") && page.contains("=p39") && !page.contains("=p38"), "{page}");
    let file = get("/registro.csv?who=ana1").await;
    assert!(file.headers()["content-disposition"].to_str().unwrap().contains("registro.csv"));
    let file = file.text().await.unwrap();
    assert_eq!(file.lines().count(), 21);
    assert!(file.contains(",2026-05-11T00:57:00-03:00,ana1,user,open_paredao,'=p39,done,{}"), "{file}");
    assert_eq!(get("/registro?from=ontem").await.status(), StatusCode::BAD_REQUEST);
}
