//! What became of the votes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Error;
use hdrhistogram::Histogram;
use hyper::StatusCode;
use serde::Serialize;

/// Of times.
const SIGNIFICANT_DIGITS: u8 = 3;

/// Counted while votes are cast.
#[derive(Debug)]
pub struct Tally {
    sent: AtomicU64,
    no_ballot: AtomicU64,
    answers: Mutex<BTreeMap<u16, u64>>,
    errors: Mutex<BTreeMap<String, u64>>,
    /// Of accepted votes only: quick refusals would look like quick votes.
    latencies: Times,
    sent_late: Times,
}

/// In microseconds.
type Times = Mutex<Histogram<u64>>;

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Votes sent.
    pub sent: u64,
    /// Answered with 2xx.
    pub accepted: u64,
    /// Answered with something else than 2xx or 5xx, such as 4xx: not stored.
    pub refused: u64,
    /// Not answered, or with 5xx: stored or not.
    pub unknown: u64,
    /// Never sent, because no ballot was given.
    pub no_ballot: u64,
}

/// How long votes took, or how late they were sent.
#[derive(Debug)]
pub struct Latencies(Histogram<u64>);

impl Tally {
    /// A vote is about to be sent, so long after it was due.
    pub fn note_sent(&self, late: Duration) {
        record(&self.sent_late, late);
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// A vote was answered, so long after it was due.
    pub fn note_answer(&self, status: StatusCode, late: Duration) {
        if status.is_success() {
            record(&self.latencies, late);
        }
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

    /// How long accepted votes took, from when they were due.
    pub fn latencies(&self) -> Latencies {
        Latencies(held(&self.latencies).clone())
    }

    /// How long after they were due votes were sent.
    pub fn sent_late(&self) -> Latencies {
        Latencies(held(&self.sent_late).clone())
    }

    /// Where it stands. While votes are under way these count as unknown.
    pub fn sums(&self) -> Sums {
        // First the answers, so that they are never more than what was sent.
        let answers = self.answers();
        let of = |statuses: Range<u16>| answers.range(statuses).map(|(_, times)| times).sum();
        let (accepted, failed): (u64, u64) = (of(200..300), of(500..600));
        let refused = answers.values().sum::<u64>() - accepted - failed;
        let sent = self.sent.load(Ordering::Relaxed);
        let no_ballot = self.no_ballot.load(Ordering::Relaxed);
        Sums { sent, accepted, refused, unknown: sent - accepted - refused, no_ballot }
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            sent: AtomicU64::default(),
            no_ballot: AtomicU64::default(),
            answers: Mutex::default(),
            errors: Mutex::default(),
            latencies: no_times(),
            sent_late: no_times(),
        }
    }
}

impl Latencies {
    /// The time that the share `quantile` of the votes didn't exceed, such as 0.99, in milliseconds. None without any vote.
    pub fn millis(&self, quantile: f64) -> Option<f64> {
        if self.0.is_empty() {
            return None;
        }
        let time = Duration::from_micros(self.0.value_at_quantile(quantile));
        Some(time.as_secs_f64() * 1000.0)
    }
}

fn no_times() -> Times {
    Mutex::new(Histogram::new(SIGNIFICANT_DIGITS).expect("a histogram may have three digits"))
}

fn record(times: &Times, time: Duration) {
    // It grows as it needs to, and a vote isn't late by thousands of years.
    let _ = held(times).record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
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
        for (status, late) in [
            (StatusCode::ACCEPTED, 9),
            (StatusCode::GONE, 1),
            (StatusCode::FOUND, 1),
            (StatusCode::SERVICE_UNAVAILABLE, 1),
        ] {
            tally.note_sent(Duration::from_secs(late - 1));
            tally.note_answer(status, Duration::from_secs(late));
        }
        tally.note_sent(Duration::ZERO);
        tally.note_silence(&anyhow!("gone"));
        tally.note_no_ballot(&anyhow!("none left"));
        assert_eq!(tally.sums(), Sums { sent: 5, accepted: 1, refused: 2, unknown: 2, no_ballot: 1 });
        assert_eq!(tally.answers(), BTreeMap::from([(202, 1), (302, 1), (410, 1), (503, 1)]));
        let p50 = tally.latencies().millis(0.5).unwrap();
        assert!((p50 - 9000.0).abs() < 10.0, "only the accepted one's latency counts, not {p50} ms");
        let late = [0.8, 1.0].map(|quantile| tally.sent_late().millis(quantile).unwrap());
        assert!(late[0] < 1.0 && (late[1] - 8000.0).abs() < 10.0, "the first of five was sent late: {late:?}");
        let errors = ["gone", "without a ballot: none left"].map(|error| (error.to_owned(), 1));
        assert_eq!(tally.errors(), BTreeMap::from(errors));
    }
}
