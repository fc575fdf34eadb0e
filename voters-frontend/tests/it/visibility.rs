//! Who is shown percentages: in the page, the API and the streams alike.

use reqwest::Response;
use serde_json::Value;
use sqlx::PgPool;
use test_support::eventually;

use crate::streams::Events;
use crate::support::{Answer, SLUG, Service, close_at};

const API: &str = "/api/v1/paredoes/paredao-1";

/// A service that knows Ana's 43,21 %, which `visibility` guards.
pub(crate) async fn guarded_by(visibility: &str) -> (Service, test_support::TestDatabase) {
    let (service, database) = Service::fresh().await;
    sqlx::raw_sql(
        "INSERT INTO panorama VALUES (1, 7, '2026-11-21T12:00:00Z', 3);
         INSERT INTO panorama_share VALUES (1, 1, 1, 4321), (1, 2, 1, 5679), (1, 3, 1, 0)",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    // A change that can be seen: whoever knows of it knows the numbers above, too.
    guard(&service, &database.pool, SLUG, "production").await;
    guard(&service, &database.pool, SLUG, visibility).await;
    (service, database)
}

/// Sets who is shown the percentages of `slug`, and waits until `service` knows.
pub(crate) async fn guard(service: &Service, pool: &PgPool, slug: &str, visibility: &str) {
    sqlx::query("UPDATE paredao SET visibility = $1 WHERE slug = $2")
        .bind(visibility)
        .bind(slug)
        .execute(pool)
        .await
        .unwrap();
    eventually("the visibility is known", async || {
        let paredoes: Value = service.get("/api/v1/paredoes").await.json().await.unwrap();
        let is_it = |one: &&Value| one["slug"] == slug && one["visibility"] == visibility;
        paredoes.as_array()?.iter().find(is_it).map(|_| ())
    })
    .await;
}

/// The cookie that an answer sets, as a browser sends it back.
fn cookie_of(response: &Response) -> Option<String> {
    let header = response.headers().get("set-cookie")?.to_str().unwrap();
    Some(header.split(';').next().unwrap().to_owned())
}

async fn vote(service: &Service) -> Response {
    let ballot = service.ballot().await;
    let body = serde_json::json!({"ballot": ballot["ballot"]});
    let response = service.client.post(format!("{}/api/v1/votes", service.url)).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 202);
    response
}

