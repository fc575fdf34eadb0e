//! Publishing: two people, the same numbers, a signed package that stays as it is.

use std::path::PathBuf;
use std::process::Command;

use production_frontend::Role;
use production_frontend::commands::{self, verify_result};
use production_frontend::publication::verify::{NotGenuine, Package, verify};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use test_support::eventually;

use crate::dead_letters::park;
use crate::finality::settle;
use crate::support::{PASSWORD, RESULT_KEY, RESULT_KEY_ID, Service, USER, browser, sign_in};

const SECOND: &str = "segunda";

/// A paredão whose count is final, with 5007 votes.
async fn counted(service: &Service) {
    let (paredao, ids) = service.open_paredao("final", Some("2026-05-10T12:00:00Z")).await;
    service.vote(paredao, "2026-05-10T11:58:00Z", ids[0], 5000).await;
    service.vote(paredao, "2026-05-10T11:59:00Z", ids[1], 7).await;
    service.vote(paredao, "2026-05-10T12:00:00Z", ids[1], 3).await;
    settle(service).await;
}

async fn person(service: &Service, name: &str, role: Role) -> Client {
    commands::add_user(&service.database.as_service("production-frontend"), "test", name, Some(role), PASSWORD)
        .await
        .unwrap();
    let browser = browser();
    assert_eq!(sign_in(&browser, &service.url, name, PASSWORD).await.status(), StatusCode::SEE_OTHER);
    browser
}

async fn post(person: &Client, service: &Service, verb: &str, body: &Value) -> Response {
    let url = format!("{}/api/v1/paredoes/final/publication/{verb}", service.url);
    person.post(url).json(body).send().await.unwrap()
}

async fn problem(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["type"].as_str().unwrap_or_default().replace("/problems/", ""))
}

async fn refused(person: &Client, service: &Service, verb: &str, body: &Value) -> (u16, String) {
    problem(post(person, service, verb, body).await).await
}

/// What the second person confirms.
async fn proposed(first: &Client, service: &Service) -> Value {
    let response = post(first, service, "propose", &json!({})).await;
    assert_eq!(response.status(), StatusCode::OK);
    let view: Value = response.json().await.unwrap();
    json!({"counted_sha256": view["proposal"]["result"]["counted_sha256"]})
}

async fn bytes(service: &Service, path: &str) -> Vec<u8> {
    let response = service.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.bytes().await.unwrap().to_vec()
}

async fn sql(service: &Service, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(&service.database.pool).await.map(drop)
}

#[tokio::test]
async fn a_result_is_proposed_by_one_and_confirmed_by_another() {
    let service = Service::start().await;
    counted(&service).await;
    let (first, second) =
        (person(&service, USER, Role::Director).await, person(&service, SECOND, Role::Director).await);
    let confirmation = proposed(&first, &service).await;
    let waiting = service.get("/api/v1/paredoes/final/publication").await;
    let result = &waiting["proposal"]["result"];
    assert_eq!((&result["total"], &result["after_closing"], &result["buckets"]), (&json!(5007), &json!(3), &json!(2)));
    assert_eq!(result["participants"][0]["percent"], "99.86");
    assert_eq!(waiting["proposal"]["proposed_by"], USER);

    let published = post(&second, &service, "confirm", &confirmation).await;
    assert_eq!(published.status(), StatusCode::OK, "{}", published.text().await.unwrap());
    assert_eq!(service.get("/api/v1/paredoes").await[0]["status"], "published");
    let view = service.get("/api/v1/paredoes/final/publication").await;
    let signed = &view["published"]["signed"];
    assert_eq!((&signed["proposed_by"], &signed["confirmed_by"]), (&json!(USER), &json!(SECOND)));
    assert_eq!(
        (&signed["key_id"], &signed["counted_sha256"]),
        (&json!(RESULT_KEY_ID), &confirmation["counted_sha256"])
    );
    assert_eq!(
        signed["cursors"],
        json!([{"topic": "votes", "partition": 0, "next_offset": 10}, {"topic": "votes", "partition": 1, "next_offset": 5}])
    );
    let actions: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit WHERE subject = 'final' ORDER BY id DESC LIMIT 2")
            .fetch_all(&service.database.pool)
            .await
            .unwrap();
    assert_eq!(actions, ["publish", "propose_publication"]);
    // What was counted is what was hashed.
    let text = bytes(&service, "/api/v1/paredoes/final/counted").await;
    assert!(text.starts_with(b"paredao-counted/1 final 2026-05-10T12:00:00Z\n0 2026-05-10T11:58:00Z "));
    assert_eq!(openssl_sha256(&text), signed["counted_sha256"].as_str().unwrap());
}

