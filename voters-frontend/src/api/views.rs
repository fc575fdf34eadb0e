//! What the API answers, which is also what the pages render.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use voting_commons::percentages::Percent;
use voting_commons::{ParedaoId, ParticipantId, UnixMillis, Visibility};

use crate::app::{IssuedBallot, Receipt};
use crate::captcha::Challenge;
use crate::snapshot::{Lineup, Paredao, Snapshot, Status};

/// A paredão.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParedaoView {
    /// Its number, by which votes name it
    #[schema(value_type = i32)]
    pub id: ParedaoId,
    /// Its name in addresses
    #[schema(example = "paredao-da-semana")]
    pub slug: String,
    /// Its name on screens
    pub title: String,
    /// `scheduled`, `open` or `closed`
    pub status: &'static str,
    /// A whole minute
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Timestamp,
    /// A whole minute; null while nobody has decided
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Timestamp>,
    /// Who is shown percentages: `always` everybody, `after_voting` those who have voted (everybody after the closing),
    /// `after_closing` everybody from then on, `production` nobody
    pub visibility: &'static str,
    /// Over how many keys each participant's votes are spread
    pub shards: u8,
    /// Who stands in it
    pub participants: Vec<ParticipantView>,
    /// Names the title and the participants: with any of them it changes
    #[schema(value_type = String, example = "09f7c1e2a4b35d68")]
    pub lineup: Lineup,
}

/// Who stands in a paredão.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParticipantView {
    /// Their number
    #[schema(value_type = i32)]
    pub id: ParticipantId,
    /// Their name
    pub name: String,
    /// Their picture; null when there is none
    pub photo_url: Option<String>,
}

impl ParedaoView {
    /// All of `snapshot` as they stand at `now`: open ones first, then those to come, then those that are over.
    pub fn list(snapshot: &Snapshot, now: UnixMillis) -> Vec<Self> {
        let mut paredoes: Vec<_> = snapshot.paredoes().iter().collect();
        paredoes.sort_by_key(|paredao| match paredao.status(now) {
            Status::Open => 0,
            Status::Scheduled => 1,
            Status::Closed => 2,
        });
        paredoes.into_iter().map(|paredao| Self::new(paredao, now)).collect()
    }

    /// `paredao` as it stands at `now`.
    pub fn new(paredao: &Paredao, now: UnixMillis) -> Self {
        let participants = paredao.participants.iter().map(|participant| ParticipantView {
            id: participant.id,
            name: participant.name.clone(),
            photo_url: participant.photo.as_ref().map(|hash| format!("/photos/{hash}")),
        });
        Self {
            id: paredao.id,
            slug: paredao.slug.to_string(),
            title: paredao.title.clone(),
            status: paredao.status(now).name(),
            opens_at: paredao.opens_at,
            closes_at: paredao.closes_at,
            visibility: paredao.visibility.name(),
            shards: paredao.shards.get(),
            participants: participants.collect(),
            lineup: paredao.lineup(),
        }
    }
}

/// Where a paredão stands, for one visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct StateView {
    /// `scheduled`, `open` or `closed`
    pub status: &'static str,
    /// A whole minute
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Timestamp,
    /// A whole minute; null while nobody has decided
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Timestamp>,
    /// The server's clock, by which it opens and closes
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
    /// The `visibility` that keeps this visitor from being shown percentages; null when they are shown
    pub results_hidden: Option<&'static str>,
    /// Names the title and the participants: until it opens they may become others
    #[schema(value_type = String, example = "09f7c1e2a4b35d68")]
    pub lineup: Lineup,
}

impl StateView {
    /// `paredao` as it stands at `now`.
    pub fn new(paredao: &Paredao, now: UnixMillis, hidden_by: Option<Visibility>) -> Self {
        Self {
            status: paredao.status(now).name(),
            opens_at: paredao.opens_at,
            closes_at: paredao.closes_at,
            now: Timestamp::from_millisecond(now.0).unwrap_or_default(),
            results_hidden: hidden_by.map(Visibility::name),
            lineup: paredao.lineup(),
        }
    }
}

/// What to ask for a ballot.
#[derive(Debug, Deserialize, ToSchema)]
pub struct BallotRequest {
    /// The paredão's name in addresses
    pub paredao: String,
    /// The participant to vote for
    #[schema(value_type = i32)]
    pub participant: ParticipantId,
}

/// A ballot to be cast.
#[derive(Debug, Serialize, ToSchema)]
pub struct BallotView {
    /// The sealed ballot
    pub ballot: String,
    /// When it can no longer be cast
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// What to solve: `provider` is `altcha` (with `challenge`), `hcaptcha` (with `site_key`) or `off`
    #[schema(value_type = Object)]
    pub captcha: Challenge,
}

impl From<IssuedBallot> for BallotView {
    fn from(issued: IssuedBallot) -> Self {
        Self { ballot: issued.token, expires_at: issued.ballot.expires_at, captcha: issued.challenge }
    }
}

/// A ballot cast.
#[derive(Debug, Deserialize, ToSchema)]
pub struct VoteRequest {
    /// The sealed ballot
    pub ballot: String,
    /// The captcha's answer, or the `pass` of an earlier refusal; may be missing when the captcha is off
    #[serde(default)]
    pub captcha: String,
}

/// A vote that was stored and will be counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    /// The same for every copy of one ballot
    pub receipt: String,
    /// The paredão's name in addresses
    pub paredao: String,
    /// Who was voted for
    #[schema(value_type = i32)]
    pub participant: ParticipantId,
    /// The minute in which the vote counts
    #[schema(value_type = String, format = DateTime)]
    pub minute: Timestamp,
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> Self {
        Self {
            receipt: receipt.ballot.to_string(),
            paredao: receipt.slug.to_string(),
            participant: receipt.participant,
            minute: receipt.minute.timestamp(),
        }
    }
}

/// How a paredão stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct PanoramaView {
    /// Goes up with every change; 0 before anything was counted
    pub revision: i64,
    /// When the votes were last looked at; null before that
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// The shares, which sum to exactly 100, or are all 0
    pub participants: Vec<ShareView>,
}

/// A participant's share of the votes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareView {
    /// Their number
    #[schema(value_type = i32)]
    pub id: ParticipantId,
    /// Their name
    pub name: String,
    /// With two decimals
    #[schema(value_type = f64, example = 33.33)]
    pub percent: Percent,
}

impl From<&Paredao> for PanoramaView {
    fn from(paredao: &Paredao) -> Self {
        let panorama = &paredao.panorama;
        let participants = paredao.participants.iter().map(|participant| ShareView {
            id: participant.id,
            name: participant.name.clone(),
            percent: panorama.shares.get(&participant.id).copied().unwrap_or_default(),
        });
        Self { revision: panorama.revision, as_of: panorama.as_of, participants: participants.collect() }
    }
}

/// How `paredao` stands, as JSON: rendered once, however many look.
pub fn panorama_json(paredao: &Paredao) -> &str {
    let render = || serde_json::to_string(&PanoramaView::from(paredao)).expect("a view always serializes");
    paredao.panorama.json.get_or_init(render)
}

/// What an error says (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemView {
    /// Tells the problems apart; its page says more
    #[schema(example = "/problems/ballot-expired")]
    pub r#type: String,
    /// The HTTP status
    pub status: u16,
    /// For developers, in English
    pub title: String,
    /// For voters, in the language that the client accepts: Portuguese or English
    pub detail: String,
    /// Only after a passed captcha: what to send as `captcha` with the same ballot instead
    pub pass: Option<String>,
}
