//! As much as two processors can send.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::{WAVE, by};
use crate::tally::{Outcome, Tally};
use crate::target::{CONNECTIONS_MAX, REQUESTS_MAX, Target};
use crate::wire::ask;

const READERS: usize = 32;
/// More at once than may be under way.
const VOTERS: usize = 3 * REQUESTS_MAX;
const GUESSERS: usize = 8;
const CONNECTIONS: usize = CONNECTIONS_MAX + 300;
/// When the flood of connections begins: the other attacks have theirs by then.
const CONNECTIONS_BEGIN: Duration = Duration::from_secs(20);
/// How long it stands: shorter than an idle one is left open.
const CONNECTIONS_STAND: Duration = Duration::from_secs(8);

/// The votes of attackers.
#[derive(Debug, Default)]
pub(crate) struct Flooded {
    /// Answered with success.
    pub(crate) accepted: AtomicU64,
    /// Sent, and nobody knows whether they were stored.
    pub(crate) unsure: AtomicU64,
}

/// Pages, pictures that are drawn, and numbers.
pub(super) async fn pages(target: &Target) -> Tally {
    let slug = &target.honest.slug;
    let paths = [
        "/".to_owned(),
        format!("/paredoes/{slug}"),
        format!("/en/paredoes/{slug}/compartilhar.jpg"),
        format!("/api/v1/paredoes/{slug}/panorama"),
        "/api/v1/paredoes/nowhere/state".to_owned(),
    ];
    workers(READERS, async |number| {
        let path = &paths[number % paths.len()];
        outcome_of(target.client.get(format!("http://{}{path}", target.voters))).await.0
    })
    .await
}

/// Votes, past what may be under way.
pub(super) async fn votes(target: &Target, flooded: &Flooded) -> Tally {
    let mut tally = workers(VOTERS, async |number| vote(target, flooded, number).await).await;
    if tally.answered(202..=202) == 0 || tally.answered(503..=503) == 0 {
        tally.break_once("past the capacity some votes are taken and others refused".to_owned());
    }
    tally
}

async fn vote(target: &Target, flooded: &Flooded, number: usize) -> Outcome {
    let post = |path: &str, body: &Value| target.client.post(format!("http://{}{path}", target.voters)).json(body);
    let participant = target.flooded.participants[number % target.flooded.participants.len()];
    let ballot = json!({"paredao": target.flooded.slug, "participant": participant});
    let (outcome, answer) = outcome_of(post("/api/v1/ballots", &ballot)).await;
    let Outcome::Answered { status: 201, .. } = outcome else { return outcome };
    let Some(Ok(ballot)) = answer.map(|answer| serde_json::from_slice::<Value>(&answer)) else { return Outcome::Ended };
    let (outcome, _) = outcome_of(post("/api/v1/votes", &json!({"ballot": ballot["ballot"]}))).await;
    match outcome {
        Outcome::Answered { status: 202, .. } => flooded.accepted.fetch_add(1, Ordering::Relaxed),
        // Kafka may have it though the answer says to come back.
        _ => flooded.unsure.fetch_add(1, Ordering::Relaxed),
    };
    outcome
}

/// Guesses at a password.
pub(super) async fn sign_ins(target: &Target) -> Tally {
    let mut tally = workers(GUESSERS, async |number| {
        // Checking a password is made to take long; refusing to isn't.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let name = format!("user {}", number % 3);
        let form = [("name", name.as_str()), ("password", "wrong")];
        outcome_of(target.client.post(format!("http://{}/entrar", target.production)).form(&form)).await.0
    })
    .await;
    if tally.answered(429..=429) == 0 || tally.answered(200..=399) > 0 {
        tally.break_once("guesses at a password aren't limited".to_owned());
    }
    tally
}

/// More connections than there is room for, at the same moment.
pub(super) async fn connections(target: &Target) -> Tally {
    tokio::time::sleep(CONNECTIONS_BEGIN).await;
    let mut tally = by(CONNECTIONS, |_| ask(target.voters, b"", CONNECTIONS_STAND)).await;
    if tally.answered(503..=503) == 0 {
        tally.break_once(format!("there is room for {CONNECTIONS} connections"));
    }
    tally
}

/// Does the same again and again, so many at once, until the wave is over.
async fn workers(count: usize, work: impl AsyncFn(usize) -> Outcome) -> Tally {
    let start = Instant::now();
    let tallies = join_all((0..count).map(async |worker| {
        let mut tally = Tally::default();
        let mut number = worker;
        while start.elapsed() < WAVE {
            tally.add(work(number).await);
            number += 1;
        }
        tally
    }));
    let mut all = Tally::default();
    for tally in tallies.await {
        all.merge(tally);
    }
    all
}

/// What is answered, and the body.
async fn outcome_of(request: RequestBuilder) -> (Outcome, Option<Vec<u8>>) {
    let Ok(response) = request.send().await else { return (Outcome::Ended, None) };
    let outcome = Outcome::Answered { status: response.status().as_u16(), has_retry_after: has_retry_after(&response) };
    (outcome, response.bytes().await.ok().map(|bytes| bytes.to_vec()))
}

fn has_retry_after(response: &Response) -> bool {
    response.headers().contains_key("retry-after")
}
