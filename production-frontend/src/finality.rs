//! Whether a paredão's count is final, and if not, what it waits for.
//!
//! A count is final when no vote that may still come can change it; what production does still can, until it publishes: a replay of
//! set-aside votes, or an import. Its last ballots can come until the closing and the
//! window of ballots have passed. A partition has counted them all when the log's end, read after that, is at or below its
//! cursor, or when its log clock has passed that moment: whatever comes then is too late to count. And the votes sent, the
//! topic and the tables must agree, as looked at after that moment and after the last votes were counted.

pub(crate) mod api;
pub(crate) mod store;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use voting_commons::window::WINDOW_MILLIS;

use crate::reconciliation::{FindingView, ReconciliationView, State as Reconciled};

/// How far a count is from being final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FinalityState {
    /// It hasn't closed.
    Voting,
    /// Ballots issued before the closing may still come.
    Window,
    /// Some of them may not be counted yet.
    Counting,
    /// All are counted, and it isn't known yet that votes sent, topic and tables agree, or they don't.
    Reconciling,
    /// No vote that is under way can change it. A replay of set-aside votes and an import still can, until it is published.
    Final,
}

/// Whether a count is final, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FinalityView {
    /// How far it is.
    pub state: FinalityState,
    /// When the database was read, by its clock.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The cut: votes of minutes before it count. `null` while no closing is set.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Timestamp>,
    /// Until when ballots issued before the cut may come; `null` while no closing is set.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub window_ends_at: Option<Timestamp>,
    /// The partitions that may still hold votes of it; empty but while counting.
    pub partitions: Vec<WaitingView>,
    /// Records that wait in them, of this paredão or another, as far as is known.
    pub records: i64,
    /// Whether any partition was ever counted from.
    pub is_counted: bool,
    /// What the reconciliation said; `null` but while reconciling and once final.
    pub reconciliation: Option<Reconciled>,
    /// When it said so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reconciled_at: Option<Timestamp>,
    /// What differs, while reconciling.
    pub findings: Vec<FindingView>,
}

/// A partition that a count waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitingView {
    /// Of this topic.
    pub topic: String,
    /// Its number.
    pub partition: i32,
    /// Why.
    pub why: Waiting,
    /// Records that wait, if that is known.
    pub records: Option<i64>,
}

/// Why a count waits for a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Waiting {
    /// It stands still until an operator decides.
    Halted,
    /// No register has said since then where its log ends.
    Unseen,
    /// There are records that aren't counted.
    Behind,
}

/// What is known of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) next_offset: i64,
    /// Whether the log clock has passed the window's end.
    pub(crate) is_past: bool,
    pub(crate) is_halted: bool,
    /// When the register last wrote what it counted.
    pub(crate) flushed_at: Option<Timestamp>,
    /// The log's end, and whether it was read after the window's end.
    pub(crate) high_offset: Option<i64>,
    pub(crate) ends_are_later: bool,
}

impl Partition {
    /// Why it must be waited for, and how many records wait.
    fn waiting(&self) -> Option<(Waiting, Option<i64>)> {
        let records = self.high_offset.map(|high| (high - self.next_offset).max(0));
        if self.is_halted {
            return Some((Waiting::Halted, records));
        }
        if self.is_past {
            return None;
        }
        match records {
            Some(0) if self.ends_are_later => None,
            Some(records) if self.ends_are_later => Some((Waiting::Behind, Some(records))),
            _ => Some((Waiting::Unseen, records)),
        }
    }
}

/// Until when ballots issued before the cut may come.
pub(crate) fn window_end(closes_at: Timestamp) -> Timestamp {
    closes_at.checked_add(SignedDuration::from_millis(WINDOW_MILLIS)).unwrap_or(Timestamp::MAX)
}

/// How far the count is at `as_of`; `partitions` were judged by the window's end.
pub(crate) fn judge(
    as_of: Timestamp,
    closes_at: Option<Timestamp>,
    partitions: &[Partition],
    verdict: &ReconciliationView,
) -> FinalityView {
    let window_ends_at = closes_at.map(window_end);
    let view = FinalityView {
        state: FinalityState::Voting,
        as_of,
        closes_at,
        window_ends_at,
        partitions: Vec::new(),
        records: 0,
        is_counted: !partitions.is_empty(),
        reconciliation: None,
        reconciled_at: None,
        findings: Vec::new(),
    };
    let (Some(closes_at), Some(window_ends_at)) = (closes_at, window_ends_at) else { return view };
    if as_of < closes_at {
        return view;
    }
    if as_of < window_ends_at {
        return FinalityView { state: FinalityState::Window, ..view };
    }
    let waiting: Vec<_> = partitions.iter().filter_map(waiting_view).collect();
    if !waiting.is_empty() || !view.is_counted {
        let records = waiting.iter().filter_map(|waiting| waiting.records).sum();
        return FinalityView { state: FinalityState::Counting, partitions: waiting, records, ..view };
    }
    // A look that began before the window's end, or before the last votes were counted, saw less than there was to see. A log
    // clock that is past tells that others are still counted, of whom none is this one's.
    let is_late_enough = verdict.checked_at.is_some_and(|checked_at| {
        let mut flushes = partitions.iter().filter(|partition| !partition.is_past).filter_map(|p| p.flushed_at);
        checked_at >= window_ends_at && flushes.all(|flushed_at| checked_at > flushed_at)
    });
    let (state, findings) = match verdict.state {
        Reconciled::Green if is_late_enough => (FinalityState::Final, Vec::new()),
        _ => (FinalityState::Reconciling, verdict.findings.iter().filter(|f| f.is_wrong()).cloned().collect()),
    };
    let said = if is_late_enough { verdict.state } else { Reconciled::CatchingUp };
    FinalityView { state, reconciliation: Some(said), reconciled_at: verdict.checked_at, findings, ..view }
}

