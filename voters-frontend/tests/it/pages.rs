//! Voting by forms alone, as a browser without JavaScript does.

use reqwest::Response;
use serde_json::json;
use voters_frontend::options::Provider;
use voting_commons::adapters::secret::Secret;

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
    assert!(closed.contains(r#"id="closed" data-when="closed">"#) && closed.contains(r#"id="panorama""#), "{closed}");
    assert!(!closed.contains(r#"id="vote-form""#));
    let method = service.submit(&format!("/paredoes/{SLUG}"), &[]).await;
    assert_eq!(method.status(), 405);
    assert!(method.text().await.unwrap().contains("/problems/method-not-allowed"));
    let unreadable = service.post(&format!("/paredoes/{SLUG}/votes"), &json!({})).await;
    assert_eq!(unreadable.status, 415);
}

/// The addresses of scripts and styles in `text`, which begin after `mark` and end with a quote.
fn addresses<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    text.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn whatever_a_page_asks_for_is_there_to_be_kept() {
    let (service, _database) = Service::fresh_with(|options| {
        options.captcha.captcha = Provider::Altcha;
        options.captcha.altcha_key = Some(Secret::from("a key of the tests".to_owned()));
    })
    .await;
    for page in [format!("/paredoes/{SLUG}"), format!("/paredoes/{SLUG}/telao?fundo=transparente")] {
        let html = service.get(&page).await.text().await.unwrap();
        let wanted = [r#"src="/assets"#, r#"href="/assets"#, r#"content="/assets"#].map(|mark| addresses(&html, mark));
        let wanted = wanted.concat();
        assert!(wanted.len() >= 2, "{html}");
        for file in wanted {
            let path = format!("/assets{file}");
            let answer = service.get(&path).await;
            assert_eq!(answer.status(), 200, "{path}");
            assert_eq!(answer.headers()["cache-control"], "max-age=31536000, immutable", "{path}");
            let (folder, _) = path.rsplit_once('/').unwrap();
            let text = answer.text().await.unwrap();
            if path.contains("/vendor/") {
                continue;
            }
            for neighbour in addresses(&text, r#" from "./"#) {
                assert_eq!(service.get(&format!("{folder}/{neighbour}")).await.status(), 200, "{neighbour} of {path}");
            }
        }
    }
}

#[tokio::test]
async fn the_big_screen_has_no_ground_when_it_lies_over_a_picture() {
    let (service, _database) = Service::fresh().await;
    let screen = async |query: &str| service.get(&format!("/paredoes/{SLUG}/telao{query}")).await.text().await.unwrap();
    let (plain, over) = (screen("").await, screen("?fundo=transparente").await);
    assert!(plain.contains("Paredão um") && plain.contains("Bia") && !plain.contains("transparent"), "{plain}");
    assert!(over.contains(r#"<body class="transparent">"#), "{over}");
    let scheduled = service.get("/paredoes/scheduled/telao").await.text().await.unwrap();
    assert!(scheduled.contains(r#"data-status="scheduled""#) && plain.contains(r#"data-status="open""#), "{scheduled}");
    assert_eq!(service.get("/paredoes/nowhere/telao").await.status(), 404);
}
