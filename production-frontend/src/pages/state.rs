//! The head of a paredão's page: how far it is in its life, what can be done next, and what each step brings about.

use askama::Template;
use jiff::{Timestamp, ToSpan};
use voting_commons::adapters::texts::{Text, Texts};

use super::paredoes::{percent, status_class, status_text, times};
use super::{text, visibility_text};
use crate::app::Zone;
use crate::auth::{Kind, Producer, Role};
use crate::finality::{FinalityState, FinalityView, Waiting, WaitingView};
use crate::paredao::{ParedaoView, Status};
use crate::publication::{ProposalView, PublicationView};
use crate::reconciliation::State as Reconciled;

/// Renders itself as a part of a page.
#[derive(Template)]
#[template(path = "paredao_state.html")]
pub(super) struct StatePart<'a> {
    pub(super) t: Texts,
    pub(super) producer: &'a Producer,
    pub(super) paredao: &'a ParedaoView,
    pub(super) finality: &'a FinalityView,
    pub(super) publication: &'a PublicationView,
    pub(super) zone: &'a Zone,
}

/// A step towards a final count.
struct Step {
    title: Text,
    note: Option<Text>,
    is_done: bool,
    is_current: bool,
}

impl StatePart<'_> {
    /// A day and minute.
    fn minute(&self, at: &Timestamp) -> String {
        self.t.minute(&at.to_zoned(self.zone.tz.clone()))
    }

    /// A time of day, to the second.
    fn clock(&self, at: &Timestamp) -> String {
        text::clock(at, &self.zone.tz)
    }

    /// The minute that comes next, at which a paredão closes that is closed by hand now.
    fn next_minute(&self) -> Timestamp {
        let minute = self.finality.as_of.as_second().div_euclid(60) + 1;
        Timestamp::from_second(minute * 60).expect("the database's clock shows a time that can be said")
    }

    /// What closing it now brings about: who can still vote until when.
    fn close_consequence(&self) -> Text {
        let closes_at = self.next_minute();
        self.t
            .text("state-close-consequence")
            .with("last", self.clock(&(closes_at - 1.second())))
            .with("closing", text::hour_minute(&closes_at, &self.zone.tz))
            .with("minute", text::hour_minute(&self.finality.as_of, &self.zone.tz))
    }

    /// From when on voters see percentages.
    fn visibility(&self) -> Option<Text> {
        let visibility = self.paredao.visibility.parse().ok()?;
        Some(self.t.text("state-visibility").with("when", visibility_text(&self.t, &visibility)))
    }

    /// The cut in words, once a closing is set.
    fn cut(&self) -> Option<Text> {
        let closes_at = self.paredao.closes_at.filter(|_| self.paredao.opens_at.is_some())?;
        let id = if closes_at <= self.finality.as_of { "state-cut" } else { "state-cut-to-come" };
        let (minute, last) = (self.minute(&closes_at), self.clock(&(closes_at - 1.second())));
        Some(self.t.text(id).with("closing", minute).with("last", last))
    }

    /// The steps from the closing to a final count.
    fn steps(&self) -> [Step; 3] {
        let current = self.finality.state;
        let step = |title, state, note| Step {
            title: self.t.text(title),
            note: if current == state { note } else { None },
            is_done: is_after(current, state),
            is_current: current == state,
        };
        [
            step("final-window", FinalityState::Window, self.window_note()),
            step("final-counting", FinalityState::Counting, self.counting_note()),
            step("final-reconciling", FinalityState::Reconciling, self.reconciling_note()),
        ]
    }

    fn window_note(&self) -> Option<Text> {
        let until = self.finality.window_ends_at?;
        Some(self.t.text("final-window-note").with("until", self.clock(&until)))
    }

    fn counting_note(&self) -> Option<Text> {
        if !self.finality.is_counted {
            return Some(self.t.text("final-counting-nobody"));
        }
        let partitions = self.finality.partitions.len();
        Some(self.t.text("final-counting-note").with("votes", self.finality.records).with("partitions", partitions))
    }

    fn reconciling_note(&self) -> Option<Text> {
        let is_red = self.finality.reconciliation == Some(Reconciled::Red);
        Some(self.t.text(if is_red { "final-reconciling-red" } else { "final-reconciling-note" }))
    }

    /// Why the count waits for a partition.
    fn waiting(&self, waiting: &WaitingView) -> Text {
        let id = match (waiting.why, waiting.records) {
            (Waiting::Halted, _) => "final-halted",
            (Waiting::Unseen, _) => "final-unseen",
            (Waiting::Behind, _) => "final-behind",
        };
        self.t.text(id).with("partition", waiting.partition).with("votes", waiting.records.unwrap_or_default())
    }

    /// Whether who looks may publish, with their own name.
    fn directs(&self) -> bool {
        self.producer.role >= Role::Director && self.producer.kind == Kind::User
    }

    /// Whether who looks proposed it themselves.
    fn is_own(&self, proposal: &ProposalView) -> bool {
        proposal.proposed_by == self.producer.name
    }

    /// Whether the count is final.
    fn is_final(&self) -> bool {
        self.finality.state == FinalityState::Final
    }
}

/// Whether a count in `state` has left `step` behind.
fn is_after(state: FinalityState, step: FinalityState) -> bool {
    let order = [FinalityState::Voting, FinalityState::Window, FinalityState::Counting, FinalityState::Reconciling];
    let place = |state| order.iter().position(|&other| other == state).unwrap_or(order.len());
    place(state) > place(step)
}
