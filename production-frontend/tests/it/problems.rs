//! Every way in which the API says no.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use test_support::TestDatabase;
use tokio::net::TcpListener;
use voting_commons::adapters::edge::EdgeArgs;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::support::{Served, Service, form, form_of, photo, png, serve};

async fn assert_problem(response: Response, status: StatusCode, name: &str) {
    assert_eq!(response.status(), status, "{name}");
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{name}");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["type"], format!("/problems/{name}"));
    assert_eq!(problem["status"], status.as_u16());
    assert!(problem["title"].is_string() && problem["detail"].is_string());
}

#[tokio::test]
async fn who_asks_and_for_what() {
    let service = Service::start().await;
    let list = format!("{}/api/v1/paredoes", service.url);
    let stranger = reqwest::get(&list).await.unwrap();
    assert!(stranger.headers().contains_key("www-authenticate"));
    assert_problem(stranger, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    let foreign = service.request(Method::POST, "/api/v1/paredoes").header("origin", "https://evil.example");
    assert_problem(foreign.send().await.unwrap(), StatusCode::FORBIDDEN, "cross-site").await;
    let nothing = service.request(Method::GET, "/api/v1/nada").send().await.unwrap();
    assert_problem(nothing, StatusCode::NOT_FOUND, "not-found").await;
    let photo = service.request(Method::GET, "/photos/nada").send().await.unwrap();
    assert_problem(photo, StatusCode::NOT_FOUND, "not-found").await;
    let delete = service.request(Method::DELETE, "/api/v1/paredoes").send().await.unwrap();
    assert_problem(delete, StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed").await;
    for path in ["/photos/%00", "/photos/%ff", "/api/v1/paredoes/%00/totals", "/api/v1/paredoes/%ff/totals", "/api/%ff"]
    {
        let odd = service.request(Method::GET, path).send().await.unwrap();
        assert_problem(odd, StatusCode::NOT_FOUND, "not-found").await;
    }
    for path in ["nada/open", "nada/close"] {
        let unknown = service.post(&format!("/api/v1/paredoes/{path}")).await;
        assert_problem(unknown, StatusCode::NOT_FOUND, "paredao-unknown").await;
    }
}

#[tokio::test]
async fn each_reader_gets_one_language_and_no_echo() {
    let service = Service::start().await;
    let problem = async |path: String| -> Value {
        service.request(Method::GET, &path).send().await.unwrap().json().await.unwrap()
    };
    let query = problem("/api/v1/paredoes/final/totals?cor=azul".to_owned()).await;
    assert_eq!(query["title"], "The query's parameters can't be read");
    assert_eq!(query["detail"], "Os parâmetros não puderam ser lidos.");
    assert!(query["about"].as_str().unwrap().contains("unknown field `cor`"), "{query}");
    let long = problem(format!("/api/v1/paredoes/final/totals?{}=1", "x".repeat(20_000))).await;
    assert_eq!(long["about"].as_str().unwrap().len(), 200);
    let slug = problem(format!("/api/v1/paredoes/{}/totals", "x".repeat(20_000))).await;
    assert_eq!(slug["detail"], "Não existe um paredão com este endereço.");
    assert!(slug.get("about").is_none());
}

/// The safety net below the checks: whatever value Postgres alone refuses, the asker is told that it was refused.
#[tokio::test]
async fn a_value_that_only_postgres_refuses() {
    let service = Service::start().await;
    for sqlstate in ["22P02", "23514"] {
        let refuse = format!(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}'; END $$;
             CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON paredao FOR EACH ROW EXECUTE FUNCTION refuse()"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(refuse)).execute(&service.database.pool).await.unwrap();
        let response = service.create(form("final")).await;
        assert_problem(response, StatusCode::UNPROCESSABLE_ENTITY, "value-refused").await;
    }
}

#[tokio::test]
async fn forms_that_describe_no_paredao() {
    let service = Service::start().await;
    let json = service.request(Method::POST, "/api/v1/paredoes").json(&"{}").send().await.unwrap();
    assert_problem(json, StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type-unsupported").await;
    let malformed = [
        form("final").text("cor", "azul"),
        Form::new().part("photo", photo(png(1, 1))),
        form("final").part("photo", photo(png(1, 1))).part("photo", photo(png(1, 1))),
        (0..81).fold(Form::new(), |form, _| form.text("participant", "Ana")),
        form("final").part("title", Part::bytes(b"Final\xff".to_vec())),
        form("final").text("title", "t".repeat(4097)),
    ];
    for form in malformed {
        assert_problem(service.create(form).await, StatusCode::BAD_REQUEST, "form-malformed").await;
    }
    let invalid = [
        form("Final"),
        Form::new().text("slug", "final").text("title", "Só um").text("participant", "Ana"),
        form("a\0b"),
        form_of("final", "a\0b", &["Ana", "Bruno"]),
        form_of("final", "a\nb", &["Ana", "Bruno"]),
        form_of("final", "\u{200b}", &["Ana", "Bruno"]),
        form_of("final", "Final", &["Ana", "a\0b"]),
        form_of("final", "Final", &["Ana", " "]),
        form_of("final", "Final", &["Ana", "Bruno", "ana"]),
        form("final").text("opens_at", "-005000-01-01T00:00:00Z"),
        form("final").text("opens_at", "2020-01-01T00:00:00Z"),
        form("final").text("closes_at", "2020-01-01T00:00:00Z"),
        form("final").text("closes_at", "2030-01-01T00:00:01Z"),
        form("final").text("opens_at", "2030-01-01T00:01:00Z").text("closes_at", "2030-01-01T00:01:00Z"),
    ];
    for form in invalid {
        let response = service.create(form).await;
        assert_problem(response, StatusCode::UNPROCESSABLE_ENTITY, "paredao-invalid").await;
    }
    service.create(form("final")).await;
    assert_problem(service.create(form("final")).await, StatusCode::CONFLICT, "slug-taken").await;
}

#[tokio::test]
async fn pictures_that_are_none_or_too_much() {
    let service = Service::start().await;
    let pictures = [b"<svg onload=alert(1)>".to_vec(), png(30, 30)[..60].to_vec(), png(6000, 5000)];
    for picture in pictures.into_iter().chain([vec![0; 8 * 1024 * 1024 + 1]]) {
        let response = service.create(form("final").part("photo", photo(picture))).await;
        assert_problem(response, StatusCode::UNPROCESSABLE_ENTITY, "picture-refused").await;
    }
    let bytes = vec![0; 25 * 1024 * 1024];
    let response = service.create(form("final").part("photo", photo(bytes))).await;
    assert_problem(response, StatusCode::PAYLOAD_TOO_LARGE, "body-too-large").await;
    assert_eq!(service.get("/api/v1/paredoes").await, serde_json::json!([]), "nothing is half made");
}

#[tokio::test]
async fn openings_and_closings_out_of_order() {
    let service = Service::start().await;
    service.create(form("rascunho")).await;
    let response = service.post("/api/v1/paredoes/rascunho/close").await;
    assert_problem(response, StatusCode::CONFLICT, "paredao-not-open").await;
    service.open_paredao("velho", Some("2020-02-01T00:00:00Z")).await;
    let response = service.post("/api/v1/paredoes/velho/open").await;
    assert_problem(response, StatusCode::CONFLICT, "paredao-closed").await;
    service.create(form("passado")).await;
    sqlx::raw_sql("UPDATE paredao SET closes_at = '2020-02-01' WHERE slug = 'passado'")
        .execute(&service.database.pool)
        .await
        .unwrap();
    let response = service.post("/api/v1/paredoes/passado/open").await;
    assert_problem(response, StatusCode::CONFLICT, "paredao-closed").await;
}

#[tokio::test]
async fn totals_of_nothing_and_of_too_much() {
    let service = Service::start().await;
    let totals = async |query: &str| {
        let path = format!("/api/v1/paredoes/final/totals{query}");
        service.request(Method::GET, &path).send().await.unwrap()
    };
    assert_problem(totals("").await, StatusCode::NOT_FOUND, "paredao-unknown").await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    for query in ["?granularity=week", "?from=ontem", "?to=2026-05-10", "?form=2026-05-10T00:00:00Z", "?from=%ff"] {
        assert_problem(totals(query).await, StatusCode::BAD_REQUEST, "query-malformed").await;
    }
    let backwards = totals("?from=2026-05-10T00:00:01Z&to=2026-05-10T00:00:00Z").await;
    assert_problem(backwards, StatusCode::UNPROCESSABLE_ENTITY, "range-backwards").await;
    sqlx::query(
        "INSERT INTO bucket (paredao, start, participant, partition, votes)
         SELECT $1, '2026-01-01'::timestamptz + make_interval(mins => n), $2, 0, 1 FROM generate_series(0, 50000) n",
    )
    .bind(paredao)
    .bind(ids[0])
    .execute(&service.database.pool)
    .await
    .unwrap();
    assert_problem(totals("?granularity=minute").await, StatusCode::UNPROCESSABLE_ENTITY, "range-too-long").await;
    assert_eq!(totals("").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn without_postgres_it_says_when_to_try_again() {
    let nowhere = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let args = PostgresArgs::open(format!("postgres://postgres@{nowhere}/none"));
    let Served { url, shutdown: _shutdown, .. } = serve(args, false, EdgeArgs::default()).await;
    let request = reqwest::Client::new().get(format!("{url}/api/v1/paredoes")).bearer_auth("x");
    let response = request.send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    assert_problem(response, StatusCode::SERVICE_UNAVAILABLE, "database-unavailable").await;
}

#[tokio::test]
async fn what_the_database_says_stays_in_the_log() {
    let service = Service::start().await;
    let TestDatabase { pool, .. } = &service.database;
    sqlx::raw_sql("DROP TABLE participant CASCADE").execute(pool).await.unwrap();
    let response = service.request(Method::GET, "/api/v1/paredoes").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = response.text().await.unwrap();
    assert!(body.contains("/problems/internal") && !body.contains("participant"), "{body}");
}