fn openssl_sha256(bytes: &[u8]) -> String {
    let file = scratch().join("counted");
    std::fs::write(&file, bytes).unwrap();
    let output = Command::new("sha256sum").arg(&file).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn only_two_directors_who_are_people_publish() {
    let service = Service::start().await;
    counted(&service).await;
    let first = person(&service, USER, Role::Director).await;
    let operator = person(&service, "operadora", Role::Operator).await;
    let token = service.request(Method::POST, "/api/v1/paredoes/final/publication/propose").send().await.unwrap();
    assert_eq!(problem(token).await, (403, "person-needed".to_owned()));
    assert_eq!(refused(&operator, &service, "propose", &json!({})).await, (403, "role-too-low".to_owned()));
    assert_eq!(refused(&first, &service, "withdraw", &json!({})).await, (409, "no-proposal".to_owned()));

    let confirmation = proposed(&first, &service).await;
    assert_eq!(refused(&first, &service, "propose", &json!({})).await, (409, "proposal-stands".to_owned()));
    assert_eq!(refused(&first, &service, "confirm", &confirmation).await, (409, "second-person-needed".to_owned()));
    assert_eq!(refused(&operator, &service, "confirm", &confirmation).await, (403, "role-too-low".to_owned()));
    // A token that bears a second name would still be the first person's.
    commands::add_token(&service.database.as_service("production-frontend"), "test", SECOND, Some(Role::Director))
        .await
        .unwrap();
    let token = service.request(Method::POST, "/api/v1/paredoes/final/publication/confirm").json(&confirmation);
    assert_eq!(problem(token.send().await.unwrap()).await, (403, "person-needed".to_owned()));

    let token = service.request(Method::POST, "/api/v1/paredoes/final/publication/withdraw").json(&json!({}));
    assert_eq!(problem(token.send().await.unwrap()).await, (403, "person-needed".to_owned()));
    assert_eq!(post(&first, &service, "withdraw", &json!({})).await.status(), StatusCode::OK);
    let second = person(&service, SECOND, Role::Director).await;
    assert_eq!(refused(&second, &service, "confirm", &confirmation).await, (409, "no-proposal".to_owned()));
    assert_eq!(service.get("/api/v1/paredoes").await[0]["status"], "closed");
}

#[tokio::test]
async fn counts_that_changed_since_arent_published() {
    let service = Service::start().await;
    counted(&service).await;
    let (first, second) =
        (person(&service, USER, Role::Director).await, person(&service, SECOND, Role::Director).await);
    let confirmation = proposed(&first, &service).await;
    let other = json!({"counted_sha256": "0".repeat(64)});
    assert_eq!(refused(&second, &service, "confirm", &other).await, (409, "count-changed".to_owned()));
    sql(&service, "UPDATE reconciliation SET state = 'red'").await.unwrap();
    assert_eq!(refused(&second, &service, "confirm", &confirmation).await, (409, "count-not-final".to_owned()));
    settle(&service).await;
    // A parked vote is replayed, say.
    sql(&service, "UPDATE bucket SET votes = votes + 1 WHERE votes = 7").await.unwrap();
    assert_eq!(refused(&second, &service, "confirm", &confirmation).await, (409, "count-changed".to_owned()));
    sql(&service, "UPDATE bucket SET votes = votes - 1 WHERE votes = 8").await.unwrap();
    // What comes after the closing isn't of the result.
    sql(&service, "UPDATE bucket SET votes = votes + 1 WHERE votes = 3").await.unwrap();
    assert_eq!(post(&second, &service, "confirm", &confirmation).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_isnt_final_cant_be_proposed() {
    let service = Service::start().await;
    let first = person(&service, USER, Role::Director).await;
    assert_eq!(refused(&first, &service, "propose", &json!({})).await, (404, "paredao-unknown".to_owned()));
    service.open_paredao("final", None).await;
    settle(&service).await;
    assert_eq!(refused(&first, &service, "propose", &json!({})).await, (409, "count-not-final".to_owned()));
    let nothing = service.request(Method::GET, "/api/v1/paredoes/final/result.json").send().await.unwrap();
    assert_eq!(problem(nothing).await, (404, "not-published".to_owned()));
}

/// A service with a published result, and its files: JSON, signature, CSV.
async fn published(service: &Service) -> [Vec<u8>; 3] {
    counted(service).await;
    let (first, second) = (person(service, USER, Role::Director).await, person(service, SECOND, Role::Director).await);
    let confirmation = proposed(&first, service).await;
    assert_eq!(post(&second, service, "confirm", &confirmation).await.status(), StatusCode::OK);
    let file = |name| format!("/api/v1/paredoes/final/{name}");
    [
        bytes(service, &file("result.json")).await,
        bytes(service, &file("result.json.sig")).await,
        bytes(service, &file("result.csv")).await,
    ]
}

#[tokio::test]
async fn the_package_is_genuine_and_one_flipped_byte_isnt() {
    let service = Service::start().await;
    let [json, signature, csv] = published(&service).await;
    let keys: Value = reqwest::get(format!("{}/api/v1/result-keys", service.url)).await.unwrap().json().await.unwrap();
    assert_eq!(
        (&keys[0]["key_id"], &keys[0]["is_current"], &keys[1]),
        (&json!(RESULT_KEY_ID), &json!(true), &json!(null))
    );
    let pem = keys[0]["public_key"].as_str().unwrap();
    let key = format!("{}/api/v1/result-keys/{RESULT_KEY_ID}", service.url);
    assert_eq!(reqwest::get(key).await.unwrap().text().await.unwrap(), pem);

    let package = Package { json: &json, signature: &signature, csv: Some(&csv) };
    let signed = verify(&package, pem).unwrap();
    assert_eq!((signed.result.total, signed.confirmed_by.as_str()), (5007, SECOND));
    for at in 0..json.len() {
        let mut forged = json.clone();
        forged[at] ^= 1;
        assert_eq!(verify(&Package { json: &forged, ..package }, pem), Err(NotGenuine::Signature), "byte {at}");
    }
    let mut forged = signature.clone();
    forged[40] ^= 1;
    assert_eq!(verify(&Package { signature: &forged, ..package }, pem), Err(NotGenuine::Signature));
    let mut forged = csv.clone();
    forged[40] ^= 1;
    assert_eq!(verify(&Package { csv: Some(&forged), ..package }, pem), Err(NotGenuine::Csv));
    assert_eq!(verify(&package, "no key"), Err(NotGenuine::NoKey));
    let later = String::from_utf8(json.clone()).unwrap().replace("paredao-result/1", "paredao-result/2");
    let signature = signed_by_openssl(later.as_bytes());
    let later = Package { json: later.as_bytes(), signature: &signature, csv: None };
    assert_eq!(verify(&later, pem), Err(NotGenuine::Format));

    // Canonical: keys in order, no blanks; the same value written again is the same bytes.
    let value: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(serde_json::to_vec(&value).unwrap(), json);
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        "\u{feff}paredao,participante,nome,votos,porcentagem\r\nfinal,1,Ana,5000,99.86\r\nfinal,2,Bruno,7,0.14\r\n"
    );
}

/// Waits until so many of the service's statements wait for a lock.
async fn held_back(service: &Service, statements: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("statements that wait", async || {
        let count: i64 = sqlx::query_scalar(waiting).fetch_one(&service.database.pool).await.unwrap();
        (count == statements).then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_a_confirmation_and_what_comes_at_the_same_time_one_succeeds() {
    let service = Service::start().await;
    counted(&service).await;
    let first = person(&service, USER, Role::Director).await;
    let (second, third) =
        (person(&service, SECOND, Role::Director).await, person(&service, "terceira", Role::Director).await);
    for (verb, person) in [("withdraw", &first), ("confirm", &third)] {
        let confirmation = proposed(&first, &service).await;
        let mut held = service.database.pool.begin().await.unwrap();
        sqlx::query("SELECT FROM publication_proposal FOR UPDATE").execute(&mut *held).await.unwrap();
        // Each has its snapshot when it waits; the first to wait is the first to go on.
        let late = async {
            held_back(&service, 1).await;
            let body = if verb == "confirm" { confirmation.clone() } else { json!({}) };
            post(person, &service, verb, &body).await
        };
        let release = async {
            held_back(&service, 2).await;
            held.rollback().await.unwrap();
        };
        let (confirmed, late, ()) = tokio::join!(post(&second, &service, "confirm", &confirmation), late, release);
        assert_eq!(confirmed.status(), StatusCode::OK);
        assert_eq!(problem(late).await, (503, "database-unavailable".to_owned()), "{verb}");
        let again = refused(person, &service, verb, &confirmation).await;
        assert_eq!(again, (409, "already-published".to_owned()), "{verb}");
        sql(
            &service,
            "ALTER TABLE publication DISABLE TRIGGER USER; DELETE FROM publication; DELETE FROM publication_proposal;
             ALTER TABLE publication ENABLE TRIGGER USER",
        )
        .await
        .unwrap();
    }
}

/// Somebody who was let in by `by`, and has a password of their own.
async fn let_in(service: &Service, by: &Client, name: &str) -> Client {
    let user = json!({"name": name, "role": "director", "password": "so desta vez"});
    let added = by.post(format!("{}/api/v1/users", service.url)).json(&user).send().await.unwrap();
    assert_eq!(added.status(), StatusCode::CREATED);
    let browser = browser();
    sign_in(&browser, &service.url, name, "so desta vez").await;
    let own = json!({"current": "so desta vez", "new": PASSWORD});
    let chosen = browser.post(format!("{}/api/v1/account/password", service.url)).json(&own).send().await.unwrap();
    assert_eq!(chosen.status(), StatusCode::OK);
    browser
}

#[tokio::test]
async fn one_director_cant_be_both_persons() {
    let service = Service::start().await;
    counted(&service).await;
    let lately = (409, "let-in-lately".to_owned());
    let first = person(&service, USER, Role::Director).await;
    let puppet = let_in(&service, &first, "ana 2").await;
    let confirmation = proposed(&first, &service).await;
    let refusal = post(&puppet, &service, "confirm", &confirmation).await;
    assert_eq!(refusal.status(), StatusCode::CONFLICT);
    let said: Value = refusal.json().await.unwrap();
    assert_eq!(said["type"], "/problems/let-in-lately");
    assert!(said["detail"].as_str().unwrap().contains("ana 2"), "{said}");
    let from: jiff::Timestamp = said["about"].as_str().unwrap().split(' ').nth(4).unwrap().parse().unwrap();
    let hours = (from - jiff::Timestamp::now()).get_seconds() / 3600;
    assert!((23..=24).contains(&hours), "{said}");
    // Nor two puppets of a third, nor the other way round.
    let other = let_in(&service, &puppet, "ana 3").await;
    assert_eq!(refused(&other, &service, "confirm", &confirmation).await, lately);
    post(&first, &service, "withdraw", &json!({})).await;
    assert_eq!(refused(&puppet, &service, "propose", &json!({})).await, lately);

    // By a token; by another's password; by the role.
    let second = person(&service, SECOND, Role::Operator).await;
    let users = service.get("/api/v1/users").await;
    let user = users.as_array().unwrap().iter().find(|user| user["name"] == SECOND).unwrap();
    let role = format!("/api/v1/users/{}/role", user["id"]);
    service.request(Method::POST, &role).json(&json!({"role": "director"})).send().await.unwrap();
    let confirmation = proposed(&first, &service).await;
    assert_eq!(refused(&second, &service, "confirm", &confirmation).await, lately);

    // A day later they are as good as any other.
    sql(
        &service,
        "ALTER TABLE audit DISABLE TRIGGER USER;
         UPDATE audit SET at = at - interval '1 day';
         ALTER TABLE audit ENABLE TRIGGER USER",
    )
    .await
    .unwrap();
    assert_eq!(post(&second, &service, "confirm", &confirmation).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn whoever_confirms_sees_what_could_still_change_the_numbers() {
    let service = Service::start().await;
    counted(&service).await;
    park(&service).await;
    sql(
        &service,
        "INSERT INTO import (paredao, what, registered_by, begun_at) VALUES (1, 'a', 'x', now()), (1, 'b', 'x', NULL);
         INSERT INTO import_position (topic, partition, import, next_line, counted) VALUES ('votes', 0, 1, 9, 8)",
    )
    .await
    .unwrap();
    let first = person(&service, USER, Role::Director).await;
    proposed(&first, &service).await;
    let proposal = service.get("/api/v1/paredoes/final/publication").await["proposal"].clone();
    // Three good votes of five records wait.
    assert_eq!(proposal["parked_votes"], 3);
    assert_eq!(proposal["imports"], json!({"imports": 2, "not_begun": 1, "counted": 8}));
    let page = first.get(format!("{}/paredoes/final", service.url)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("3 votos separados deste paredão ainda poderiam ser contados."), "{page}");
    assert!(page.contains("Importações deste paredão: 2. Não iniciadas: 1. Linhas contadas: 8."), "{page}");
}

/// By the key that signs results.
fn signed_by_openssl(bytes: &[u8]) -> Vec<u8> {
    let file = scratch().join("result");
    std::fs::write(&file, bytes).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["pkeyutl", "-sign", "-rawin", "-inkey", RESULT_KEY, "-in"]).arg(&file);
    openssl.output().unwrap().stdout
}

fn scratch() -> PathBuf {
    let folder = std::env::temp_dir().join(test_support::unique_name("result"));
    std::fs::create_dir(&folder).unwrap();
    folder
}

#[tokio::test]
async fn the_command_and_openssl_say_so_too() {
    let service = Service::start().await;
    let [json, signature, csv] = published(&service).await;
    let folder = scratch();
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).unwrap();
        folder.join(name)
    };
    let pem = reqwest::get(format!("{}/api/v1/result-keys/{RESULT_KEY_ID}", service.url)).await.unwrap();
    let key = file("key.pem", &pem.bytes().await.unwrap());
    let (json_file, csv_file) = (file("r.json", &json), file("r.csv", &csv));
    let signature_file = file("r.json.sig", &signature);
    let two = verify_result(&[json_file.clone(), csv_file.clone(), csv_file.clone()], None, &key).unwrap_err();
    assert_eq!(two.to_string(), "there is more than one CSV");
    let said = verify_result(&[json_file.clone(), csv_file.clone()], None, &key).unwrap();
    assert!(
        said.starts_with("genuine, and so is its CSV: \"Quem sai?\" (final), 5007 votes before 2026-05-10T12:00:00Z"),
        "{said}"
    );
    let openssl = || {
        let mut openssl = Command::new("openssl");
        openssl.args(["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey"]).arg(&key);
        openssl.arg("-in").arg(&json_file).arg("-sigfile").arg(&signature_file);
        openssl.output().unwrap().status.success()
    };
    assert!(openssl());
    file("r.json", &[&json[..], b"\n"].concat());
    assert!(!openssl());
    let refused = verify_result(&[json_file], None, &key).unwrap_err();
    assert!(format!("{refused:#}").starts_with("NOT genuine: the signature isn't this key's"), "{refused:#}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn what_was_published_never_changes() {
    let service = Service::start().await;
    let files = published(&service).await;
    for statement in [
        "UPDATE publication SET csv = ''",
        "DELETE FROM publication",
        "UPDATE paredao SET closes_at = closes_at + interval '1 minute'",
        "UPDATE paredao SET title = 'Outro'",
        "DELETE FROM paredao",
    ] {
        sql(&service, statement).await.expect_err(statement);
    }
    // The aggregator may be told to look again.
    sql(&service, "UPDATE paredao SET written_by = pg_current_xact_id()").await.unwrap();
    let (first, second) =
        (person(&service, USER, Role::Director).await, person(&service, SECOND, Role::Director).await);
    for (person, verb) in [(&first, "propose"), (&second, "confirm"), (&first, "withdraw")] {
        let body = json!({"counted_sha256": "0".repeat(64)});
        assert_eq!(refused(person, &service, verb, &body).await, (409, "already-published".to_owned()), "{verb}");
    }
    let import = json!({"paredao": "final", "what": "telefone"});
    let import = service.request(Method::POST, "/api/v1/imports").json(&import).send().await.unwrap();
    assert_eq!(problem(import).await, (409, "already-published".to_owned()));
    // Nor does one go on that was registered before.
    sql(&service, "INSERT INTO import (paredao, what, registered_by) SELECT id, 'x', 'x' FROM paredao").await.unwrap();
    let begin = json!({"partitions": 1, "file_sha256": "0".repeat(64)});
    let begin = service.request(Method::POST, "/api/v1/imports/1/begin").json(&begin).send().await.unwrap();
    assert_eq!(problem(begin).await, (409, "already-published".to_owned()));
    let replay = first.post(format!("{}/separados/simular?paredao=final", service.url)).form(&[("all", "1")]);
    assert_eq!(replay.send().await.unwrap().status(), StatusCode::CONFLICT);
    sql(&service, "UPDATE bucket SET votes = votes + 1").await.unwrap();
    assert_eq!(bytes(&service, "/api/v1/paredoes/final/result.json").await, files[0]);
}
