//! Each refusal, by its type and status.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;
use test_support::eventually;
use voters_frontend::seal::{Purpose, Sealer};
use voting_commons::adapters::secret::Secret;

use crate::support::{Answer, SLUG, Service, records};

#[tokio::test]
async fn ballots_are_refused_with_the_reason() {
    let (service, _database) = Service::fresh().await;
    service.ask_ballot("nowhere", 1).await.assert_problem(404, "paredao-unknown");
    service.ask_ballot("draft", 1).await.assert_problem(404, "paredao-unknown");
    service.ask_ballot("scheduled", 4).await.assert_problem(409, "paredao-not-open");
    service.ask_ballot("closed", 5).await.assert_problem(409, "paredao-closed");
    service.ask_ballot(SLUG, 4).await.assert_problem(422, "participant-foreign");
    service.ask_ballot(SLUG, -1).await.assert_problem(422, "body-invalid");
    let panorama = service.get("/api/v1/paredoes/nowhere/panorama").await;
    Answer::read(panorama).await.assert_problem(404, "paredao-unknown");
}

#[tokio::test]
async fn a_forged_ballot_is_refused_and_nothing_written() {
    let (service, _database) = Service::fresh().await;
    let mut changed = service.ballot().await["ballot"].as_str().unwrap().to_owned();
    let middle = changed.len() / 3;
    let other = if &changed[middle..=middle] == "A" { "B" } else { "A" };
    changed.replace_range(middle..=middle, other);
    let stranger = Sealer::parse(&Secret::from(format!("test:{}", STANDARD.encode([9; 32])))).unwrap();
    for forged in [String::new(), "v4.local.x".to_owned(), changed, stranger.seal(Purpose::Ballot, &json!({}))] {
        let answer = service.post("/api/v1/votes", &json!({"ballot": forged})).await;
        answer.assert_problem(422, "ballot-forged");
    }
    assert_eq!(records(&service.kafka).await, []);
    assert!(service.metrics().await.contains(r#"votes_refused_total{reason="ballot-forged"}"#));
}

#[tokio::test]
async fn requests_that_cannot_be_read_are_refused_with_the_reason() {
    let (service, _database) = Service::fresh().await;
    let send = async |method: Method, path: &str, content_type: &str, body: String| {
        let request = service.client.request(method, format!("{}{path}", service.url));
        Answer::read(request.header("content-type", content_type).body(body).send().await.unwrap()).await
    };
    let (post, json) = (Method::POST, "application/json");
    for path in ["/api/v1/ballots", "/api/v1/votes"] {
        send(post.clone(), path, json, "{".to_owned()).await.assert_problem(400, "body-malformed");
        send(post.clone(), path, json, "{}".to_owned()).await.assert_problem(422, "body-invalid");
        send(post.clone(), path, "text/plain", "{}".to_owned()).await.assert_problem(415, "media-type-unsupported");
        let large = format!(r#"{{"ballot":"{}"}}"#, "x".repeat(4096));
        send(post.clone(), path, json, large).await.assert_problem(413, "body-too-large");
        send(Method::PUT, path, json, String::new()).await.assert_problem(405, "method-not-allowed");
    }
    send(post, "/api/v1/nothing", json, "{}".to_owned()).await.assert_problem(404, "not-found");
    send(Method::GET, "/api/v1/paredoes/%ff/panorama", json, String::new()).await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_body_that_lacks_something_is_told_what() {
    let (service, _database) = Service::fresh().await;
    let answer = service.post("/api/v1/ballots", &json!({"paredao": SLUG})).await;
    answer.assert_problem(422, "body-invalid");
    assert!(answer.body["about"].as_str().unwrap().contains("missing field `participant`"), "{answer:?}");
    assert!(service.metrics().await.contains(r#"ballots_refused_total{reason="body-invalid"}"#));
}

#[tokio::test]
async fn a_body_without_a_length_is_bounded_too() {
    let (service, _database) = Service::fresh().await;
    let chunk = "x".repeat(1024);
    let body = format!(r#"{{"ballot":"{}"}}"#, chunk.repeat(64));
    let address = service.url.trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = "POST /api/v1/votes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(format!("{:x}\r\n{body}\r\n", body.len()).as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
}

#[tokio::test]
async fn whoever_waits_for_a_page_is_told_by_one_also_of_what_no_page_met() {
    let (service, _database) = Service::fresh().await;
    let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
    // What overload is answered with takes the same way, and comes of no page either.
    for (path, accepts, content_type, says) in [
        ("/photos/none", browser, "text/html; charset=utf-8", "Esta página não existe."),
        ("/en/paredoes/%ff", browser, "text/html; charset=utf-8", "This page doesn&#39;t exist."),
        ("/photos/none", "image/avif,*/*", "application/problem+json", "Esta página não existe."),
        ("/api/v1/nothing", browser, "application/problem+json", "Esta página não existe."),
    ] {
        let request = service.client.get(format!("{}{path}", service.url)).header("accept", accepts);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.headers()["content-type"], content_type, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(says), "{path}: {text}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (service, _database) = Service::fresh().await;
    for path in ["/", "/api/v1/paredoes", "/api/v1/nothing", "/api/docs/"] {
        let answer = service.get(path).await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(!policy.contains("script-src 'unsafe") && !policy.contains("unsafe-eval"), "{path}: {policy}");
        assert_eq!(policy.contains("unsafe-inline"), path == "/api/docs/", "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.headers()[name], value, "{path}");
        }
    }
}

#[tokio::test]
async fn another_site_cannot_have_its_visitors_vote() {
    let (service, _database) = Service::fresh().await;
    let ballot = service.ballot().await;
    let send = async |(name, value): (&str, &str)| {
        let form = [("ballot", ballot["ballot"].as_str().unwrap())];
        let vote = service.client.post(format!("{}/paredoes/{SLUG}/votes", service.url));
        vote.form(&form).header(name, value).send().await.unwrap()
    };
    for forged in
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
    {
        Answer::read(send(forged).await).await.assert_problem(403, "cross-site");
    }
    assert_eq!(records(&service.kafka).await, []);
    assert_eq!(send(("sec-fetch-site", "same-origin")).await.status(), 202);
}

#[tokio::test]
async fn a_client_of_a_proxy_that_asks_too_often_is_told_to_wait() {
    let (service, _database) = Service::fresh_with(|options| {
        options.edge.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        options.edge.client_requests_per_second_max = 1;
    })
    .await;
    let ask = async |client: &str| {
        let request = service.client.get(format!("{}/api/v1/paredoes", service.url));
        request.header("x-forwarded-for", client).send().await.unwrap()
    };
    // Its tenfold may come at once, and one more comes every second.
    let refused = eventually("one to be refused", async || {
        let answer = ask("192.0.2.1").await;
        (answer.status() != 200).then_some(answer)
    })
    .await;
    Answer::read(refused).await.assert_problem(429, "too-many-requests");
    assert_eq!(ask("192.0.2.2").await.status(), 200);
    assert!(service.metrics().await.contains(r#"requests_refused_total{reason="client"}"#));
}

#[tokio::test]
async fn requests_past_the_capacity_are_told_to_come_back() {
    let (service, _database) = Service::fresh_with(|options| options.requests_max = 0).await;
    service.ask_ballot(SLUG, 1).await.assert_problem(503, "overloaded");
}
