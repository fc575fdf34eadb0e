//! Signing in and out, sessions, tokens, and requests forged by other sites.

use production_frontend::commands;
use reqwest::StatusCode;
use sqlx::Row;
use voting_commons::adapters::edge::EdgeArgs;

use crate::support::{PASSWORD, Service, USER, browser, sign_in};

#[tokio::test]
async fn a_session_lasts_from_signing_in_to_signing_out() {
    let service = Service::start().await;
    let browser = service.browser().await;
    let list = format!("{}/paredoes", service.url);
    assert_eq!(browser.get(&list).send().await.unwrap().status(), StatusCode::OK);
    let api = format!("{}/api/v1/paredoes", service.url);
    assert_eq!(browser.get(&api).send().await.unwrap().status(), StatusCode::OK);

    let out = browser.post(format!("{}/sair", service.url)).send().await.unwrap();
    assert_eq!((out.status(), out.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/entrar"));
    let after = browser.get(&list).send().await.unwrap();
    assert_eq!((after.status(), after.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/entrar"));
    let sessions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&service.database.pool).await.unwrap();
    assert_eq!(sessions, 0, "the server has forgotten it too");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let service = Service::start().await;
    let browser = browser();
    // Postgres's text holds no NUL.
    for (name, password) in [(USER, "errada"), ("ninguem", PASSWORD), ("\0", PASSWORD), (USER, "\0")] {
        let response = sign_in(&browser, &service.url, name, password).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(response.headers().get("set-cookie").is_none());
        let page = response.text().await.unwrap();
        assert!(page.contains("Nome ou senha incorretos"));
        assert!(!page.contains("errada") && !page.contains(PASSWORD), "a password is never sent back");
    }
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_and_only_its_hash_is_stored() {
    let service = Service::start_with(true).await;
    let response = sign_in(&browser(), &service.url, USER, PASSWORD).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    for part in ["__Host-sessao=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{part} isn't in the cookie");
    }
    let token = cookie.trim_start_matches("__Host-sessao=").split(';').next().unwrap();
    let row = sqlx::query("SELECT token_hash, sha256(convert_to($1, 'UTF8')) AS expected FROM session")
        .bind(token)
        .fetch_one(&service.database.pool)
        .await
        .unwrap();
    assert_eq!(row.get::<Vec<u8>, _>("token_hash"), row.get::<Vec<u8>, _>("expected"));
}

#[tokio::test]
async fn sessions_end_by_themselves_and_with_a_new_password() {
    let service = Service::start().await;
    let list = format!("{}/api/v1/paredoes", service.url);
    let browser = service.browser().await;
    sqlx::query("UPDATE session SET expires_at = now()").execute(&service.database.pool).await.unwrap();
    assert_eq!(browser.get(&list).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let browser = service.browser().await;
    commands::add_user(&service.database.as_service("production-frontend"), "test", USER, None, "outra senha")
        .await
        .unwrap();
    assert_eq!(browser.get(&list).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&browser, &service.url, USER, "outra senha").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn another_site_can_write_nothing_with_a_session() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let browser = service.browser().await;
    let close = format!("{}/api/v1/paredoes/final/close", service.url);
    for (name, value) in
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
    {
        let forged = browser.post(&close).header(name, value).send().await.unwrap();
        assert_eq!(forged.status(), StatusCode::FORBIDDEN, "{name}: {value}");
        let page = browser.post(format!("{}/paredoes/final/encerrar", service.url)).header(name, value);
        assert_eq!(page.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(service.get("/api/v1/paredoes").await[0]["closes_at"], serde_json::Value::Null);
    let own = browser.post(&close).header("origin", &service.url).header("sec-fetch-site", "same-origin");
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn attempts_to_sign_in_are_counted_for_whom_a_trusted_proxy_names() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let service = Service::start_at(false, EdgeArgs { trusted_proxies, ..EdgeArgs::default() }).await;
    let try_from = async |address: &str| {
        let form = [("name", USER), ("password", "errada")];
        let attempt = browser().post(format!("{}/entrar", service.url)).form(&form);
        attempt.header("x-forwarded-for", address).send().await.unwrap().status()
    };
    let mut attempts = 0;
    while try_from(&format!("2001:db8::{attempts}")).await != StatusCode::TOO_MANY_REQUESTS {
        attempts += 1;
        assert!(attempts < 20, "a network is one client, and guesses on and on");
    }
    assert_eq!(try_from("198.51.100.7").await, StatusCode::UNAUTHORIZED, "others still may try");
    assert_eq!(try_from("2001:db8::1, 198.51.100.8").await, StatusCode::UNAUTHORIZED, "the first is made up");
}

#[tokio::test]
async fn nobody_is_believed_who_only_says_where_they_are() {
    let service = Service::start().await;
    let refused = async |number: u32| {
        let form = [("name", USER), ("password", "errada")];
        let attempt = browser().post(format!("{}/entrar", service.url)).form(&form);
        let status = attempt.header("x-forwarded-for", format!("192.0.2.{number}")).send().await.unwrap().status();
        status == StatusCode::TOO_MANY_REQUESTS
    };
    let mut attempts = 0;
    while !refused(attempts).await {
        attempts += 1;
        assert!(attempts < 20, "each attempt passes for another client's");
    }
}

#[tokio::test]
async fn a_token_is_judged_alone() {
    let service = Service::start().await;
    let list = format!("{}/api/v1/paredoes", service.url);
    let browser = service.browser().await;
    assert_eq!(browser.get(&list).bearer_auth(&service.token).send().await.unwrap().status(), StatusCode::OK);
    for header in ["Bearer nada", "Basic nada", "Bearer"] {
        let response = browser.get(&list).header("authorization", header).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{header}: the session beside it doesn't help");
        assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    }
}
