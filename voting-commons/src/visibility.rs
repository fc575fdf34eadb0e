//! Who may see a paredão's percentages besides production.

use std::str::FromStr;

/// From when on voters are shown percentages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    /// At any time.
    #[default]
    Always,
    /// Once they have voted, and everybody after the closing.
    AfterVoting,
    /// After the closing.
    AfterClosing,
    /// Never: production announces them.
    Production,
}

/// The text doesn't name a visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a visibility is always, after_voting, after_closing or production")]
pub struct VisibilityUnknown;

impl Visibility {
    /// All of them, from the most open on.
    pub const ALL: [Self; 4] = [Self::Always, Self::AfterVoting, Self::AfterClosing, Self::Production];

    /// Its name in Postgres and in the APIs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::AfterVoting => "after_voting",
            Self::AfterClosing => "after_closing",
            Self::Production => "production",
        }
    }
}

impl FromStr for Visibility {
    type Err = VisibilityUnknown;

    fn from_str(text: &str) -> Result<Self, VisibilityUnknown> {
        Self::ALL.into_iter().find(|visibility| visibility.name() == text).ok_or(VisibilityUnknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_by_its_name_and_nothing_else_is() {
        for visibility in Visibility::ALL {
            assert_eq!(visibility.name().parse(), Ok(visibility));
        }
        for text in ["", "Always", "after voting", "never"] {
            assert_eq!(text.parse::<Visibility>(), Err(VisibilityUnknown));
        }
    }
}
