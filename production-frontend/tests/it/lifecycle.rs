//! What may be changed of a paredão, and until when.

use jiff::ToSpan;
use reqwest::multipart::Form;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::finality::minute;
use crate::support::{Service, form, form_of, photo, png};

async fn edit(service: &Service, slug: &str, form: Form) -> Response {
    service.request(Method::POST, &format!("/api/v1/paredoes/{slug}/edit")).multipart(form).send().await.unwrap()
}

async fn refused(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["type"].as_str().unwrap().replace("/problems/", ""))
}

fn problem(status: u16, name: &str) -> (u16, String) {
    (status, name.to_owned())
}

async fn reschedule(service: &Service, closes_at: &str) -> Response {
    let request = service.request(Method::POST, "/api/v1/paredoes/final/reschedule");
    request.json(&json!({"closes_at": closes_at})).send().await.unwrap()
}

#[tokio::test]
async fn whoever_read_before_another_changed_it_overwrites_nothing() {
    let service = Service::start().await;
    let made: Value = service.create(form("final")).await.json().await.unwrap();
    let titled = |title: &'static str, read: &Value| {
        let form = form_of("final", title, &["Ana", "Bruno"]);
        form.text("revision", read["revision"].as_str().unwrap().to_owned())
    };
    let first: Value = edit(&service, "final", titled("Primeira", &made)).await.json().await.unwrap();
    let second = edit(&service, "final", titled("Segunda", &made)).await;
    assert_eq!(refused(second).await, problem(409, "paredao-changed"));
    // Neither are another's participants, although only they changed.
    let third: Value =
        edit(&service, "final", form_of("final", "Primeira", &["Ana", "Célia"])).await.json().await.unwrap();
    let fourth = edit(&service, "final", titled("Quarta", &first)).await;
    assert_eq!(refused(fourth).await, problem(409, "paredao-changed"));
    // Nor is it the fault of a picture that is another's now.
    let pictured = titled("Com foto", &first).text("photo_kept", "0".repeat(64));
    assert_eq!(refused(edit(&service, "final", pictured).await).await, problem(409, "paredao-changed"));
    let fifth: Value = edit(&service, "final", titled("Quinta", &third)).await.json().await.unwrap();
    assert_eq!(fifth["title"], json!("Quinta"));
}

#[tokio::test]
async fn a_draft_may_change_in_everything_but_its_slug() {
    let service = Service::start().await;
    let made = Form::new()
        .text("slug", "final")
        .text("title", "Quem sai?")
        .text("participant", "Ana")
        .part("photo", photo(png(20, 20)))
        .text("participant", "Bruno")
        .text("participant", "Célia")
        .part("photo", photo(png(30, 30)));
    let made: Value = service.create(made).await.json().await.unwrap();
    let hash = |index: usize| made["participants"][index]["photo_url"].as_str().unwrap().replace("/photos/", "");
    // The aggregator has looked at it already.
    sqlx::raw_sql(
        "INSERT INTO panorama (paredao, revision, as_of, total) VALUES (1, 1, now(), 0);
         INSERT INTO panorama_share SELECT 1, id, 0, 0 FROM participant",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();

    let changed = Form::new()
        .text("slug", "another")
        .text("title", "Quem fica?")
        .text("opens_at", "2090-01-01T00:00:00Z")
        .text("closes_at", "2090-01-02T00:00:00Z")
        .text("visibility", "production")
        .text("shards", "4")
        .text("participant", "Célia")
        .text("photo_kept", hash(2))
        .text("participant", "Davi")
        .part("photo", photo(png(40, 40)))
        .text("participant", "Ana");
    let response = edit(&service, "final", changed).await;
    assert_eq!(response.status(), StatusCode::OK);
    let view: Value = response.json().await.unwrap();
    assert_eq!(
        (&view["slug"], &view["title"], &view["status"]),
        (&json!("final"), &json!("Quem fica?"), &json!("scheduled"))
    );
    assert_eq!((&view["visibility"], &view["shards"]), (&json!("production"), &json!(4)));
    let participants = view["participants"].as_array().unwrap();
    let names: Vec<_> = participants.iter().map(|participant| &participant["name"]).collect();
    assert_eq!(names, ["Célia", "Davi", "Ana"]);
    assert_eq!((&participants[0], &participants[2]["id"]), (&made["participants"][2], &made["participants"][0]["id"]));
    assert!(participants[1]["photo_url"].is_string() && participants[2]["photo_url"].is_null());
    assert_eq!(service.get("/api/v1/paredoes").await, json!([view]));
    // Somebody else's picture isn't one's own.
    let stolen = form("final").text("photo_kept", "0".repeat(64));
    assert_eq!(refused(edit(&service, "final", stolen).await).await, problem(400, "form-malformed"));
    assert_eq!(
        refused(edit(&service, "final", form_of("final", "", &["A", "B"])).await).await,
        problem(422, "paredao-invalid")
    );
}

#[tokio::test]
async fn what_voters_may_have_ballots_of_stays_as_it_is() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    assert_eq!(refused(edit(&service, "final", form("final")).await).await, problem(409, "paredao-not-editable"));
    for verb in ["unschedule", "delete"] {
        let name = if verb == "delete" { "paredao-not-deletable" } else { "paredao-not-editable" };
        let response = service.post(&format!("/api/v1/paredoes/final/{verb}")).await;
        assert_eq!(refused(response).await, problem(409, name));
    }
    for verb in ["edit", "unschedule", "delete", "reschedule"] {
        let request = service.request(Method::POST, &format!("/api/v1/paredoes/nada/{verb}"));
        let request = match verb {
            "edit" => request.multipart(form("nada")),
            _ => request.json(&json!({"closes_at": "2090-01-01T00:00:00Z"})),
        };
        assert_eq!(refused(request.send().await.unwrap()).await, problem(404, "paredao-unknown"), "{verb}");
    }
}

