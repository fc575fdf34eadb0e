//! Users: who may come in, and as what.

pub(crate) mod api;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Role;

/// A user as the API and the page show them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserView {
    /// Their number.
    pub id: i32,
    /// The name that they sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may come in at all.
    pub active: bool,
    /// Until when the password that a director gave them lets them in to choose their own; unset once they have.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub one_time_until: Option<Timestamp>,
    /// When they last signed in.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_sign_in_at: Option<Timestamp>,
    /// When they were added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}
