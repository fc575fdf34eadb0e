//! Tokens of scripts: which there are, and what they may do.

pub(crate) mod api;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Role;

/// A script's token as the API and the page show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenView {
    /// Its number.
    pub id: i32,
    /// The script's name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Which user made it; unset where the command line did.
    pub made_by: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// A new token, with its secret, which is shown this once and stored nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewTokenView {
    /// The token.
    #[serde(flatten)]
    pub token: TokenView,
    /// What the script sends as its bearer token.
    pub secret: String,
}
