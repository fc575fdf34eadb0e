//! Whether the votes that frontends sent, the topic and the tables agree, as the aggregator's reader last found.

pub(crate) mod api;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A verdict that is older counts as none: the reader looks every few seconds.
const FRESH_SECONDS_MAX: i64 = 15;

/// Whether everything agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does.
    Green,
    /// It isn't known yet.
    CatchingUp,
    /// It doesn't.
    Red,
}

/// The last verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReconciliationView {
    /// Whether everything agrees.
    pub state: State,
    /// For how many seconds it hasn't been known; 0 unless catching up.
    pub behind_seconds: i64,
    /// When it was last looked at; `null` when never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub checked_at: Option<Timestamp>,
    /// What doesn't agree, and what can't be known; at most 200 of them.
    pub findings: Vec<FindingView>,
}

/// Something that doesn't agree or can't be known, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FindingView {
    /// A stable name. `lost`: frontends got more acknowledgements than there are votes in the topic; `unaccounted`: more
    /// votes are in the topic than frontends sent; `frontend_unknown`: a frontend died, and what it sent last isn't known,
    /// which alone makes nothing red. The others say what differs between topic and tables, or within the tables.
    pub kind: String,
    /// In which partition, where it is about one.
    pub partition: Option<i32>,
    /// In which paredão, where it is about one: its slug, or its number where it has none.
    pub paredao: Option<String>,
    /// From which minute on, where it is about minutes.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Before which minute it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// Which frontend's process, where it is about one.
    pub boot: Option<String>,
    /// How many must be there.
    pub expected: Option<i64>,
    /// How many are there.
    pub found: Option<i64>,
}

impl ReconciliationView {
    /// The verdict as it must be shown when it is `age_seconds` old: an old one that was green says nothing of now.
    fn aged(self, age_seconds: i64) -> Self {
        if self.state == State::Red || age_seconds <= FRESH_SECONDS_MAX {
            return self;
        }
        Self { state: State::CatchingUp, behind_seconds: self.behind_seconds.saturating_add(age_seconds), ..self }
    }
}

impl FindingView {
    /// Whether something is wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        self.kind != "frontend_unknown"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_verdict_is_green_no_more_and_red_still() {
        let view = |state| ReconciliationView { state, behind_seconds: 0, checked_at: None, findings: Vec::new() };
        assert_eq!(view(State::Green).aged(FRESH_SECONDS_MAX).state, State::Green);
        let aged = view(State::Green).aged(FRESH_SECONDS_MAX + 1);
        assert_eq!((aged.state, aged.behind_seconds), (State::CatchingUp, FRESH_SECONDS_MAX + 1));
        assert_eq!(view(State::Red).aged(i64::MAX).state, State::Red);
    }
}
