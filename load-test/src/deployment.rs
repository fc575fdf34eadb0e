//! What is asked of a deployment around the votes: a paredão to vote in, and how many were counted.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use backon::{ConstantBuilder, Retryable};
use jiff::Timestamp;
use reqwest::multipart::Form;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use voting_commons::{ParticipantId, Shards};

use crate::options::DeploymentArgs;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the voters' frontend may take to learn of a paredão.
const KNOWN_PATIENCE: Duration = Duration::from_secs(60);
/// How long the count may stand still before it is taken for settled, when votes are missing and when none is: what was counted twice
/// comes later than what was counted once.
const STANDSTILL_PATIENCE: Duration = Duration::from_secs(10);
const SETTLED_AFTER: Duration = Duration::from_secs(3);
/// How long production may fail before a question is given up.
const PRODUCTION_PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What production calls a paredão that was never opened.
const NEVER_OPENED: &str = "paredao-not-open";

/// A deployment's two APIs.
pub struct Deployment {
    client: Client,
    voters: String,
    production: String,
    token: String,
    shards: Shards,
}

/// The paredão that is voted in.
#[derive(Debug, Clone, Deserialize)]
pub struct Paredao {
    /// Its name in addresses.
    pub slug: String,
    /// Who stands in it.
    pub participants: Vec<Participant>,
}

/// Who stands in it.
#[derive(Debug, Clone, Deserialize)]
pub struct Participant {
    /// Their number.
    pub id: ParticipantId,
}

impl Paredao {
    /// Whom the vote numbered `index` is for.
    pub(crate) fn participant(&self, index: u64) -> ParticipantId {
        let among = u64::try_from(self.participants.len()).expect("a paredão has few participants");
        self.participants[usize::try_from(index % among).expect("it is an index")].id
    }
}

#[derive(Deserialize)]
struct Listed {
    slug: String,
    status: String,
}

#[derive(Deserialize)]
struct Totals {
    total: u64,
}

#[derive(Deserialize)]
struct Panorama {
    revision: i64,
}

