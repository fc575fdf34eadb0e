//! What production says of an import.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use backon::{ConstantBuilder, Retryable};
use jiff::Timestamp;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::Instant;
use voting_commons::ParedaoId;

use super::vote::Import;
use crate::deployment::{Settled, answer, settled};
use crate::options::ImportArgs;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long production may give no answer when it is asked for a count.
const COUNT_PATIENCE: Duration = Duration::from_secs(30);
const COUNT_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What production is asked.
pub(super) struct Production {
    client: Client,
    url: String,
    token: String,
}

#[derive(Deserialize)]
struct ImportView {
    id: i32,
    paredao: String,
    paredao_id: ParedaoId,
    partitions: i32,
    registered_at: Timestamp,
    begun_at: Timestamp,
}

#[derive(Deserialize)]
struct Counted {
    counted: u64,
}

#[derive(Deserialize)]
struct ParedaoView {
    slug: String,
    participants: Vec<crate::deployment::Participant>,
}

impl Production {
    pub(super) fn of(args: &ImportArgs) -> Result<Self> {
        // `localhost:8081` is a URL too, of the scheme `localhost`.
        if !Url::parse(&args.production).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            bail!("--production is an address like http://127.0.0.1:8081, and not {:?}", args.production);
        }
        let url = args.production.trim_end_matches('/').to_owned();
        let client = Client::builder().timeout(REQUEST_TIMEOUT).build()?;
        Ok(Self { client, url, token: args.token.reveal().to_owned() })
    }

    /// Tells production that the import begins, or goes on, on a topic of so many partitions.
    pub(super) async fn begin(&self, import: i32, file_sha256: &str, partitions: i32) -> Result<Import> {
        let beginning = json!({"partitions": partitions, "file_sha256": file_sha256});
        let begin = self.client.post(format!("{}/api/v1/imports/{import}/begin", self.url)).json(&beginning);
        let import: ImportView = answer(begin.bearer_auth(&self.token)).await?;
        let paredoes: Vec<ParedaoView> = self.get("/api/v1/paredoes").await?;
        let paredao = paredoes.into_iter().find(|paredao| paredao.slug == import.paredao);
        let participants = paredao.with_context(|| format!("{} is too old to be listed", import.paredao))?.participants;
        Ok(Import {
            id: i64::from(import.id).try_into()?,
            paredao: import.paredao_id,
            participants: participants.into_iter().map(|participant| participant.id).collect(),
            partitions: import.partitions,
            registered_at: import.registered_at,
            begun_at: import.begun_at,
        })
    }

    /// How many of the import's lines were counted, once that stands still. None when production doesn't say: everything is written by
    /// now, and a report is due.
    pub(super) async fn settled(&self, import: i32, expected: u64) -> Option<Settled> {
        let settled = settled(expected, async || self.count_patiently(import).await).await;
        settled.inspect_err(|error| eprintln!("production doesn't say how many votes are counted: {error:#}")).ok()
    }

    async fn count_patiently(&self, import: i32) -> Result<u64> {
        let begin = Instant::now();
        (|| self.counted(import))
            .retry(ConstantBuilder::new().with_delay(COUNT_AGAIN_AFTER).without_max_times())
            .when(|_| begin.elapsed() < COUNT_PATIENCE)
            .await
    }

    /// How many of them were counted up to now.
    async fn counted(&self, import: i32) -> Result<u64> {
        let Counted { counted } = self.get(&format!("/api/v1/imports/{import}")).await?;
        Ok(counted)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        answer(self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token)).await
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;

    /// Gives these answers, one for each request, and the last one ever after; its address. A real one fails when it likes.
    fn answering(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for request in 0.. {
                let (mut connection, _) = listener.accept().unwrap();
                let head = BufReader::new(&connection).lines().map_while(Result::ok);
                head.take_while(|line| !line.is_empty()).for_each(drop);
                let answer = answers.get(request).or(answers.last()).unwrap();
                write!(connection, "HTTP/1.1 {answer}").unwrap();
            }
        });
        url
    }

    #[tokio::test]
    async fn the_count_is_asked_for_again_when_it_fails() {
        let url = answering(&[
            "200 OK\r\nconnection: close\r\n\r\n{\"counted\": 5}",
            "503 Service Unavailable\r\nconnection: close\r\n\r\n",
            "200 OK\r\nconnection: close\r\n\r\n{\"counted\": 7}",
        ]);
        let production = Production { client: Client::new(), url, token: "t".to_owned() };
        assert_eq!(production.settled(1, 7).await.map(|settled| settled.count), Some(7));
    }
}
