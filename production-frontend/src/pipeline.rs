//! The registers and their partitions: how they fare, and having them stand still or go on.
//!
//! It goes through the database: registers write how they fare, and look up what is paused.

pub(crate) mod api;
mod remedy;
pub(crate) mod store;

use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::standing::VerdictView;
use crate::standing::store::millis_since;

/// What the registers and the aggregator do, all of one snapshot of the database.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PipelineView {
    /// When the database was read, by its clock.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// How old this was when it was sent, in milliseconds.
    pub age_millis: u64,
    /// How far the registers are behind, all partitions together.
    pub lag: LagView,
    /// The registers that said anything in the last 30 seconds.
    pub nodes: Vec<NodeView>,
    /// Every partition that was ever counted from; not those of logs that were replaced.
    pub partitions: Vec<PartitionView>,
    /// When the aggregator last read the counts; `null` when never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub aggregated_at: Option<Timestamp>,
    /// Whether the votes sent, the topic and the tables agree.
    pub reconciliation: VerdictView,
}

/// A register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NodeView {
    /// Its name.
    pub node: String,
    /// How many partitions it owns.
    pub partitions: i64,
    /// Since when it has owned any of them.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Votes of the last whole minute in its partitions.
    pub minute_votes: i64,
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
    /// Whether that is because all of the topic's do: then it goes on with them alone.
    pub paused_with_all: bool,
    /// In whose name it stands still.
    pub paused_by: Option<String>,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_at: Option<Timestamp>,
    /// Votes of the last whole minute.
    pub minute_votes: i64,
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
    /// The operator's command by which it goes on, where one does; words in capitals are for the operator to fill in.
    pub halt_command: Option<String>,
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

/// The pipeline as it was read at one moment, for all who watch it.
#[derive(Debug)]
pub(crate) struct Reading {
    read_at: Instant,
    view: PipelineView,
}

impl Reading {
    /// What somebody is told now.
    pub(crate) fn view(&self) -> PipelineView {
        PipelineView { age_millis: millis_since(self.read_at), ..self.view.clone() }
    }
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