#[tokio::test]
async fn a_scheduled_paredao_becomes_a_draft_again_and_a_draft_can_go() {
    let service = Service::start().await;
    service.create(form("final").text("opens_at", "2090-01-01T00:00:00Z")).await;
    assert_eq!(
        refused(service.post("/api/v1/paredoes/final/delete").await).await,
        problem(409, "paredao-not-deletable")
    );
    let view: Value = service.post("/api/v1/paredoes/final/unschedule").await.json().await.unwrap();
    assert_eq!((&view["status"], &view["opens_at"]), (&json!("draft"), &json!(null)));
    sqlx::raw_sql(
        "INSERT INTO panorama (paredao, revision, as_of, total) VALUES (1, 1, now(), 0);
         INSERT INTO panorama_share SELECT 1, id, 0, 0 FROM participant",
    )
    .execute(&service.database.pool)
    .await
    .unwrap();
    let gone = service.post("/api/v1/paredoes/final/delete").await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(service.get("/api/v1/paredoes").await, json!([]));

    service.create(form("outro")).await;
    let import = json!({"paredao": "outro", "what": "telefone"});
    service.request(Method::POST, "/api/v1/imports").json(&import).send().await.unwrap();
    let kept = service.post("/api/v1/paredoes/outro/delete").await;
    assert_eq!(refused(kept).await, problem(409, "paredao-not-deletable"));
    let actions: Vec<String> = sqlx::query_scalar("SELECT action FROM audit WHERE subject = 'final' ORDER BY id")
        .fetch_all(&service.database.pool)
        .await
        .unwrap();
    assert_eq!(actions, ["create_paredao", "unschedule_paredao", "delete_paredao"]);
}

#[tokio::test]
async fn the_closing_of_an_open_paredao_moves_both_ways_until_it_has_passed() {
    let service = Service::start().await;
    service.create(form("final")).await;
    assert_eq!(refused(reschedule(&service, "2090-01-01T00:00:00Z").await).await, problem(409, "paredao-not-open"));
    service.post("/api/v1/paredoes/final/open").await;
    for closes_at in ["2090-01-01T00:00:00Z", "2089-01-01T00:00:00Z"] {
        let view: Value = reschedule(&service, closes_at).await.json().await.unwrap();
        assert_eq!((&view["closes_at"], &view["status"]), (&json!(closes_at), &json!("open")));
    }
    // As the page sends it, in the zone.
    let view: Value = reschedule(&service, "2090-01-01T00:00").await.json().await.unwrap();
    assert_eq!(view["closes_at"], "2090-01-01T03:00:00Z");
    let now = minute(0).to_string();
    for wrong in ["2020-01-01T00:00:00Z", &now, "2090-01-01T00:00:30Z", "", "amanhã"] {
        assert_eq!(refused(reschedule(&service, wrong).await).await, problem(422, "paredao-invalid"), "{wrong}");
    }
    sqlx::query("UPDATE paredao SET opens_at = to_timestamp($1::bigint), closes_at = to_timestamp($2::bigint)")
        .bind((minute(0) - 1.hour()).as_second())
        .bind(minute(0).as_second())
        .execute(&service.database.pool)
        .await
        .unwrap();
    let closed = reschedule(&service, "2090-01-01T00:00:00Z").await;
    assert_eq!(refused(closed).await, problem(409, "closing-passed"));
}

#[tokio::test]
async fn whoever_has_imported_votes_stays() {
    let service = Service::start().await;
    service.create(form("final")).await;
    let import = json!({"paredao": "final", "what": "telefone"});
    service.request(Method::POST, "/api/v1/imports").json(&import).send().await.unwrap();
    let renamed = || form_of("final", "Quem sai?", &["Ana", "Bruna"]);
    assert_eq!(refused(edit(&service, "final", renamed()).await).await, problem(409, "participants-stay"));
    let view: Value = service.get("/api/v1/paredoes").await[0].clone();
    let more = form_of("final", "Quem fica?", &["Bruno", "Ana", "Célia"]);
    let changed: Value = edit(&service, "final", more).await.json().await.unwrap();
    assert_eq!((&changed["title"], &changed["participants"][0]), (&json!("Quem fica?"), &view["participants"][1]));

    // The same where only buckets speak of them.
    service.create(form("outro")).await;
    let renamed = form_of("outro", "Quem sai?", &["Ana", "Bruna"]);
    service.vote(2, "2026-05-10T11:58:00Z", 4, 5).await;
    assert_eq!(refused(edit(&service, "outro", renamed).await).await, problem(409, "participants-stay"));
}

#[tokio::test]
async fn a_paredao_about_to_close_closes() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let closes_in = async |seconds: i64| {
        sqlx::query("UPDATE paredao SET closes_at = to_timestamp(extract(epoch FROM now())::bigint + $1)")
            .bind(seconds)
            .execute(&service.database.pool)
            .await
            .unwrap();
    };
    // A closing is a whole minute, and none may be near.
    sqlx::raw_sql("ALTER TABLE paredao DROP CONSTRAINT paredao_closes_at_check")
        .execute(&service.database.pool)
        .await
        .unwrap();
    closes_in(9).await;
    let later = reschedule(&service, "2090-01-01T00:00:00Z").await;
    assert_eq!(refused(later).await, problem(409, "closing-passed"));
    closes_in(90).await;
    assert_eq!(reschedule(&service, "2090-01-01T00:00:00Z").await.status(), StatusCode::OK);
}
