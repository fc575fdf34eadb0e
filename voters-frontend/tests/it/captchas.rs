//! The three captchas, through the API.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use voters_frontend::options::{Environment, Options, Provider};
use voting_commons::adapters::secret::Secret;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::outages::solve;
use crate::support::{Service, options, records};

const SITE_KEY: &str = "5e9b1f20-8a3d-4c7e-9f61-0d2b6a7c8e94";
const TEST_SITE_KEY: &str = "10000000-ffff-ffff-ffff-000000000001";
const TEST_SECRET: &str = "0x0000000000000000000000000000000000000000";

/// A stand-in for hCaptcha that answers every check with `answer`, and a service that asks it.
async fn hcaptcha(answer: ResponseTemplate) -> (Service, MockServer) {
    let provider = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/siteverify"))
        .and(body_string_contains(format!("sitekey={SITE_KEY}")))
        .and(body_string_contains("response=answer"))
        .respond_with(answer)
        .mount(&provider)
        .await;
    let (service, _database) = Service::fresh_with(|options| use_hcaptcha(options, &provider.uri())).await;
    (service, provider)
}

fn use_hcaptcha(options: &mut Options, uri: &str) {
    options.captcha.captcha = Provider::Hcaptcha;
    options.captcha.hcaptcha_site_key = Some(SITE_KEY.to_owned());
    options.captcha.hcaptcha_secret = Some(Secret::from("a secret of the tests".to_owned()));
    options.captcha.hcaptcha_host = Some("votes.example".to_owned());
    options.captcha.hcaptcha_verify_url = format!("{uri}/siteverify");
}

fn says(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn success(host: &str) -> ResponseTemplate {
    says(&json!({"success": true, "challenge_ts": "2026-11-21T12:00:00Z", "hostname": host}))
}

fn failure(code: &str) -> ResponseTemplate {
    says(&json!({"success": false, "error-codes": [code]}))
}

#[tokio::test]
async fn hcaptcha_that_was_passed_is_accepted() {
    let (service, provider) = hcaptcha(success("votes.example")).await;
    let ballot = service.ballot().await;
    assert_eq!(ballot["captcha"], json!({"provider": "hcaptcha", "site_key": SITE_KEY}));
    assert_eq!(service.cast(&ballot, "answer").await.status, 202);
    assert_eq!(provider.received_requests().await.unwrap().len(), 1);
    // The receipt is known: a token that can be used once isn't checked twice.
    assert_eq!(service.cast(&ballot, "answer").await.status, 202);
    assert_eq!(provider.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn hcaptcha_refusals_are_told_apart() {
    let refusals = [
        (failure("invalid-input-response"), 403, "captcha-failed"),
        (failure("sitekey-secret-mismatch"), 403, "captcha-failed"),
        (success("another.example"), 403, "captcha-failed"),
        (failure("invalid-or-already-seen-response"), 409, "captcha-already-seen"),
        (failure("invalid-input-secret"), 503, "captcha-unavailable"),
        (ResponseTemplate::new(500), 503, "captcha-unavailable"),
        (success("votes.example").set_delay(Duration::from_secs(60)), 503, "captcha-unavailable"),
    ];
    for (answer, status, problem) in refusals {
        let (service, _provider) = hcaptcha(answer).await;
        let ballot = service.ballot().await;
        let refused = service.cast(&ballot, "answer").await;
        refused.assert_problem(status, problem);
        assert_eq!(refused.body.get("pass"), None, "no captcha was passed");
        assert_eq!(records(&service.kafka).await, []);
    }
}

#[tokio::test]
async fn an_empty_answer_never_reaches_hcaptcha() {
    let (service, provider) = hcaptcha(success("votes.example")).await;
    let ballot = service.ballot().await;
    service.cast(&ballot, "").await.assert_problem(403, "captcha-failed");
    assert_eq!(provider.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_solved_altcha_buys_exactly_one_vote() {
    let (service, _database) = Service::fresh_with(|options| {
        options.captcha.captcha = Provider::Altcha;
        options.captcha.altcha_key = Some(Secret::from("a key of the tests".to_owned()));
    })
    .await;
    let (mine, other) = (service.ballot().await, service.ballot().await);
    service.cast(&mine, "").await.assert_problem(403, "captcha-failed");
    let answer = solve(&mine);
    assert_eq!(service.cast(&mine, &answer).await.status, 202);
    service.cast(&other, &answer).await.assert_problem(403, "captcha-failed");
    assert_eq!(records(&service.kafka).await.len(), 1);
    assert!(service.metrics().await.contains(r#"captcha_checked_total{provider="altcha",outcome="passed"}"#));
}

/// The sentence with which a service with these options refuses to start.
async fn refusal(change: impl FnOnce(&mut Options)) -> String {
    let kafka = voting_commons::adapters::kafka::KafkaArgs::open("127.0.0.1:1".to_owned(), "votes".to_owned());
    let postgres = voting_commons::adapters::postgres::PostgresArgs::open("postgres://127.0.0.1:1/x".to_owned());
    let mut options = options(&kafka, &postgres);
    change(&mut options);
    let listen = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = voters_frontend::run(listen().await, listen().await, options, CancellationToken::new()).await;
    error.unwrap_err().to_string()
}

#[tokio::test]
async fn unsafe_settings_are_refused() {
    let off = refusal(|options| options.captcha.captcha_off_confirmed = None).await;
    assert!(off.contains("CAPTCHA_OFF_CONFIRMED=yes"), "{off}");

    let test_key = refusal(|options| {
        use_hcaptcha(options, "http://127.0.0.1:1");
        options.environment = Environment::Production;
        options.captcha.hcaptcha_site_key = Some(TEST_SITE_KEY.to_owned());
    });
    let test_secret = refusal(|options| {
        use_hcaptcha(options, "http://127.0.0.1:1");
        options.environment = Environment::Production;
        options.captcha.hcaptcha_secret = Some(Secret::from(TEST_SECRET.to_owned()));
    });
    for sentence in [test_key.await, test_secret.await] {
        assert!(sentence.contains("test keys") && sentence.contains("production"), "{sentence}");
    }

    let no_key = refusal(|options| options.captcha.captcha = Provider::Altcha).await;
    assert!(no_key.contains("ALTCHA_KEY"), "{no_key}");
}