fn waiting_view(partition: &Partition) -> Option<WaitingView> {
    let (why, records) = partition.waiting()?;
    Some(WaitingView { topic: partition.topic.clone(), partition: partition.partition, why, records })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSING: i64 = 1_795_262_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(CLOSING + seconds).unwrap()
    }

    fn partition() -> Partition {
        Partition {
            topic: "votes".to_owned(),
            partition: 3,
            next_offset: 10,
            is_past: false,
            is_halted: false,
            flushed_at: Some(at(200)),
            high_offset: Some(10),
            ends_are_later: true,
        }
    }

    fn verdict(state: Reconciled, checked_at: i64) -> ReconciliationView {
        ReconciliationView { state, behind_seconds: 0, checked_at: Some(at(checked_at)), findings: Vec::new() }
    }

    fn state(now: i64, partitions: &[Partition], verdict: &ReconciliationView) -> FinalityState {
        judge(at(now), Some(at(0)), partitions, verdict).state
    }

    #[test]
    fn it_waits_for_the_closing_and_for_the_last_ballots() {
        let green = verdict(Reconciled::Green, 300);
        let states = [-1, 0, 214, 215].map(|now| state(now, &[partition()], &green));
        use FinalityState::{Final, Voting, Window};
        assert_eq!(states, [Voting, Window, Window, Final]);
        assert_eq!(judge(at(0), None, &[partition()], &green).state, Voting);
    }

    #[test]
    fn each_partition_must_have_counted_up_to_an_end_read_late_enough() {
        let cases = [
            (Partition { is_halted: true, is_past: true, ..partition() }, Some(Waiting::Halted)),
            (Partition { high_offset: None, ends_are_later: false, ..partition() }, Some(Waiting::Unseen)),
            (Partition { ends_are_later: false, ..partition() }, Some(Waiting::Unseen)),
            (Partition { high_offset: Some(12), ..partition() }, Some(Waiting::Behind)),
            (Partition { high_offset: Some(9), ..partition() }, None),
            // Once the log clock has passed, what comes is of others, or too late.
            (Partition { high_offset: Some(12), is_past: true, ends_are_later: false, ..partition() }, None),
        ];
        for (waited_for, why) in cases {
            let green = verdict(Reconciled::Green, 300);
            let view = judge(at(300), Some(at(0)), &[partition(), waited_for], &green);
            assert_eq!(view.partitions.first().map(|waiting| waiting.why), why);
            let expected = if why.is_some() { FinalityState::Counting } else { FinalityState::Final };
            assert_eq!(view.state, expected, "{why:?}");
        }
        let behind = Partition { high_offset: Some(12), ..partition() };
        assert_eq!(judge(at(300), Some(at(0)), &[behind], &verdict(Reconciled::Green, 300)).records, 2);
    }

    #[test]
    fn without_any_register_nothing_is_final() {
        assert_eq!(state(300, &[], &verdict(Reconciled::Green, 300)), FinalityState::Counting);
    }

    #[test]
    fn the_reconciliation_must_have_looked_late_enough_and_be_green() {
        for (verdict, expected) in [
            (verdict(Reconciled::Green, 214), FinalityState::Reconciling),
            (verdict(Reconciled::CatchingUp, 300), FinalityState::Reconciling),
            (verdict(Reconciled::Red, 300), FinalityState::Reconciling),
            (verdict(Reconciled::Green, 215), FinalityState::Final),
        ] {
            assert_eq!(state(300, &[partition()], &verdict), expected, "{verdict:?}");
        }
        // A look that began before these votes were counted knows nothing of them.
        let green = verdict(Reconciled::Green, 300);
        let counted_after = Partition { flushed_at: Some(at(300)), ..partition() };
        assert_eq!(state(400, std::slice::from_ref(&counted_after), &green), FinalityState::Reconciling);
        let of_others = Partition { is_past: true, ..counted_after };
        assert_eq!(state(400, &[of_others], &green), FinalityState::Final);
    }
}
