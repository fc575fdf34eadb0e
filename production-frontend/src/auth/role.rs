//! What somebody may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody may do; each may all that the one before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads everything.
    Viewer,
    /// Makes, opens and closes paredões, and steers the count.
    Operator,
    /// Publishes results, and says who may come in.
    Director,
}

impl Role {
    /// All, the one that may the least first.
    pub(crate) const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Director];

    /// Its stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Director => "director",
        }
    }

    /// The message that names it.
    pub(crate) const fn text_id(self) -> &'static str {
        match self {
            Self::Viewer => "role-viewer",
            Self::Operator => "role-operator",
            Self::Director => "role-director",
        }
    }

    /// The role of this name, which the database's check lets be one.
    pub(crate) fn stored(name: &str) -> anyhow::Result<Self> {
        let role = Self::ALL.into_iter().find(|role| role.name() == name);
        role.ok_or_else(|| anyhow::anyhow!("{name:?} is stored, and is no role"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_more_than_the_one_before() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Director);
        for role in Role::ALL {
            assert_eq!(Role::stored(role.name()).unwrap(), role);
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        assert!(Role::stored("king").is_err());
    }
}
