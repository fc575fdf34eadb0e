//! A user's own account: who one is here, one's password, one's sessions.

pub(crate) mod api;
pub(crate) mod store;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Role;

/// A user's own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountView {
    /// The name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether the password must be changed before anything else is done.
    pub must_change_password: bool,
    /// In how many browsers they are signed in.
    pub sessions: i64,
}
