//! The stream of live numbers: it follows the votes, is read once for all, and ends with the session and at shutdown.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use test_support::PATIENCE;
use voting_commons::adapters::edge::EdgeArgs;

use crate::support::{Served, Service, serve};

/// An open stream.
pub(crate) struct Events {
    response: Response,
    read: String,
}

impl Events {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The next event; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                let value = serde_json::from_str(data.unwrap().trim()).unwrap();
                self.read = rest.to_owned();
                return Some(value);
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The first event of which `condition` holds.
    pub(crate) async fn until(&mut self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                let event = self.next().await.unwrap();
                if condition(&event) {
                    return event;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("waited in vain for: {what}"))
    }

    /// Waits until the stream ends.
    async fn ended(&mut self) {
        let end = async { while self.next().await.is_some() {} };
        tokio::time::timeout(Duration::from_secs(20), end).await.expect("the stream ends");
    }
}

fn live(service: &Service, query: &str) -> RequestBuilder {
    service.request(Method::GET, &format!("/api/v1/paredoes/final/live{query}"))
}

#[tokio::test]
async fn each_watcher_gets_the_rows_in_their_language() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let request = || live(&service, "?granularity=hour");
    let mut portuguese = Events::open(request()).await;
    let mut english = Events::open(request().header("accept-language", "en")).await;
    let label = |event: Value| event["tail"]["rows"][0]["label"].as_str().unwrap().to_owned();
    let label_ends = [("h", label(portuguese.next().await.unwrap())), (":00", label(english.next().await.unwrap()))];
    for (end, label) in label_ends {
        assert!(label.ends_with(end), "{label}");
    }
}

#[tokio::test]
async fn the_stream_follows_the_votes() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    let mut by_minute = Events::open(live(&service, "?granularity=minute")).await;
    let mut by_day = Events::open(live(&service, "?granularity=day")).await;
    let first = by_minute.next().await.unwrap();
    assert_eq!((&first["standing"]["total"], &first["tail"]["granularity"]), (&json!(0), &json!("minute")));
    // Minutes without votes have rows too.
    assert!(first["tail"]["rows"].as_array().unwrap().len() >= 10);

    let minute = Timestamp::from_second(Timestamp::now().as_second() / 60 * 60).unwrap();
    service.vote(paredao, &minute.to_string(), ids[1], 5).await;
    for events in [&mut by_minute, &mut by_day] {
        let event = events.until("the votes", |event| event["standing"]["total"] == 5).await;
        let rows = event["tail"]["rows"].as_array().unwrap();
        assert_eq!(rows.iter().map(|row| row["total"].as_i64().unwrap()).sum::<i64>(), 5, "of the same snapshot");
        assert!(rows.iter().any(|row| row["votes"] == json!([0, 5])));
        assert!(event["standing"]["age_millis"].as_u64().unwrap() < 5000);
    }
}

#[tokio::test]
async fn however_many_watch_it_is_read_once() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let mut streams = Vec::new();
    for granularity in ["minute", "5min", "15min", "hour", "day"].repeat(4) {
        streams.push(Events::open(live(&service, &format!("?granularity={granularity}"))).await);
    }
    let mut readings = BTreeSet::new();
    for _ in 0..4 {
        for stream in &mut streams {
            readings.insert(stream.next().await.unwrap()["standing"]["as_of"].as_str().unwrap().to_owned());
        }
    }
    // 80 events. The streams were opened within a second or few, and each got four readings.
    assert!(readings.len() <= 12, "{readings:?}");
}

#[tokio::test]
async fn while_numbers_cannot_be_read_the_last_ones_grow_old() {
    let service = Service::start().await;
    let (paredao, ids) = service.open_paredao("final", None).await;
    let mut events = Events::open(live(&service, "")).await;
    events.next().await.unwrap();
    let set = async |sql: &'static str| sqlx::raw_sql(sql).execute(&service.database.pool).await.unwrap();
    set("ALTER TABLE participant RENAME TO away").await;
    let old = events.until("old numbers", |event| event["standing"]["age_millis"].as_u64() > Some(3000)).await;
    assert_eq!(old["standing"]["total"], 0);
    set("ALTER TABLE away RENAME TO participant").await;
    service.vote(paredao, "2026-05-10T12:00:00Z", ids[0], 3).await;
    let new = events.until("new numbers", |event| event["standing"]["total"] == 3).await;
    assert!(new["standing"]["age_millis"].as_u64().unwrap() < 3000);
}

#[tokio::test]
async fn the_stream_ends_with_the_session_and_with_the_token() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let browser = service.browser().await;
    let mut session = Events::open(browser.get(format!("{}/api/v1/paredoes/final/live", service.url))).await;
    let mut token = Events::open(live(&service, "")).await;
    session.next().await.unwrap();
    token.next().await.unwrap();
    browser.post(format!("{}/sair", service.url)).send().await.unwrap();
    session.ended().await;
    // The other one goes on.
    token.next().await.unwrap();
    sqlx::query("DELETE FROM api_token").execute(&service.database.pool).await.unwrap();
    token.ended().await;
}

#[tokio::test]
async fn the_stream_ends_at_shutdown() {
    let service = Service::start().await;
    service.open_paredao("final", None).await;
    let Served { url, shutdown, .. } =
        serve(service.database.as_service("production-frontend"), false, EdgeArgs::default()).await;
    let client = reqwest::Client::new();
    let request = client.get(format!("{url}/api/v1/paredoes/final/live")).bearer_auth(&service.token);
    let mut events = Events::open(request).await;
    events.next().await.unwrap();
    drop(shutdown);
    tokio::time::timeout(Duration::from_secs(3), events.ended()).await.expect("it doesn't hold up the shutdown");
}

#[tokio::test]
async fn who_may_not_watch_and_what_isnt_there() {
    let service = Service::start().await;
    let status = async |request: RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(status(live(&service, "")).await, StatusCode::NOT_FOUND);
    service.open_paredao("final", None).await;
    assert_eq!(status(live(&service, "?granularity=week")).await, StatusCode::BAD_REQUEST);
    let stranger = reqwest::Client::new().get(format!("{}/api/v1/paredoes/final/live", service.url));
    assert_eq!(status(stranger).await, StatusCode::UNAUTHORIZED);
}
