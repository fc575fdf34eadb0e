//! Users, their passwords and sessions, and scripts' tokens.

use production_frontend::{Role, commands};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Service, USER, browser, sign_in};

const ONE_TIME: &str = "so desta vez";
const OWN: &str = "a minha senha";

async fn post(service: &Service, path: &str, body: Value) -> Response {
    service.request(Method::POST, path).json(&body).send().await.unwrap()
}

async fn get(service: &Service, browser: &Client, path: &str) -> Response {
    browser.get(format!("{}{path}", service.url)).send().await.unwrap()
}

/// Adds a user and returns their address in the API.
async fn add(service: &Service, name: &str, role: Role) -> String {
    let added = post(service, "/api/v1/users", json!({"name": name, "role": role, "password": ONE_TIME})).await;
    assert_eq!(added.status(), StatusCode::CREATED);
    format!("/api/v1/users/{}", added.json::<Value>().await.unwrap()["id"])
}

async fn choose_password(service: &Service, browser: &Client, current: &str, new: &str, again: &str) -> Response {
    let form = [("current", current), ("new", new), ("again", again)];
    browser.post(format!("{}/conta/senha", service.url)).form(&form).send().await.unwrap()
}

async fn assert_problem(response: Response, status: StatusCode, kind: &str) {
    assert_eq!(response.status(), status, "{kind}");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["type"], format!("/problems/{kind}"));
}

#[tokio::test]
async fn a_one_time_password_opens_nothing_but_the_choice_of_ones_own() {
    let service = Service::start().await;
    let user = add(&service, "maria", Role::Operator).await;
    let maria = browser();
    assert_eq!(sign_in(&maria, &service.url, "maria", ONE_TIME).await.headers()["location"], "/conta");
    let led = get(&service, &maria, "/paredoes").await;
    assert_eq!((led.status(), led.headers()["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/conta"));
    let refused = get(&service, &maria, "/api/v1/paredoes").await;
    assert_problem(refused, StatusCode::FORBIDDEN, "password-must-change").await;
    let live = get(&service, &maria, "/api/v1/paredoes/nada/live").await;
    assert_problem(live, StatusCode::FORBIDDEN, "password-must-change").await;
    let page = get(&service, &maria, "/conta").await.text().await.unwrap();
    assert!(page.contains("A sua senha é provisória"));

    for (current, new, again) in
        [(ONE_TIME, ONE_TIME, ONE_TIME), (ONE_TIME, OWN, "outra"), (ONE_TIME, "curta", "curta"), ("errada", OWN, OWN)]
    {
        let refused = choose_password(&service, &maria, current, new, again).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{new}");
        assert!(refused.text().await.unwrap().contains("role=\"alert\""));
    }
    let chosen = choose_password(&service, &maria, ONE_TIME, OWN, OWN).await;
    assert_eq!(chosen.status(), StatusCode::SEE_OTHER);
    assert_eq!(get(&service, &maria, "/paredoes").await.status(), StatusCode::OK);
    assert_eq!(sign_in(&browser(), &service.url, "maria", ONE_TIME).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&browser(), &service.url, "maria", OWN).await.headers()["location"], "/paredoes");

    // Three days later nobody gets in with one.
    let reset = post(&service, &format!("{user}/password"), json!({"password": ONE_TIME})).await;
    assert_eq!(reset.status(), StatusCode::OK);
    assert_eq!(get(&service, &maria, "/api/v1/paredoes").await.status(), StatusCode::UNAUTHORIZED);
    sqlx::query("UPDATE producer SET one_time_until = now() WHERE name = 'maria'")
        .execute(&service.database.pool)
        .await
        .unwrap();
    let late = sign_in(&browser(), &service.url, "maria", ONE_TIME).await;
    assert_eq!(late.status(), StatusCode::UNAUTHORIZED);
    assert!(late.text().await.unwrap().contains("venceu"));
}

