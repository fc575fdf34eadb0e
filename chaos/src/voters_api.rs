//! The voters' API as a browser uses it, over connections that are kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

/// A browser's patience with one request: longer than the frontends' own, so that a slow machine isn't asked twice.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(12);
/// How long a load balancer waits for `/readyz`, and how often it asks.
const HEALTH_TIMEOUT: Duration = Duration::from_millis(900);
const HEALTH_EVERY: Duration = Duration::from_millis(500);

/// One frontend.
#[derive(Debug)]
pub(crate) struct Frontend {
    ballots: Uri,
    votes: Uri,
    base: String,
    health: Uri,
    is_ready: AtomicBool,
}

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It never left.
    NotSent,
    /// It left, and no answer came.
    Lost,
}

/// A vote's receipt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) receipt: String,
    pub(crate) participant: i32,
    pub(crate) minute: jiff::Timestamp,
}

#[derive(Deserialize)]
struct BallotView {
    ballot: String,
    expires_at: jiff::Timestamp,
}

/// What is shown of a paredão.
#[derive(Debug, Deserialize)]
pub(crate) struct Panorama {
    pub(crate) revision: i64,
    pub(crate) participants: Vec<Share>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Share {
    pub(crate) percent: f64,
}

/// What a frontend said to a vote.
#[derive(Debug)]
pub(crate) enum Cast {
    /// 2xx.
    Taken(Receipt),
    /// It may have been stored: no answer, or one that says to try again.
    Unsure,
    /// It can't have been stored, and may be sent again.
    NotStored,
    /// Refused for good.
    Refused,
}

/// Both frontends, behind what a load balancer would do: those that say they are ready come first.
#[derive(Debug)]
pub(crate) struct VotersApi {
    client: Client<HttpConnector, Full<Bytes>>,
    frontends: Vec<Frontend>,
}

impl VotersApi {
    /// `frontends` are the addresses that voters reach, each with that of its readiness.
    pub(crate) fn new(frontends: &[(String, String)]) -> Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(REQUEST_TIMEOUT));
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let frontend = |(base, health): &(String, String)| {
            Ok::<_, anyhow::Error>(Frontend {
                ballots: format!("{base}/api/v1/ballots").parse()?,
                votes: format!("{base}/api/v1/votes").parse()?,
                base: base.clone(),
                health: health.parse()?,
                is_ready: AtomicBool::new(true),
            })
        };
        Ok(Self { client, frontends: frontends.iter().map(frontend).collect::<Result<_>>()? })
    }

    pub(crate) fn frontends(&self) -> usize {
        self.frontends.len()
    }

    /// Asks again and again which frontends are ready.
    pub(crate) async fn watch_health(&self) {
        loop {
            for frontend in &self.frontends {
                let asked = tokio::time::timeout(HEALTH_TIMEOUT, self.client.get(frontend.health.clone())).await;
                let is_ready = matches!(asked, Ok(Ok(answer)) if answer.status().is_success());
                frontend.is_ready.store(is_ready, Ordering::Relaxed);
            }
            tokio::time::sleep(HEALTH_EVERY).await;
        }
    }

    /// A frontend that is ready, drawn; when none is, any.
    pub(crate) fn draw(&self) -> usize {
        let ready = |index: &usize| self.frontends[*index].is_ready.load(Ordering::Relaxed);
        let indices: Vec<usize> = (0..self.frontends.len()).filter(ready).collect();
        fastrand::choice(indices).unwrap_or_else(|| fastrand::usize(..self.frontends.len()))
    }

    /// A sealed ballot, if one is given.
    pub(crate) async fn ballot(&self, frontend: usize, slug: &str, participant: i32) -> Option<String> {
        self.ballot_view(frontend, slug, participant).await.map(|view| view.ballot)
    }

    /// When a ballot given out now expires, by the frontend's clock.
    pub(crate) async fn expiry(&self, frontend: usize, slug: &str, participant: i32) -> Result<jiff::Timestamp> {
        self.ballot_view(frontend, slug, participant).await.map(|view| view.expires_at).context("no ballot was given")
    }

    async fn ballot_view(&self, frontend: usize, slug: &str, participant: i32) -> Option<BallotView> {
        let body = format!(r#"{{"paredao":"{slug}","participant":{participant}}}"#);
        let (status, body) = self.post(&self.frontends[frontend].ballots, body.into()).await.ok()?;
        if status != StatusCode::CREATED {
            return None;
        }
        serde_json::from_slice(&body).ok()
    }

    /// Casts a ballot.
    pub(crate) async fn cast(&self, frontend: usize, token: &str) -> Cast {
        let body = format!(r#"{{"ballot":"{token}"}}"#);
        match self.post(&self.frontends[frontend].votes, body.into()).await {
            Ok((StatusCode::ACCEPTED, body)) => match serde_json::from_slice(&body) {
                Ok(receipt) => Cast::Taken(receipt),
                Err(_) => Cast::Unsure,
            },
            Ok((StatusCode::TOO_MANY_REQUESTS, _)) | Err(Failure::NotSent) => Cast::NotStored,
            Ok((status, _)) if status.is_client_error() => Cast::Refused,
            Ok(_) | Err(Failure::Lost) => Cast::Unsure,
        }
    }

    /// What a frontend shows of a paredão.
    pub(crate) async fn panorama(&self, frontend: usize, slug: &str) -> Result<Panorama> {
        let uri = format!("{}/api/v1/paredoes/{slug}/panorama", self.frontends[frontend].base).parse()?;
        let answer = tokio::time::timeout(HEALTH_TIMEOUT, async {
            let answer = self.client.get(uri).await?;
            Ok::<_, anyhow::Error>(answer.into_body().collect().await?.to_bytes())
        });
        serde_json::from_slice(&answer.await??).context("a panorama was expected")
    }

    async fn post(&self, uri: &Uri, body: Bytes) -> Result<(StatusCode, Bytes), Failure> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri.clone())
            .header("content-type", "application/json")
            .body(Full::new(body))
            .expect("the request is well formed");
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| match error.is_connect() {
                true => Failure::NotSent,
                false => Failure::Lost,
            })?;
            let status = answer.status();
            let body = answer.into_body().collect().await.map_err(|_| Failure::Lost)?;
            Ok((status, body.to_bytes()))
        };
        tokio::time::timeout(REQUEST_TIMEOUT, exchange).await.unwrap_or(Err(Failure::Lost))
    }
}
