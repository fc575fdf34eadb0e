//! The registers and their partitions: how they fare, and having them stand still or go on.
//!
//! It goes through the database: registers write how they fare, and look up what is paused.

pub(crate) mod api;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What the registers do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PipelineView {
    /// The registers that said anything in the last 30 seconds.
    pub nodes: Vec<NodeView>,
    /// Every partition that was ever counted from.
    pub partitions: Vec<PartitionView>,
}

/// A register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NodeView {
    /// Its name.
    pub node: String,
    /// How many partitions it owns.
    pub partitions: i64,
    /// When it last said anything.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Timestamp,
}

/// What a partition's owner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PartitionState {
    /// Nobody has said anything of it for 30 seconds.
    Unowned,
    /// A register takes it over.
    Claiming,
    /// A register reads the log again, to know the ballots that can still be retried.
    Rebuilding,
    /// Votes are counted.
    Counting,
    /// It stands still by somebody's wish.
    Paused,
    /// It stands still until an operator decides.
    Halted,
}

/// A partition.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartitionView {
    /// Of this topic.
    pub topic: String,
    /// Its number.
    pub partition: i32,
    /// The register that claimed it last.
    pub owner: String,
    /// What its owner does.
    pub state: PartitionState,
    /// Whether somebody wants it to stand still; its owner obeys within two seconds.
    pub paused: bool,
    /// The next record to count.
    pub next_offset: i64,
    /// The offset that the next record will get, as its owner last saw it.
    pub high_offset: Option<i64>,
    /// Records not yet counted.
    pub lag_records: Option<i64>,
    /// How far the log clock is behind, in milliseconds; `null` while nobody counts.
    pub lag_millis: Option<i64>,
    /// The stable name of why it halted.
    pub halt_code: Option<String>,
    /// The same in a sentence.
    pub halt_reason: Option<String>,
    /// What failed last; it may be well again.
    pub last_error: Option<String>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_error_at: Option<Timestamp>,
    /// When its owner last said anything.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub seen_at: Option<Timestamp>,
}

/// How far the registers are behind, all partitions together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LagView {
    /// Records in the log that aren't counted yet; `null` while no register says anything.
    pub records: Option<i64>,
    /// How far the slowest partition that is counted is behind, in milliseconds; `null` while none is.
    pub millis: Option<i64>,
    /// Partitions that nobody counts now: halted, paused, being taken over, or not heard of for 30 seconds.
    pub uncounted: i64,
    /// Those of them that stand still until an operator decides.
    pub halted: i64,
}

impl PartitionState {
    /// By the name that the register gave it; of nobody lately heard, none.
    fn of(name: Option<&str>) -> Self {
        match name {
            Some("claiming") => Self::Claiming,
            Some("rebuilding") => Self::Rebuilding,
            Some("counting") => Self::Counting,
            Some("paused") => Self::Paused,
            Some("halted") => Self::Halted,
            _ => Self::Unowned,
        }
    }
}
