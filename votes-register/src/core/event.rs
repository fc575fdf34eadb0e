//! What the core is told, and what it asks for.

use std::ops::Range;
use std::sync::Arc;

use voting_commons::{BallotId, Minute};

use super::batch::{Batch, Position};
use super::imports::Imports;
use super::record::Record;

/// What happened. Events answer the effects of one generation; the shell tags them with it.
#[derive(Debug)]
pub enum Event {
    /// Answers [`Effect::Claim`].
    Claimed(Result<Claim, Outage>),
    /// The log's next records, in its order.
    Records(Vec<Record>),
    /// Answers [`Effect::Flush`].
    Flushed(FlushOutcome),
    /// Answers [`Effect::ReadCursor`]; there is no cursor when somebody took it away.
    CursorRead(Result<Option<Cursor>, Outage>),
    /// A record at this offset was stamped by its producer, not by the broker.
    NotLogAppendTime {
        /// The record's offset.
        offset: i64,
    },
    /// Answers [`Effect::Retry`].
    RetryDue,
    /// The log's first offset and the one after its last, looked at now and then.
    LogSeen {
        /// The first offset that the log still holds.
        low: i64,
        /// The offset that the next record will get.
        high: i64,
        /// Where the written position stood when the log was asked: it may have passed `high` since.
        asked_at: i64,
    },
    /// Time has passed.
    Tick,
    /// What operators want: that nothing more be taken, once what is held is written, or that counting go on.
    Steered {
        /// Whether to stand still.
        paused: bool,
    },
    /// The cursor was seen to bear this epoch.
    CursorTaken {
        /// The cursor's.
        epoch: i64,
    },
    /// Write what is held, then be done.
    Drain,
}

/// The store or the log can't be asked right now. The cause was logged where it was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage;

/// A partition claimed, with what is needed to go on where the last owner stopped. By default nobody has owned it before,
/// and its log is empty.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    /// The cursor, with this owner's epoch.
    pub cursor: Cursor,
    /// Ballots of parked votes that aren't late yet.
    pub parked: Vec<(Minute, BallotId)>,
    /// Offsets that were passed over.
    pub skipped: Vec<Range<i64>>,
    /// Imports that may be counted, asked for after `high`.
    pub imports: Imports,
    /// Whether an operator wants the partition to stand still.
    pub paused: bool,
    /// The first offset that the log still holds.
    pub low: i64,
    /// The offset that the next record will get.
    pub high: i64,
}

/// A partition's row in the table `register_cursor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Where counting stands.
    pub at: Position,
    /// The owner's.
    pub epoch: i64,
}

/// What became of a flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlushOutcome {
    /// Written.
    Applied,
    /// Not written: the cursor has moved, or has another owner.
    Fenced,
    /// The connection was lost before the answer: written or not.
    Ambiguous,
    /// Not written: the store is away.
    Outage,
    /// Not written: the store refuses the data, with this SQLSTATE and message.
    DataError(String),
}

/// What the core asks for.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Take the cursor with the next epoch, and look at the log's ends.
    Claim,
    /// Read the log from `from` on, dropping whatever was read ahead, and don't pause.
    Read {
        /// The first offset wanted.
        from: i64,
    },
    /// Write the batch with the one statement.
    Flush {
        /// What to write.
        batch: Arc<Batch>,
        /// Under which epoch.
        epoch: i64,
    },
    /// Find out whether an ambiguous flush was written.
    ReadCursor,
    /// A batch was written.
    Applied(Arc<Batch>),
    /// Send [`Event::RetryDue`] after a pause that grows with `attempt`, which counts from 1.
    Retry {
        /// How many times it failed in a row.
        attempt: u32,
    },
    /// Send no more records for now.
    Pause,
    /// Send records again.
    Resume,
    /// What was held is discarded because another owner was, or is, at work.
    Fenced,
    /// The partition stands still until an operator decides.
    Halt(Halt),
    /// Everything held is written, and nothing more is taken.
    Drained,
}

/// Why a partition stands still. Nothing is skipped and nothing forgotten: an operator must decide.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// Retention, or somebody, removed records that were never counted.
    #[error(
        "the log begins at offset {low}, past the cursor at {next_offset}: uncounted records are gone (skip to {low} goes \
         on without them)"
    )]
    LogTrimmed {
        /// The cursor.
        next_offset: i64,
        /// Where the log begins.
        low: i64,
    },
    /// The log ends before the cursor.
    #[error(
        "the log ends at offset {high}, before the cursor at {next_offset}: the topic was made anew or lost records \
         (accept-new-log counts what is there now)"
    )]
    LogShorter {
        /// The cursor.
        next_offset: i64,
        /// Where the log ends.
        high: i64,
    },
    /// The record below the cursor isn't the one that was counted.
    #[error(
        "the record at offset {offset} isn't the one that was counted: the topic was made anew or lost records \
         (accept-new-log counts what is there now)"
    )]
    FingerprintMismatch {
        /// The record's offset.
        offset: i64,
    },
    /// Counted records are gone whose ballots could still be retried, and here comes a vote that may be such a retry.
    #[error(
        "the log begins at offset {low}: counted records before it are gone, and whether the vote at offset {offset} repeats \
         one of them can't be told"
    )]
    WindowTrimmed {
        /// Where the log begins.
        low: i64,
        /// The vote's offset.
        offset: i64,
    },
    /// Offsets are missing in the middle of the log.
    #[error("the log goes from offset {expected} to {found}: records between them are missing")]
    Gap {
        /// The offset that should have come.
        expected: i64,
        /// The offset that came.
        found: i64,
    },
    /// A broker's clock is wrong; to believe it would be to forget ballots too early.
    #[error("the record at offset {offset} is stamped {leap_millis} ms past this machine's clock")]
    LogClockLeap {
        /// The record's offset.
        offset: i64,
        /// By how much.
        leap_millis: i64,
    },
    /// Producers stamp the records, so nothing tells which ballots are late.
    #[error("the record at offset {offset} isn't stamped by the broker: the topic must have LogAppendTime")]
    NotLogAppendTime {
        /// The record's offset.
        offset: i64,
    },
    /// The limit of remembered ballots is reached.
    #[error("the set of ballots has reached its limit of {ballots_max}")]
    BallotSetFull {
        /// The limit, in ids.
        ballots_max: u64,
    },
    /// The store refuses even the dead letter.
    #[error("the store refuses to park the record at offset {offset}: {detail}")]
    StoreRefusesDeadLetter {
        /// The record's offset.
        offset: i64,
        /// What the store said.
        detail: String,
    },
}

impl Halt {
    /// A stable name for metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LogTrimmed { .. } => "log_trimmed",
            Self::LogShorter { .. } => "log_shorter",
            Self::FingerprintMismatch { .. } => "fingerprint_mismatch",
            Self::WindowTrimmed { .. } => "window_trimmed",
            Self::Gap { .. } => "gap",
            Self::LogClockLeap { .. } => "log_clock_leap",
            Self::NotLogAppendTime { .. } => "not_log_append_time",
            Self::BallotSetFull { .. } => "ballot_set_full",
            Self::StoreRefusesDeadLetter { .. } => "store_refuses_dead_letter",
        }
    }
}
