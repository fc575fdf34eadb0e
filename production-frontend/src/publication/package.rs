//! The files of a published result: JSON that is signed, and CSV whose hash stands in it.

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use voting_commons::percentages::percentages;

use super::counted::{Counted, sha256};
use crate::pages::spreadsheet;
use crate::paredao::ParedaoView;

/// By which a change of the format would show.
pub(super) const FORMAT: &str = "paredao-result/1";

/// A result: who got how many votes, of which cut, and how far the logs were counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResultView {
    /// `paredao-result/1`.
    pub format: String,
    /// The paredão's name in addresses.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// The first minute of votes.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Timestamp,
    /// The cut: votes of minutes before it count.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
    /// Votes of minutes before the cut.
    pub total: i64,
    /// Votes of minutes at or after the cut, in no other number here.
    pub after_closing: i64,
    /// Everybody who stood in it, in order.
    pub participants: Vec<ResultParticipant>,
    /// The SHA-256 of what was counted, as `counted` gives it.
    pub counted_sha256: String,
    /// How many buckets were counted.
    pub buckets: i64,
    /// How far each log was counted.
    pub cursors: Vec<CursorView>,
    /// When the database was read.
    #[schema(value_type = String, format = DateTime)]
    pub counted_at: Timestamp,
    /// When the votes sent, the topic and the tables were last found to agree before that.
    #[schema(value_type = String, format = DateTime)]
    pub reconciled_at: Timestamp,
}

/// A participant's part in a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResultParticipant {
    /// The participant's id.
    pub id: i32,
    /// Their name.
    pub name: String,
    /// Their votes.
    pub votes: i64,
    /// Their share, with two decimals, like `33.30`; all of them sum to 100.
    pub percent: String,
}

/// How far a log was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CursorView {
    /// The log's topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Every record below it was counted, or wasn't a vote to count.
    pub next_offset: i64,
}

/// What is signed: the result, and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedResult {
    /// The result.
    #[serde(flatten)]
    pub result: ResultView,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Timestamp,
    /// Who confirmed it: somebody else.
    pub confirmed_by: String,
    /// When, which is when it was published.
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
    /// The SHA-256 of the CSV file.
    pub csv_sha256: String,
    /// Which key signed these bytes.
    pub key_id: String,
}

impl ResultView {
    /// The result of a paredão that closed, as it was counted and reconciled.
    pub(crate) fn of(
        paredao: &ParedaoView,
        counted: &Counted,
        cursors: Vec<(String, i32, i64)>,
        (counted_at, reconciled_at): (Timestamp, Timestamp),
    ) -> anyhow::Result<Self> {
        let totals = counted.totals(paredao);
        let counts: Vec<u64> = totals.iter().map(|&votes| u64::try_from(votes)).collect::<Result<_, _>>()?;
        let shares = percentages(&counts);
        let participants =
            paredao.participants.iter().zip(&totals).zip(shares).map(|((participant, &votes), share)| {
                let (id, name) = (participant.id, participant.name.clone());
                ResultParticipant { id, name, votes, percent: share.to_string() }
            });
        let cursor = |(topic, partition, next_offset)| CursorView { topic, partition, next_offset };
        Ok(Self {
            format: FORMAT.to_owned(),
            slug: paredao.slug.clone(),
            title: paredao.title.clone(),
            opens_at: paredao.opens_at.context("what closed has opened")?,
            closes_at: paredao.closes_at.context("it has closed")?,
            total: totals.iter().sum(),
            after_closing: counted.after_closing,
            participants: participants.collect(),
            counted_sha256: counted.hash(),
            buckets: counted.buckets,
            cursors: cursors.into_iter().map(cursor).collect(),
            counted_at,
            reconciled_at,
        })
    }

    /// As a file for spreadsheets.
    pub(crate) fn csv(&self) -> String {
        let head = ["paredao", "participante", "nome", "votos", "porcentagem"].map(str::to_owned).to_vec();
        let row = |participant: &ResultParticipant| {
            let (id, votes) = (participant.id.to_string(), participant.votes.to_string());
            vec![self.slug.clone(), id, spreadsheet::text(&participant.name), votes, participant.percent.clone()]
        };
        spreadsheet::file(std::iter::once(head).chain(self.participants.iter().map(row)))
    }
}

impl SignedResult {
    /// The bytes that are signed: canonical JSON (RFC 8785), so that the same result is always the same bytes.
    pub(crate) fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        serde_json_canonicalizer::to_vec(self).context("a result can't be written")
    }

    /// Reads what [`Self::bytes`] wrote.
    pub(crate) fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        serde_json::from_slice(bytes).context("it isn't a result")
    }

    /// Whether `file` is the CSV that belongs to it.
    pub(crate) fn has_csv(&self, file: &[u8]) -> bool {
        self.csv_sha256 == sha256(file)
    }
}
