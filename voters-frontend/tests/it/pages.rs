//! Voting by forms alone, as a browser without JavaScript does.

use reqwest::Response;
use serde_json::json;
use voters_frontend::options::Provider;
use voters_frontend::secret::Secret;

use crate::support::{SLUG, Service, records};

impl Service {
    async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.client.post(format!("{}{path}", self.url)).form(fields).send().await.unwrap()
    }
}

/// The value of the hidden field `name` in `html`.
fn field<'a>(html: &'a str, name: &str) -> &'a str {
    let start = format!(r#"name="{name}" value=""#);
    let (_, rest) = html.split_once(&start).unwrap_or_else(|| panic!("{name} in {html}"));
    rest.split_once('"').unwrap().0
}

#[tokio::test]
async fn a_vote_needs_nothing_but_forms_when_the_captcha_is_off() {
    let (service, _database) = Service::fresh().await;
    let list = service.get("/").await.text().await.unwrap();
    assert!(list.contains(&format!("/paredoes/{SLUG}")) && list.contains("captcha-off"), "{list}");
    assert!(!list.contains("Rascunho"));

    let page = service.get(&format!("/paredoes/{SLUG}")).await.text().await.unwrap();
    assert!(page.contains(&format!(r#"action="/paredoes/{SLUG}/ballots""#)) && page.contains("Votar em Bia"));
    let ballot = service.submit(&format!("/paredoes/{SLUG}/ballots"), &[("participant", "2")]).await;
    assert_eq!(ballot.status(), 201);
    let ballot = ballot.text().await.unwrap();
    assert!(ballot.contains(r#"<strong id="chosen">Bia</strong>"#), "{ballot}");

    let token = field(&ballot, "ballot");
    let received = service.submit(&format!("/paredoes/{SLUG}/votes"), &[("ballot", token)]).await;
    assert_eq!(received.status(), 202);
    let received = received.text().await.unwrap();
    let [record] = &records(&service.kafka).await[..] else { panic!("one record") };
    assert_eq!(record.value["participant"], 2);
    assert!(received.contains(record.value["ballot"].as_str().unwrap()), "the receipt is shown: {received}");
    assert!(received.contains(r#"id="panorama""#) && received.contains("Votar de novo"));
}

#[tokio::test]
async fn a_page_says_what_went_wrong_and_offers_the_same_ballot_again() {
    let (service, _database) = Service::fresh_with(|options| {
        options.captcha.captcha = Provider::Altcha;
        options.captcha.altcha_key = Some(Secret::from("a key of the tests".to_owned()));
    })
    .await;
    let page = service.get(&format!("/paredoes/{SLUG}")).await.text().await.unwrap();
    assert!(page.contains("<noscript>"), "the captcha needs a script, and the page says so");
    let ballot = service.submit(&format!("/paredoes/{SLUG}/ballots"), &[("participant", "1")]).await;
    let ballot = ballot.text().await.unwrap();
    assert!(ballot.contains("<altcha-widget"), "{ballot}");
    let token = field(&ballot, "ballot").to_owned();

    let again = service.submit(&format!("/paredoes/{SLUG}/votes"), &[("ballot", &token)]).await;
    assert_eq!(again.status(), 403);
    let again = again.text().await.unwrap();
    assert_eq!(field(&again, "ballot"), token);
    assert!(again.contains("<altcha-widget") && again.contains("role=\"alert\""));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_too() {
    let (service, _database) = Service::fresh().await;
    for (path, status) in [("/nothing", 404), ("/paredoes/nowhere", 404), ("/problems/ballot-expired", 200)] {
        let answer = service.get(path).await;
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
    }
    let foreign = service.submit(&format!("/paredoes/{SLUG}/ballots"), &[("participant", "4")]).await;
    assert_eq!(foreign.status(), 422);
    assert!(foreign.text().await.unwrap().contains("/problems/participant-foreign"));
    let closed = service.get("/paredoes/closed").await.text().await.unwrap();
    assert!(closed.contains(r#"id="closed""#) && closed.contains(r#"id="panorama""#));
    let method = service.submit(&format!("/paredoes/{SLUG}"), &[]).await;
    assert_eq!(method.status(), 405);
    assert!(method.text().await.unwrap().contains("/problems/method-not-allowed"));
    let unreadable = service.post(&format!("/paredoes/{SLUG}/votes"), &json!({})).await;
    assert_eq!(unreadable.status, 415);
}
