//! What was counted, as text that anybody can hash: a line per bucket before the cut.

use std::collections::HashMap;
use std::fmt::Write;

use futures::TryStreamExt;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use crate::error::Error;
use crate::paredao::ParedaoView;
use crate::paredao::store::Paredao;

/// The first line's first word, by which a change of the format would show.
const FORMAT: &str = "paredao-counted/1";

/// A row of counts.
#[derive(Debug, Clone)]
pub(crate) struct Bucket<'a> {
    pub(crate) partition: i32,
    pub(crate) start: Timestamp,
    pub(crate) participant: i32,
    /// `minute`, or `hour` or `day` once it was compacted.
    pub(crate) grain: &'a str,
    pub(crate) votes: i64,
}

/// The text and what it adds up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The lines; `docs/results.md` says how they are written.
    pub(crate) text: String,
    /// How many of them are buckets.
    pub(crate) buckets: i64,
    /// Votes by participant.
    pub(crate) votes: HashMap<i32, i64>,
    /// Votes at or after the cut, which aren't in the text.
    pub(crate) after_closing: i64,
}

impl Counted {
    /// Nothing counted yet of the paredão `slug`, whose cut this is.
    pub(crate) fn of(slug: &str, closes_at: Timestamp) -> Self {
        let text = format!("{FORMAT} {slug} {closes_at}\n");
        Self { text, buckets: 0, votes: HashMap::new(), after_closing: 0 }
    }

    /// Adds the next bucket before the cut.
    pub(crate) fn add(&mut self, bucket: &Bucket<'_>) {
        let Bucket { partition, start, participant, grain, votes } = bucket;
        writeln!(self.text, "{partition} {start} {participant} {grain} {votes}").expect("a String takes all");
        self.buckets += 1;
        *self.votes.entry(*participant).or_default() += votes;
    }

    /// The SHA-256 of the text, in hexadecimal.
    pub(crate) fn hash(&self) -> String {
        sha256(self.text.as_bytes())
    }

    /// The votes of those who stand in `paredao`, in order.
    pub(crate) fn totals(&self, paredao: &ParedaoView) -> Vec<i64> {
        let votes = |id| self.votes.get(&id).copied().unwrap_or_default();
        paredao.participants.iter().map(|participant| votes(participant.id)).collect()
    }
}

/// In hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What was counted of a paredão that was found in the same snapshot, and closed.
pub(crate) async fn read(snapshot: &mut PgConnection, paredao: &Paredao) -> Result<Counted, Error> {
    let closes_at = paredao.view.closes_at.ok_or(Error::CountNotFinal)?;
    let mut counted = Counted::of(&paredao.view.slug, closes_at);
    let mut rows = sqlx::query_file!("src/publication/counted.sql", paredao.id).fetch(snapshot);
    while let Some(row) = rows.try_next().await? {
        if row.is_after_closing {
            counted.after_closing += row.votes;
            continue;
        }
        let start = Timestamp::from_second(row.start).map_err(anyhow::Error::from)?;
        let (partition, participant, grain, votes) = (row.partition, row.participant, row.grain.as_str(), row.votes);
        counted.add(&Bucket { partition, start, participant, grain, votes });
    }
    Ok(counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_and_its_hash_are_as_the_docs_say() {
        let mut counted = Counted::of("final", "2026-11-22T00:30:00Z".parse().unwrap());
        let start = "2026-11-22T00:29:00Z".parse().unwrap();
        counted.add(&Bucket { partition: 0, start, participant: 7, grain: "minute", votes: 41 });
        counted.add(&Bucket { partition: 3, start, participant: 7, grain: "minute", votes: 1 });
        assert_eq!(
            counted.text,
            "paredao-counted/1 final 2026-11-22T00:30:00Z\n\
             0 2026-11-22T00:29:00Z 7 minute 41\n\
             3 2026-11-22T00:29:00Z 7 minute 1\n"
        );
        // By `sha256sum`.
        assert_eq!(counted.hash(), "4a7ec844f1bbb91a8ffee567fbcced5419487d6426309d9b738f6ceca3ad5c83");
        assert_eq!((counted.buckets, counted.votes[&7]), (2, 42));
    }
}
