//! What production says of an import.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest, Sha256};
use voting_commons::ParedaoId;

use super::vote::Import;
use crate::deployment::answer;
use crate::options::ImportArgs;

/// In bytes.
const HASHED_AT_ONCE: usize = 1 << 16;

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
    pub(super) fn of(args: &ImportArgs) -> Self {
        let url = args.production.trim_end_matches('/').to_owned();
        Self { client: Client::new(), url, token: args.token.reveal().to_owned() }
    }

    /// Tells production that the import begins, or goes on, on a topic of so many partitions.
    pub(super) async fn begin(&self, args: &ImportArgs, partitions: i32) -> Result<Import> {
        let file_sha256 = tokio::task::block_in_place(|| sha256_of(&args.file))?;
        let beginning = json!({"partitions": partitions, "file_sha256": file_sha256});
        let begin = self.client.post(format!("{}/api/v1/imports/{}/begin", self.url, args.import)).json(&beginning);
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
        })
    }

    /// How many of the import's lines were counted up to now.
    pub(super) async fn counted(&self, import: i32) -> Result<u64> {
        let Counted { counted } = self.get(&format!("/api/v1/imports/{import}")).await?;
        Ok(counted)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        answer(self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token)).await
    }
}

/// In hexadecimal.
fn sha256_of(path: &Path) -> Result<String> {
    let cannot = || format!("can't read {}", path.display());
    let mut file = File::open(path).with_context(cannot)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; HASHED_AT_ONCE]);
    loop {
        match file.read(&mut buffer).with_context(cannot)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