/// Asserts that the page, the API and the stream agree whether a browser with `cookie` is shown the percentages.
async fn assert_shown(service: &Service, cookie: &str, is_shown: bool) {
    let page = service.get_with(&format!("/paredoes/{SLUG}"), cookie).await;
    assert_eq!(page.headers()["cache-control"], "private, no-cache");
    let page = page.text().await.unwrap();
    assert_eq!(page.contains("43,21"), is_shown, "{page}");
    assert!(is_shown || !page.contains("43.21"), "{page}");

    let panorama = service.get_with(&format!("{API}/panorama"), cookie).await;
    if is_shown {
        assert!(panorama.text().await.unwrap().contains("43.21"));
    } else {
        Answer::read(panorama).await.assert_problem(403, "results-hidden");
    }

    let mut events = Events::of(service, &format!("{API}/live"), cookie).await;
    let state = events.next().await.unwrap().json();
    assert_eq!(state["results_hidden"].is_null(), is_shown, "{state}");
    if is_shown {
        assert!(events.next().await.unwrap().data.contains("43.21"));
    } else {
        let why = match state["results_hidden"].as_str().unwrap() {
            "after_voting" => "Os resultados aparecem aqui depois que você votar.",
            "after_closing" => "Os resultados aparecem aqui quando a votação terminar.",
            _ => "Os resultados serão mostrados no programa.",
        };
        assert!(page.contains(&format!(r#"id="results-hidden">{why}</p>"#)), "the page says why: {page}");
    }
}

/// The same for the screens that everybody looks at.
async fn assert_publicly_shown(service: &Service, cookie: &str, is_shown: bool) {
    let screen = service.get_with(&format!("/paredoes/{SLUG}/telao"), cookie).await.text().await.unwrap();
    assert_eq!(screen.contains("43,21"), is_shown, "{screen}");
    let mut events = Events::of(service, &format!("{API}/live/public"), cookie).await;
    assert_eq!(events.next().await.unwrap().json()["results_hidden"].is_null(), is_shown);
}

#[tokio::test]
async fn everybody_is_shown_them_unless_something_else_was_chosen() {
    let (service, _database) = guarded_by("always").await;
    assert_shown(&service, "", true).await;
    assert_publicly_shown(&service, "", true).await;
    assert_eq!(cookie_of(&vote(&service).await), None, "a cookie that nobody reads isn't set");
}

#[tokio::test]
async fn whoever_has_voted_is_shown_them_and_a_screen_beside_them_is_not() {
    let (service, database) = guarded_by("after_voting").await;
    assert_shown(&service, "", false).await;
    let answer = vote(&service).await;
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["voted-1=v4.local.", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(set.contains(part), "{part} in {set}");
    }
    assert!(!set.contains("Secure"), "this service is reached over HTTP: {set}");
    let cookie = cookie_of(&answer).unwrap();
    assert_shown(&service, &cookie, true).await;
    assert_publicly_shown(&service, &cookie, false).await;

    // It is good for this paredão alone, and only as it was sealed.
    guard(&service, &database.pool, "scheduled", "after_voting").await;
    let elsewhere = cookie.replace("voted-1", "voted-2");
    let panorama = service.get_with("/api/v1/paredoes/scheduled/panorama", &elsewhere).await;
    Answer::read(panorama).await.assert_problem(403, "results-hidden");
    assert_shown(&service, &cookie[..cookie.len() - 1], false).await;
    assert_shown(&service, "voted-1=yes", false).await;
}

#[tokio::test]
async fn a_vote_by_form_shows_them_too() {
    let (service, _database) = guarded_by("after_voting").await;
    let ballot = service.ballot().await;
    let form = [("ballot", ballot["ballot"].as_str().unwrap())];
    let vote = service.client.post(format!("{}/paredoes/{SLUG}/votes", service.url)).form(&form).send().await.unwrap();
    let cookie = cookie_of(&vote).unwrap();
    let receipt = vote.text().await.unwrap();
    assert!(receipt.contains("43,21"), "{receipt}");
    assert_shown(&service, &cookie, true).await;
}

#[tokio::test]
async fn a_receipt_without_javascript_promises_no_results_where_it_stands() {
    let (service, _database) = guarded_by("after_closing").await;
    let ballot = service.ballot().await;
    let form = [("ballot", ballot["ballot"].as_str().unwrap())];
    let vote = service.client.post(format!("{}/paredoes/{SLUG}/votes", service.url)).form(&form).send().await.unwrap();
    let receipt = vote.text().await.unwrap();
    assert!(receipt.contains("Voto recebido!") && !receipt.contains("aparecem aqui"), "{receipt}");
}

#[tokio::test]
async fn over_https_the_cookie_stays_there() {
    let (service, database) = Service::fresh_with(|options| options.cookie_secure = true).await;
    guard(&service, &database.pool, SLUG, "after_voting").await;
    let vote = vote(&service).await;
    let cookie = vote.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-voted-1=") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(vote.headers()["strict-transport-security"], "max-age=31536000");
    let panorama = format!("{API}/panorama");
    Answer::read(service.get(&panorama).await).await.assert_problem(403, "results-hidden");
    assert_eq!(service.get_with(&panorama, cookie.split(';').next().unwrap()).await.status(), 200);
}

#[tokio::test]
async fn after_the_closing_they_appear_in_a_stream_that_was_open_before() {
    let (service, database) = guarded_by("after_closing").await;
    let cookie = cookie_of(&vote(&service).await);
    assert_eq!(cookie, None);
    assert_shown(&service, "", false).await;
    let mut events = Events::of(&service, &format!("{API}/live"), "").await;
    events.next().await.unwrap();

    let now = voting_commons::UnixMillis::from(jiff::Timestamp::now());
    close_at(&service, &database.pool, now.minute().unwrap().timestamp()).await;
    assert!(events.next_of("state").await.json()["results_hidden"].is_null());
    assert!(events.next().await.unwrap().data.contains("43.21"));
    assert_shown(&service, "", true).await;
    assert_publicly_shown(&service, "", true).await;
}

#[tokio::test]
async fn what_production_keeps_to_itself_is_never_shown() {
    let (service, database) = guarded_by("production").await;
    assert_shown(&service, "", false).await;
    let now = voting_commons::UnixMillis::from(jiff::Timestamp::now());
    close_at(&service, &database.pool, now.minute().unwrap().timestamp()).await;
    assert_shown(&service, "", false).await;
    assert_publicly_shown(&service, "", false).await;
}