#[tokio::test]
async fn a_deactivated_user_is_out_at_once_and_may_come_back() {
    let service = Service::start().await;
    commands::add_user(&service.database.as_service("production-frontend"), "test", "maria", Some(Role::Viewer), OWN)
        .await
        .unwrap();
    let maria = browser();
    sign_in(&maria, &service.url, "maria", OWN).await;
    service.open_paredao("final", None).await;
    let mut live = get(&service, &maria, "/api/v1/paredoes/final/live").await;
    assert_eq!(live.status(), StatusCode::OK);
    let users = service.get("/api/v1/users").await;
    let user = users.as_array().unwrap().iter().find(|user| user["name"] == "maria").unwrap();
    assert!(user["last_sign_in_at"].is_string() && user["active"] == true);
    let address = format!("/api/v1/users/{}", user["id"]);

    assert_eq!(post(&service, &format!("{address}/deactivate"), json!({})).await.status(), StatusCode::OK);
    assert_eq!(get(&service, &maria, "/api/v1/paredoes").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&browser(), &service.url, "maria", OWN).await.status(), StatusCode::UNAUTHORIZED);
    // Her stream ends too, or else this goes on for ever.
    while live.chunk().await.unwrap().is_some() {}

    assert_eq!(post(&service, &format!("{address}/activate"), json!({})).await.status(), StatusCode::OK);
    assert_eq!(get(&service, &maria, "/api/v1/paredoes").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&browser(), &service.url, "maria", OWN).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn another_role_holds_at_once() {
    let service = Service::start().await;
    commands::add_user(&service.database.as_service("production-frontend"), "test", "maria", Some(Role::Operator), OWN)
        .await
        .unwrap();
    let maria = browser();
    sign_in(&maria, &service.url, "maria", OWN).await;
    let users = service.get("/api/v1/users").await;
    let user = users.as_array().unwrap().iter().find(|user| user["name"] == "maria").unwrap();
    assert_eq!(get(&service, &maria, "/novo").await.status(), StatusCode::OK);
    let path = format!("/api/v1/users/{}/role", user["id"]);
    assert_eq!(post(&service, &path, json!({"role": "viewer"})).await.status(), StatusCode::OK);
    assert_eq!(get(&service, &maria, "/novo").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(get(&service, &maria, "/paredoes").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn whoever_may_less_leaves_no_token_that_may_more() {
    let service = Service::start().await;
    let production = service.database.as_service("production-frontend");
    for by_command in [false, true] {
        commands::add_user(&production, "test", "maria", Some(Role::Director), OWN).await.unwrap();
        let maria = browser();
        sign_in(&maria, &service.url, "maria", OWN).await;
        for role in ["viewer", "operator", "director"] {
            let token = json!({"name": format!("{role} {by_command}"), "role": role});
            let made = maria.post(format!("{}/api/v1/tokens", service.url)).json(&token).send().await.unwrap();
            assert_eq!(made.status(), StatusCode::CREATED);
        }
        if by_command {
            commands::add_user(&production, "test", "maria", Some(Role::Operator), OWN).await.unwrap();
        } else {
            let users = service.get("/api/v1/users").await;
            let user = users.as_array().unwrap().iter().find(|user| user["name"] == "maria").unwrap();
            let path = format!("/api/v1/users/{}/role", user["id"]);
            assert_eq!(post(&service, &path, json!({"role": "operator"})).await.status(), StatusCode::OK);
        }
        let tokens = service.get("/api/v1/tokens").await;
        let mut left: Vec<_> = tokens.as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap()).collect();
        left.retain(|name| name.ends_with(&by_command.to_string()));
        assert_eq!(left, [format!("operator {by_command}"), format!("viewer {by_command}")]);
    }
}

#[tokio::test]
async fn the_last_director_stays() {
    let service = Service::start().await;
    let users = service.get("/api/v1/users").await;
    assert_eq!(users.as_array().unwrap().len(), 1);
    let last = format!("/api/v1/users/{}", users[0]["id"]);
    // One who has never signed in can't help.
    let maria = add(&service, "maria", Role::Director).await;
    let changes =
        [("role", json!({"role": "operator"})), ("deactivate", json!({})), ("password", json!({"password": ONE_TIME}))];
    for (what, body) in &changes {
        let refused = post(&service, &format!("{last}/{what}"), body.clone()).await;
        assert_problem(refused, StatusCode::CONFLICT, "last-director").await;
    }
    let page = service.browser().await;
    let refused = page.post(format!("{}{}", service.url, last.replace("/api/v1/users", "/usuarios") + "/desativar"));
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(refused.text().await.unwrap().contains("último diretor"));
    let demoted = commands::add_user(
        &service.database.as_service("production-frontend"),
        "test",
        USER,
        Some(Role::Viewer),
        PASSWORD,
    )
    .await;
    assert!(demoted.unwrap_err().to_string().contains("director"));

    let browser = browser();
    sign_in(&browser, &service.url, "maria", ONE_TIME).await;
    choose_password(&service, &browser, ONE_TIME, OWN, OWN).await;
    // Of two who go at once, one stays.
    let (leaving, demoted) = (format!("{last}/deactivate"), format!("{maria}/role"));
    let (one, other) =
        tokio::join!(post(&service, &leaving, json!({})), post(&service, &demoted, json!({"role": "viewer"})));
    let mut statuses = [one.status(), other.status()];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
}

#[tokio::test]
async fn guessing_a_password_ends_after_a_few_attempts() {
    let service = Service::start().await;
    add(&service, "maria", Role::Viewer).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&browser(), &service.url, USER, "errada").await.status(), StatusCode::UNAUTHORIZED);
    }
    // Now the right one doesn't help either, or guessing would go on.
    let limited = sign_in(&browser(), &service.url, USER, PASSWORD).await;
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u32 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert!(limited.text().await.unwrap().contains("Tentativas demais"));
    assert_eq!(sign_in(&browser(), &service.url, "maria", ONE_TIME).await.status(), StatusCode::SEE_OTHER);

    // Somebody at a browser that was left signed in can't guess on there.
    let maria = browser();
    sign_in(&maria, &service.url, "maria", ONE_TIME).await;
    for _ in 0..5 {
        choose_password(&service, &maria, "errada", OWN, OWN).await;
    }
    let limited = choose_password(&service, &maria, ONE_TIME, OWN, OWN).await;
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn ones_own_password_and_sessions_are_in_ones_own_hands() {
    let service = Service::start().await;
    let (here, there) = (service.browser().await, service.browser().await);
    let account: Value = get(&service, &here, "/api/v1/account").await.json().await.unwrap();
    let expected = json!({"name": USER, "role": "director", "must_change_password": false, "sessions": 2});
    assert_eq!(account, expected);
    let order = json!({"current": PASSWORD, "new": OWN});
    let changed = here.post(format!("{}/api/v1/account/password", service.url)).json(&order).send().await.unwrap();
    assert_eq!(changed.json::<Value>().await.unwrap()["sessions"], 1);
    assert_eq!(get(&service, &here, "/paredoes").await.status(), StatusCode::OK);
    assert_eq!(get(&service, &there, "/api/v1/paredoes").await.status(), StatusCode::UNAUTHORIZED);

    sign_in(&there, &service.url, USER, OWN).await;
    let out = there.post(format!("{}/conta/sair-de-todos", service.url)).send().await.unwrap();
    assert_eq!(out.headers()["location"], "/entrar");
    assert_eq!(get(&service, &here, "/api/v1/paredoes").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_shows_its_secret_once_and_is_revoked_at_once() {
    let service = Service::start().await;
    let browser = service.browser().await;
    let form = [("name", "robo"), ("role", "viewer")];
    let made = browser.post(format!("{}/usuarios/tokens", service.url)).form(&form).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let page = made.text().await.unwrap();
    let secret = page.split("class=\"secret\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let status = async || {
        let request = Client::new().get(format!("{}/api/v1/paredoes", service.url)).bearer_auth(&secret);
        request.send().await.unwrap().status()
    };
    assert_eq!(status().await, StatusCode::OK);
    let list = get(&service, &browser, "/usuarios").await.text().await.unwrap();
    assert!(list.contains("robo") && !list.contains(&secret));
    for name in ["robo", "ROBO"] {
        let twice = post(&service, "/api/v1/tokens", json!({"name": name, "role": "viewer"})).await;
        assert_problem(twice, StatusCode::CONFLICT, "name-taken").await;
    }

    let tokens = service.get("/api/v1/tokens").await;
    let token = tokens.as_array().unwrap().iter().find(|token| token["name"] == "robo").unwrap();
    assert!(token.get("secret").is_none());
    let revoke = browser.post(format!("{}/usuarios/tokens/{}/revogar", service.url, token["id"]));
    assert_eq!(revoke.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_cannot_be_done_to_users_is_a_problem() {
    let service = Service::start().await;
    let user = |name: &str, password: &str| json!({"name": name, "role": "viewer", "password": password});
    for (name, password, status, kind) in [
        ("", ONE_TIME, StatusCode::UNPROCESSABLE_ENTITY, "name-invalid"),
        ("a\nb", ONE_TIME, StatusCode::UNPROCESSABLE_ENTITY, "name-invalid"),
        ("\0", ONE_TIME, StatusCode::UNPROCESSABLE_ENTITY, "name-invalid"),
        (&"x".repeat(101), ONE_TIME, StatusCode::UNPROCESSABLE_ENTITY, "name-invalid"),
        ("maria", "curta", StatusCode::UNPROCESSABLE_ENTITY, "password-invalid"),
        ("maria", &"x".repeat(1025), StatusCode::UNPROCESSABLE_ENTITY, "password-invalid"),
        ("m\u{200b}aria", ONE_TIME, StatusCode::UNPROCESSABLE_ENTITY, "name-invalid"),
        (USER, ONE_TIME, StatusCode::CONFLICT, "name-taken"),
        (&USER.to_uppercase(), ONE_TIME, StatusCode::CONFLICT, "name-taken"),
    ] {
        assert_problem(post(&service, "/api/v1/users", user(name, password)).await, status, kind).await;
    }
    let king = json!({"name": "rei", "role": "king", "password": ONE_TIME});
    assert_problem(post(&service, "/api/v1/users", king).await, StatusCode::BAD_REQUEST, "body-malformed").await;
    for path in ["/api/v1/users/99/deactivate", "/api/v1/users/eu/activate"] {
        assert_problem(post(&service, path, json!({})).await, StatusCode::NOT_FOUND, "user-unknown").await;
    }
    let token = post(&service, "/api/v1/tokens/99/revoke", json!({})).await;
    assert_problem(token, StatusCode::NOT_FOUND, "token-unknown").await;
    let browser = service.browser().await;
    let form = [("name", "\u{1}"), ("role", "viewer"), ("password", ONE_TIME)];
    let refused = browser.post(format!("{}/usuarios", service.url)).form(&form).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text().await.unwrap().contains(ONE_TIME), "a password is never sent back");
}

#[tokio::test]
async fn the_tokens_of_a_deactivated_user_end_too() {
    let service = Service::start().await;
    commands::add_user(&service.database.as_service("production-frontend"), "test", "maria", Some(Role::Director), OWN)
        .await
        .unwrap();
    let maria = browser();
    sign_in(&maria, &service.url, "maria", OWN).await;
    let add = async |request: reqwest::RequestBuilder, name: &str| -> String {
        let made = request.json(&json!({"name": name, "role": "director"})).send().await.unwrap();
        made.json::<Value>().await.unwrap()["secret"].as_str().unwrap().to_owned()
    };
    let tokens = format!("{}/api/v1/tokens", service.url);
    let hers = add(maria.post(&tokens), "dela").await;
    let of_hers = add(Client::new().post(&tokens).bearer_auth(&hers), "do dela").await;
    add(service.request(Method::POST, "/api/v1/tokens"), "do comando").await;
    let made_by = |list: &Value, name: &str| {
        let token = list.as_array().unwrap().iter().find(|token| token["name"] == name).cloned();
        token.map(|token| token["made_by"].clone())
    };
    let list = service.get("/api/v1/tokens").await;
    assert_eq!(
        ["dela", "do dela", "do comando"].map(|name| made_by(&list, name).unwrap()),
        [json!("maria"), json!("maria"), Value::Null]
    );
    let page = get(&service, &maria, "/usuarios").await.text().await.unwrap();
    assert!(page.contains("criado por maria") && page.contains("Os tokens que ela criou deixam de valer"), "{page}");

    let users = service.get("/api/v1/users").await;
    let user = users.as_array().unwrap().iter().find(|user| user["name"] == "maria").unwrap();
    let deactivated = post(&service, &format!("/api/v1/users/{}/deactivate", user["id"]), json!({})).await;
    assert_eq!(deactivated.status(), StatusCode::OK);
    for secret in [&hers, &of_hers] {
        let refused = Client::new().get(&tokens).bearer_auth(secret).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    let list = service.get("/api/v1/tokens").await;
    assert_eq!((made_by(&list, "dela"), made_by(&list, "do comando")), (None, Some(Value::Null)));
    let revoked = service.get("/api/v1/audit?action=revoke_token").await;
    assert_eq!(revoked["entries"].as_array().unwrap().len(), 2);
}
