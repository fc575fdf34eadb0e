//! How a paredão stands now: what the production team wants to know at a glance.

pub(crate) mod api;
pub(crate) mod store;

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use voting_commons::percentages::Percent;

use crate::finality::FinalityState;
use crate::paredao::Status;
use crate::pipeline::LagView;
use crate::reconciliation::{self, ReconciliationView};
use crate::totals::ParticipantTotal;

/// How a paredão stands, all of one snapshot of the database.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StandingView {
    /// When the database was read, by its clock.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// How old these numbers were when they were sent, in milliseconds.
    pub age_millis: u64,
    /// Whether votes are taken.
    pub status: Status,
    /// Votes of minutes before the closing.
    pub total: i64,
    /// Votes of minutes at or after the closing; no other number here includes them.
    pub after_closing: i64,
    /// Everybody who stands in the paredão, in order.
    pub participants: Vec<ParticipantTotal>,
    /// The last whole minute.
    pub last_minute: MinuteView,
    /// Who has the most votes; `null` without votes, and while several have the most.
    pub leader: Option<LeaderView>,
    /// How far the registers are behind: such votes are in no number here.
    pub lag: LagView,
    /// Whether the votes sent, the topic and the tables agree.
    pub reconciliation: VerdictView,
    /// How far the count is from being final.
    pub finality: FinalityState,
    /// Whether somebody proposed to publish it, and nobody confirmed or withdrew that yet.
    pub is_proposed: bool,
}

/// The votes of one minute. A vote counts in the minute in which its ballot was issued, and may come up to three minutes
/// later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MinuteView {
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// Its votes.
    pub votes: i64,
}

/// Who has the most votes, and by how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeaderView {
    /// The participant's id.
    pub id: i32,
    /// Their name.
    pub name: String,
    /// How many votes more than the next.
    pub margin_votes: i64,
    /// How many percentage points more than the next, as both percentages are shown.
    #[schema(value_type = f64)]
    pub margin_points: Percent,
}

/// The last verdict of the reconciliation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VerdictView {
    /// Whether everything agrees.
    pub state: reconciliation::State,
    /// For how many seconds it hasn't been known; 0 unless catching up.
    pub behind_seconds: i64,
}

impl LeaderView {
    /// The one with the most votes, if there is one.
    ///
    /// # Panics
    /// When a share isn't larger for more votes, which the rule of percentages excludes.
    pub fn of(participants: &[ParticipantTotal]) -> Option<Self> {
        let mut ranked: Vec<_> = participants.iter().collect();
        ranked.sort_by_key(|participant| Reverse(participant.total));
        let [first, second, ..] = ranked.as_slice() else { return None };
        if first.total == second.total {
            return None;
        }
        let points = i32::from(first.percent.hundredths()) - i32::from(second.percent.hundredths());
        Some(Self {
            id: first.id,
            name: first.name.clone(),
            margin_votes: first.total - second.total,
            margin_points: points.try_into().expect("more votes are never a smaller share"),
        })
    }
}

impl From<&ReconciliationView> for VerdictView {
    fn from(view: &ReconciliationView) -> Self {
        Self { state: view.state, behind_seconds: view.behind_seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paredao::ParticipantView;

    fn leader(totals: &[i64]) -> Option<(i32, i64, String)> {
        let standing: Vec<_> =
            (0..).zip(totals).map(|(id, _)| ParticipantView { id, name: format!("n{id}"), photo_url: None }).collect();
        let leader = LeaderView::of(&ParticipantTotal::of(&standing, totals))?;
        Some((leader.id, leader.margin_votes, leader.margin_points.to_string()))
    }

    #[test]
    fn the_leader_is_ahead_of_the_next() {
        assert_eq!(leader(&[1, 6, 3]), Some((1, 3, "30.00".to_owned())));
        assert_eq!(leader(&[2, 1]), Some((0, 1, "33.34".to_owned())));
        // Of equal votes the first may be shown a hundredth more: that makes nobody the leader.
        assert_eq!(leader(&[1, 1, 1]), None);
        assert_eq!(leader(&[0, 0]), None);
        assert_eq!(leader(&[1_000_001, 1_000_000]), Some((0, 1, "0.00".to_owned())));
    }
}
