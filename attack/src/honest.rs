//! Voters who vote as browsers do while everything else happens. Each of their votes must be taken in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::target::Target;

const VOTERS: usize = 16;
/// Between a voter's votes.
const PAUSE: Duration = Duration::from_millis(150);
/// Before a refused request is sent again, in milliseconds; browsers are more patient.
const RETRY_PAUSE: std::ops::Range<u64> = 50..250;
/// As a browser.
const ANSWER_PATIENCE: Duration = Duration::from_secs(15);
/// The longest until a vote is taken: a ballot's life, less than a minute of reserve.
const VOTE_PATIENCE: Duration = Duration::from_secs(120);

/// What became of the votes.
#[derive(Debug, Default)]
pub(crate) struct Votes {
    /// How long each vote took that was taken, from asking for its ballot, with all attempts.
    pub(crate) waits: Vec<Duration>,
    /// Requests that had to be sent again.
    pub(crate) retries: u64,
    /// What must not have happened.
    pub(crate) broken: Vec<String>,
}

/// The voters, until they are asked to stop.
#[derive(Debug)]
pub(crate) struct Honest {
    stop: Arc<AtomicBool>,
    voters: JoinSet<Votes>,
}

impl Honest {
    pub(crate) fn begin(target: &Target) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let client = Client::builder().timeout(ANSWER_PATIENCE).build()?;
        let mut voters = JoinSet::new();
        for number in 0..VOTERS {
            let voter = Voter {
                client: client.clone(),
                url: format!("http://{}", target.voters),
                slug: target.honest.slug.clone(),
                participant: target.honest.participants[number % target.honest.participants.len()],
            };
            voters.spawn(voter.vote_until(Arc::clone(&stop)));
        }
        Ok(Self { stop, voters })
    }

    /// Has every voter finish the vote that they have begun.
    pub(crate) async fn end(self) -> Votes {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Votes::default();
        for votes in self.voters.join_all().await {
            all.waits.extend(votes.waits);
            all.retries += votes.retries;
            all.broken.extend(votes.broken);
        }
        all.waits.sort_unstable();
        all
    }
}

struct Voter {
    client: Client,
    url: String,
    slug: String,
    participant: i64,
}

impl Voter {
    async fn vote_until(self, stop: Arc<AtomicBool>) -> Votes {
        let mut votes = Votes::default();
        while !stop.load(Ordering::Relaxed) {
            let start = Instant::now();
            match self.vote(&mut votes.retries).await {
                Ok(()) => votes.waits.push(start.elapsed()),
                Err(error) => votes.broken.push(format!("an honest vote: {error:#}")),
            }
            tokio::time::sleep(PAUSE).await;
        }
        votes
    }

    async fn vote(&self, retries: &mut u64) -> Result<()> {
        let wanted = json!({"paredao": self.slug, "participant": self.participant});
        let ballot = self.persist("/api/v1/ballots", &wanted, StatusCode::CREATED, retries).await?;
        let cast = json!({"ballot": ballot["ballot"]});
        self.persist("/api/v1/votes", &cast, StatusCode::ACCEPTED, retries).await.map(|_| ())
    }

    /// Sends the same until it is answered with `success`.
    async fn persist(&self, path: &str, body: &Value, success: StatusCode, retries: &mut u64) -> Result<Value> {
        let start = Instant::now();
        while start.elapsed() < VOTE_PATIENCE {
            if let Ok(answer) = self.client.post(format!("{}{path}", self.url)).json(body).send().await {
                match answer.status() {
                    status if status == success => {
                        if let Ok(body) = answer.json().await {
                            return Ok(body);
                        }
                    }
                    StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => {}
                    status => bail!("{path} was answered with {status}"),
                }
            }
            *retries += 1;
            tokio::time::sleep(Duration::from_millis(fastrand::u64(RETRY_PAUSE))).await;
        }
        bail!("{path} wasn't answered with success for {} s", VOTE_PATIENCE.as_secs())
    }
}
