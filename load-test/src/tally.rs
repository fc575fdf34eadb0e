//! What became of the votes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use hyper::StatusCode;
use serde::Serialize;

/// Counted while votes are cast.
#[derive(Debug, Default)]
pub struct Tally {
    sent: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    no_ballot: AtomicU64,
    silences: Mutex<BTreeMap<String, u64>>,
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
        if status.is_success() {
            self.accepted.fetch_add(1, Ordering::Relaxed);
        } else if status.is_client_error() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A vote wasn't answered.
    pub fn note_silence(&self, error: &anyhow::Error) {
        let mut silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        *silences.entry(format!("{error:#}")).or_default() += 1;
    }

    /// Why votes weren't answered, and how many.
    pub fn silences(&self) -> BTreeMap<String, u64> {
        self.silences.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A vote can't be sent, for want of a ballot.
    pub fn note_no_ballot(&self) {
        self.no_ballot.fetch_add(1, Ordering::Relaxed);
    }

    /// Where it stands. While votes are under way these count as unknown.
    pub fn sums(&self) -> Sums {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        // First the answers, so that they are never more than what was sent.
        let (accepted, refused) = (read(&self.accepted), read(&self.refused));
        let sent = read(&self.sent);
        Sums { sent, accepted, refused, unknown: sent - accepted - refused, no_ballot: read(&self.no_ballot) }
    }
}