impl Deployment {
    /// The one that the arguments name.
    ///
    /// # Errors
    /// When the client can't be set up.
    pub fn new(args: &DeploymentArgs) -> Result<Self> {
        let base = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Self {
            client: Client::builder().timeout(REQUEST_TIMEOUT).build()?,
            voters: base(&args.voters),
            production: base(&args.production),
            token: args.token.reveal().to_owned(),
            shards: args.shards,
        })
    }

    /// Makes sure that voters find something there.
    ///
    /// # Errors
    /// When they don't.
    pub async fn check_voters(&self) -> Result<()> {
        let listed = self.listed().await;
        listed.map(drop).with_context(|| format!("{} isn't a voters' frontend that answers", self.voters))
    }

    /// Makes a paredão, opens it, and waits until it can be voted in.
    ///
    /// # Errors
    /// When that is refused, or takes too long.
    pub async fn open_paredao(&self, purpose: &str) -> Result<Paredao> {
        let paredao = self.make_paredao(purpose).await?;
        self.open(&paredao).await?;
        Ok(paredao)
    }

    /// Makes a paredão that isn't open yet. None has its slug, whoever else makes one at the same time.
    ///
    /// # Errors
    /// When that is refused.
    pub async fn make_paredao(&self, purpose: &str) -> Result<Paredao> {
        let slug = format!("{purpose}-{}-{:08x}", Timestamp::now().as_second(), rand::random::<u32>());
        let mut form = Form::new().text("slug", slug.clone()).text("title", "Teste de carga");
        form = form.text("shards", self.shards.get().to_string());
        for name in ["Ana", "Bento", "Cida"] {
            form = form.text("participant", name);
        }
        answer(self.at_production("POST", "/api/v1/paredoes")?.multipart(form))
            .await
            .context("no paredão could be made")
    }

    /// Opens the paredão, and waits until it can be voted in.
    ///
    /// # Errors
    /// When that is refused, or takes too long.
    pub async fn open(&self, paredao: &Paredao) -> Result<()> {
        let slug = &paredao.slug;
        let () = self.tell(slug, "open").await?;
        let begin = Instant::now();
        while !self.is_open(slug).await? {
            if begin.elapsed() > KNOWN_PATIENCE {
                bail!("{} doesn't know the paredão {slug} after {} s", self.voters, KNOWN_PATIENCE.as_secs());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// How many votes were counted, once that hasn't changed for a while: for less long where it is `expected` or more.
    ///
    /// # Errors
    /// When production doesn't say, however often it is asked.
    pub async fn settled_count(&self, paredao: &Paredao, expected: u64) -> Result<u64> {
        Ok(settled(expected, async || self.count_patiently(paredao).await).await?.count)
    }

    /// How many votes production is shown now.
    ///
    /// # Errors
    /// When production doesn't say.
    pub async fn count(&self, paredao: &Paredao) -> Result<u64> {
        let path = format!("/api/v1/paredoes/{}/totals", paredao.slug);
        let Totals { total } = answer(self.at_production("GET", &path)?).await?;
        Ok(total)
    }

    async fn count_patiently(&self, paredao: &Paredao) -> Result<u64> {
        patiently(|| self.count(paredao)).await
    }

    /// Which revision of the panorama voters are shown now.
    ///
    /// # Errors
    /// When the voters' frontend doesn't say.
    pub async fn revision(&self, paredao: &Paredao) -> Result<i64> {
        let url = format!("{}/api/v1/paredoes/{}/panorama", self.voters, paredao.slug);
        let Panorama { revision } = answer(self.client.get(url)).await?;
        Ok(revision)
    }

    /// Closes the paredão at the next minute. One that was never opened is as good as closed.
    ///
    /// # Errors
    /// When production doesn't, however often it is told.
    pub async fn close(&self, paredao: &Paredao) -> Result<()> {
        patiently(|| self.try_to_close(&paredao.slug)).await
    }

    async fn try_to_close(&self, slug: &str) -> Result<()> {
        match self.tell(slug, "close").await {
            Err(error) if error.to_string().contains(NEVER_OPENED) => Ok(()),
            told => told,
        }
    }

    async fn is_open(&self, slug: &str) -> Result<bool> {
        Ok(self.listed().await?.iter().any(|paredao| paredao.slug == slug && paredao.status == "open"))
    }

    async fn listed(&self) -> Result<Vec<Listed>> {
        answer(self.client.get(format!("{}/api/v1/paredoes", self.voters))).await
    }

    async fn tell(&self, slug: &str, what: &str) -> Result<()> {
        let request = self.at_production("POST", &format!("/api/v1/paredoes/{slug}/{what}"))?;
        let _: serde_json::Value = answer(request).await?;
        Ok(())
    }

    fn at_production(&self, method: &str, path: &str) -> Result<RequestBuilder> {
        let url = format!("{}{path}", self.production);
        Ok(self.client.request(method.parse()?, url).bearer_auth(&self.token))
    }
}

/// What `ask` comes to, asked again for a while when it fails.
async fn patiently<T, F: Future<Output = Result<T>>>(ask: impl Fn() -> F) -> Result<T> {
    let begin = Instant::now();
    ask.retry(ConstantBuilder::new().with_delay(LOOK_EVERY).without_max_times())
        .when(|_| begin.elapsed() < PRODUCTION_PATIENCE)
        .await
}

/// A count that doesn't change any more.
pub(crate) struct Settled {
    pub(crate) count: u64,
    /// When it last changed.
    pub(crate) since: Instant,
}

/// What `count` says once that hasn't changed for a while: for less long where it is `expected` or more.
pub(crate) async fn settled(expected: u64, count: impl AsyncFn() -> Result<u64>) -> Result<Settled> {
    let mut settled = Settled { count: count().await?, since: Instant::now() };
    loop {
        let count = count().await?;
        if count != settled.count {
            settled = Settled { count, since: Instant::now() };
        }
        let patience = if count < expected { STANDSTILL_PATIENCE } else { SETTLED_AFTER };
        if settled.since.elapsed() > patience {
            return Ok(settled);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The JSON that was answered.
pub(crate) async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    let response = request.send().await?;
    let (status, url) = (response.status(), response.url().clone());
    let body = response.bytes().await?;
    if !status.is_success() {
        bail!("{url} answered {status}: {}", String::from_utf8_lossy(&body));
    }
    serde_json::from_slice(&body).with_context(|| format!("{url} answered something else than was expected"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::tests::answering;

    const PAREDAO: &str = r#"{"slug": "final", "participants": []}"#;
    const AWAY: (&str, &str) = ("503 Service Unavailable\r\nconnection: close", "");
    const CLOSED: (&str, &str) = ("200 OK\r\nconnection: close", "{}");
    const UNOPENED: (&str, &str) =
        ("409 Conflict\r\nconnection: close", r#"{"type": "/problems/paredao-not-open", "status": 409}"#);

    /// What becomes of the closing when production answers so.
    async fn close_paredao(answers: &'static [(&'static str, &'static str)]) -> Result<()> {
        let deployment = Deployment {
            client: Client::new(),
            voters: String::new(),
            production: answering(answers),
            token: "t".to_owned(),
            shards: Shards::ONE,
        };
        deployment.close(&serde_json::from_str(PAREDAO)?).await
    }

    #[tokio::test]
    async fn closing_is_tried_again() {
        close_paredao(&[AWAY, AWAY, CLOSED]).await.unwrap();
    }

    #[tokio::test]
    async fn a_paredao_that_was_never_opened_is_as_good_as_closed() {
        close_paredao(&[UNOPENED]).await.unwrap();
    }
}
