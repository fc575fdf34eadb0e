//! Why a parked record isn't replayed.

use jiff::Timestamp;
use voting_commons::UnixMillis;

/// Why a parked record isn't replayed. [`Refusal::code`] is stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is none.
    #[error("no record of this topic was parked under this id")]
    Unknown,
    /// The record is no vote.
    #[error("it was parked as {reason}: it can't be read as a vote")]
    Undecodable {
        /// The stable name of why it was parked.
        reason: String,
    },
    /// A copy may still be counted by itself.
    #[error("its ballot's window is open: try again once partition {partition} has counted past {}", instant(*.closes))]
    WindowOpen {
        /// The partition.
        partition: i32,
        /// The log clock at which the window is closed.
        closes: UnixMillis,
    },
    /// Another copy of the ballot was counted.
    #[error("another copy of its ballot was counted, at offset {offset}")]
    Counted {
        /// Where the copy lies.
        offset: i64,
    },
    /// Another copy of the ballot was replayed.
    #[error("another copy of its ballot was replayed, from the parked record {id}")]
    BallotReplayed {
        /// The other parked record.
        id: i64,
    },
    /// Nothing can tell any more whether a copy was counted.
    #[error("the log begins at offset {low}, within its ballot's window: a copy may have been counted")]
    LogGone {
        /// Where the log begins.
        low: i64,
    },
    /// The log isn't the one that was counted.
    #[error("the log isn't the one that was counted: it disagrees at offset {offset}")]
    LogChanged {
        /// Where it disagrees.
        offset: i64,
    },
    /// A published result stays true to what was counted.
    #[error("the result of its paredão was published")]
    Published,
    /// The database refuses the vote again.
    #[error("the database refuses it: {0}")]
    RefusedByStore(String),
}

impl Refusal {
    /// The stable name of this reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Undecodable { .. } => "undecodable",
            Self::WindowOpen { .. } => "window_open",
            Self::Counted { .. } => "counted",
            Self::BallotReplayed { .. } => "ballot_replayed",
            Self::LogGone { .. } => "log_gone",
            Self::LogChanged { .. } => "log_changed",
            Self::Published => "published",
            Self::RefusedByStore(_) => "refused_by_store",
        }
    }
}

fn instant(millis: UnixMillis) -> String {
    Timestamp::from_millisecond(millis.0).map_or_else(|_| format!("{} ms", millis.0), |instant| instant.to_string())
}
