//! Records that couldn't be counted, and replaying the good votes among them.
//!
//! Only registers can read the log, so a replay is a request in the database that one of them carries out.

pub(crate) mod api;
pub(crate) mod replays;
pub(crate) mod store;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A dead letter as the API lists it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterView {
    /// Its id.
    pub id: i64,
    /// Where the record lies.
    pub topic: String,
    /// Where the record lies.
    pub partition: i32,
    /// Where the record lies.
    pub offset: i64,
    /// When the broker got the record.
    #[schema(value_type = String, format = DateTime)]
    pub appended_at: Timestamp,
    /// When it was parked.
    #[schema(value_type = String, format = DateTime)]
    pub parked_at: Timestamp,
    /// The stable name of why it was parked.
    pub reason: String,
    /// What the database said, where it was the database that refused.
    pub detail: Option<String>,
    /// How many times the database refused; 0 where something else is wrong.
    pub attempts: i32,
    /// The paredão that its key names, where it names one: its slug, or its number where there is no such paredão.
    pub paredao: Option<String>,
    /// The minute of its ballot, where the record is a vote.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub minute: Option<Timestamp>,
    /// Whether it is a good vote: others can't be replayed.
    pub replayable: bool,
    /// When it was replayed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub replayed_at: Option<Timestamp>,
    /// In whose name it was replayed.
    pub replayed_by: Option<String>,
}

/// A dead letter with what is kept of its record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterDetail {
    /// The dead letter.
    #[serde(flatten)]
    pub letter: DeadLetterView,
    /// The record's key; `null` when it has none.
    pub key: Option<RecordPart>,
    /// The record's value; `null` when it has none.
    pub value: Option<RecordPart>,
    /// What became of it in the last 20 replays and dry runs that met it, the newest first.
    pub history: Vec<HistoryView>,
}

/// What became of a dead letter in a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HistoryView {
    /// The replay's id.
    pub replay: i64,
    /// Whether it only said what would happen.
    pub dry_run: bool,
    /// In whose name.
    pub who: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// The outcome's stable name.
    pub outcome: String,
    /// The same in a sentence.
    pub detail: String,
}

/// A key or a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecordPart {
    /// Its whole length in bytes; at most 64 KiB of a record are kept.
    pub bytes: i64,
    /// What is kept of it, as text where it is UTF-8.
    pub text: Option<String>,
    /// What is kept of it.
    pub base64: String,
}

/// Dead letters by id.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterPage {
    /// The dead letters.
    pub items: Vec<DeadLetterView>,
    /// The `after` of the next page, if there may be one.
    pub next: Option<i64>,
    /// How many there are on all pages.
    pub total: i64,
    /// How many there are of each reason, whichever of them is asked for, the most first.
    pub reasons: Vec<ReasonCount>,
}

/// How many dead letters there are of a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonCount {
    /// The reason's stable name.
    pub reason: String,
    /// How many.
    pub count: i64,
    /// Whether they are good votes.
    pub replayable: bool,
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReplayState {
    /// No register has taken it, or the one that had it failed.
    Waiting,
    /// A register is at work.
    Running,
    /// All outcomes are there.
    Done,
}

/// A replay and what became of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayView {
    /// Its id.
    pub id: i64,
    /// Which dead letters; `null` where they are chosen otherwise.
    pub ids: Option<Vec<i64>>,
    /// Dead letters of which reason; `null` where they are chosen otherwise.
    pub reason: Option<String>,
    /// Whether it only says what would become of them.
    pub dry_run: bool,
    /// In whose name.
    pub who: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// How far it is.
    pub state: ReplayState,
    /// When it was done.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Why it broke off the last time; it will be taken up again.
    pub error: Option<String>,
    /// How many dead letters had which outcome.
    pub counts: Vec<OutcomeCount>,
    /// The outcomes of the first 1000 dead letters by id.
    pub outcomes: Vec<OutcomeView>,
}

/// How many dead letters had an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutcomeCount {
    /// The outcome's stable name.
    pub outcome: String,
    /// How many.
    pub count: i64,
}

/// What became of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutcomeView {
    /// The dead letter's id.
    pub dead_letter: i64,
    /// A stable name: `replayed`, `would_replay`, `already_replayed`, or why it was refused.
    pub outcome: String,
    /// The same in a sentence.
    pub detail: String,
}

impl RecordPart {
    /// What is kept of a part that is `bytes` long.
    fn of(kept: Option<Vec<u8>>, bytes: Option<i64>) -> Option<Self> {
        let (kept, bytes) = (kept?, bytes?);
        let base64 = STANDARD.encode(&kept);
        Some(Self { bytes, text: String::from_utf8(kept).ok(), base64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_still_shown() {
        let part = |kept: &[u8]| RecordPart::of(Some(kept.to_vec()), Some(9)).unwrap();
        assert_eq!(part(b"1:2:3").text.as_deref(), Some("1:2:3"));
        assert_eq!(part(b"\xff\x00"), RecordPart { bytes: 9, text: None, base64: "/wA=".to_owned() });
        assert_eq!(RecordPart::of(None, None), None);
    }
}
