//! Publishing a result: one director proposes exact numbers, another confirms the same, and they are signed and never change.

pub(crate) mod api;
mod counted;
pub(crate) mod key;
pub(crate) mod package;
pub(crate) mod store;
pub mod verify;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use self::package::{ResultView, SignedResult};
use crate::imports::ImportProgress;

/// What is to be published, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicationView {
    /// What somebody proposed and nobody confirmed or withdrew yet.
    pub proposal: Option<ProposalView>,
    /// What was published.
    pub published: Option<PublishedView>,
}

/// Exact numbers that wait for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposalView {
    /// Its number.
    pub id: i64,
    /// The numbers.
    pub result: ResultView,
    /// Who proposed them.
    pub proposed_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Timestamp,
    /// Good votes of the paredão that were set aside and could still be counted, which changes the numbers.
    pub parked_votes: i64,
    /// How far the paredão's imports are.
    pub imports: ImportProgress,
}

/// A published result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublishedView {
    /// What was signed.
    pub signed: SignedResult,
    /// The SHA-256 of the signed bytes.
    pub json_sha256: String,
    /// The Ed25519 signature of those bytes, in base64.
    pub signature: String,
}

/// A key that signs results, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResultKeyView {
    /// Its name: the first 16 hexadecimal digits of the SHA-256 of the public key's DER.
    pub key_id: String,
    /// Always `Ed25519`.
    pub algorithm: &'static str,
    /// The public key in PEM, as openssl reads it.
    pub public_key: String,
    /// Whether the next result will be signed by it.
    pub is_current: bool,
}
