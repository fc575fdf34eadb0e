//! What became of the votes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Error;
use hyper::StatusCode;
use serde::Serialize;

/// Counted while votes are cast.
#[derive(Debug, Default)]
pub struct Tally {
    sent: AtomicU64,
    no_ballot: AtomicU64,
    answers: Mutex<BTreeMap<u16, u64>>,
    errors: Mutex<BTreeMap<String, u64>>,
}

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Votes sent.
    pub sent: u64,
    /// Answered with 2xx.
    pub accepted: u64,
    /// Answered with 4xx: not stored.
    pub refused: u64,
    /// Not answered, or with 5xx: stored or not.
    pub unknown: u64,
    /// Never sent, because no ballot was given.
    pub no_ballot: u64,
}

impl Tally {
    /// A vote is about to be sent.
    pub fn note_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// A vote was answered.
    pub fn note_answer(&self, status: StatusCode) {
        *held(&self.answers).entry(status.as_u16()).or_default() += 1;
    }

    /// A vote wasn't answered.
    pub fn note_silence(&self, error: &Error) {
        *held(&self.errors).entry(format!("{error:#}")).or_default() += 1;
    }

    /// A vote can't be sent, for want of a ballot.
    pub fn note_no_ballot(&self, error: &Error) {
        self.no_ballot.fetch_add(1, Ordering::Relaxed);
        *held(&self.errors).entry(format!("without a ballot: {error:#}")).or_default() += 1;
    }

    /// How many votes were answered with each HTTP status.
    pub fn answers(&self) -> BTreeMap<u16, u64> {
        held(&self.answers).clone()
    }

    /// Why votes weren't answered or not even sent, and how many.
    pub fn errors(&self) -> BTreeMap<String, u64> {
        held(&self.errors).clone()
    }

    /// Where it stands. While votes are under way these count as unknown.
    pub fn sums(&self) -> Sums {
        // First the answers, so that they are never more than what was sent.
        let answers = self.answers();
        let of = |statuses: Range<u16>| answers.range(statuses).map(|(_, times)| times).sum();
        let (accepted, refused): (u64, u64) = (of(200..300), of(400..500));
        let sent = self.sent.load(Ordering::Relaxed);
        let no_ballot = self.no_ballot.load(Ordering::Relaxed);
        Sums { sent, accepted, refused, unknown: sent - accepted - refused, no_ballot }
    }
}

/// A count is right however a thread ended that held it.
fn held<T>(counts: &Mutex<T>) -> MutexGuard<'_, T> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn each_vote_comes_to_one_thing() {
        let tally = Tally::default();
        for status in [StatusCode::ACCEPTED, StatusCode::GONE, StatusCode::SERVICE_UNAVAILABLE] {
            tally.note_sent();
            tally.note_answer(status);
        }
        tally.note_sent();
        tally.note_silence(&anyhow!("gone"));
        tally.note_no_ballot(&anyhow!("none left"));
        assert_eq!(tally.sums(), Sums { sent: 4, accepted: 1, refused: 1, unknown: 2, no_ballot: 1 });
        assert_eq!(tally.answers(), BTreeMap::from([(202, 1), (410, 1), (503, 1)]));
        let errors = ["gone", "without a ballot: none left"].map(|error| (error.to_owned(), 1));
        assert_eq!(tally.errors(), BTreeMap::from(errors));
    }
}
