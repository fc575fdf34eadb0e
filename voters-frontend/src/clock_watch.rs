//! Watches this machine's clock by the stamps that brokers put on its votes and on its accounts of them.
//!
//! A ballot's minute comes from this clock, and the registers count by the brokers': when the two disagree by more
//! than the window allows, votes taken here might not count, and good ballots look expired. So this frontend says that
//! it isn't ready, and refuses nobody for good. Its accounts, sent every second, show that the clock is wrong before
//! a vote does, and that it was put right; with Kafka away, the brokers' time is carried on by the monotonic clock, which
//! nobody sets, and compared again and again.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use voting_commons::UnixMillis;
use voting_commons::adapters::admin::Readiness;
use voting_commons::window::CLOCK_SKEW_MILLIS;

use crate::clock::Clock;

/// What keeps this service from being ready while its clock is wrong.
const PART: &str = "clock";

/// Compares this machine's clock with the brokers'.
#[derive(Debug)]
pub struct ClockWatch {
    clock: Clock,
    readiness: Readiness,
    /// While the clock is wrong: what the brokers' time was, and when.
    brokers: Mutex<Option<(UnixMillis, Instant)>>,
}

impl ClockWatch {
    /// A watch over `clock` that reports to `readiness`.
    pub fn new(clock: Clock, readiness: Readiness) -> Self {
        Self { clock, readiness, brokers: Mutex::new(None) }
    }

    /// Takes note of a vote sent at `sent_at` by this machine's clock and stamped `appended_at` by a broker.
    ///
    /// `counts` says whether the stamp lies in the ballot's window. One that doesn't blocks all the same when the
    /// clock agrees: its vote was refused, and the reason must be found.
    pub fn observe(&self, sent_at: UnixMillis, appended_at: UnixMillis, counts: bool) {
        // An honest stamp lies between sending and now, however long the acknowledgement was under way.
        let nearest = appended_at.0.clamp(sent_at.0, self.clock.now().0.max(sent_at.0));
        let wrong_by = appended_at.0 - nearest;
        let mut brokers = self.brokers.lock().unwrap_or_else(PoisonError::into_inner);
        if counts && wrong_by.abs() <= CLOCK_SKEW_MILLIS {
            self.clear(&mut brokers);
        } else {
            self.block(wrong_by, brokers.is_none());
            *brokers = Some((appended_at, Instant::now()));
        }
    }

    /// Whether the clock is known to be wrong.
    pub fn is_wrong(&self) -> bool {
        self.brokers.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Looks whether a clock that was wrong has been put right.
    pub fn tick(&self) {
        let mut brokers = self.brokers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((appended_at, then)) = *brokers else { return };
        let elapsed = i64::try_from(then.elapsed().as_millis()).unwrap_or(i64::MAX);
        if appended_at.plus(elapsed).since(self.clock.now()).abs() <= CLOCK_SKEW_MILLIS {
            self.clear(&mut brokers);
        }
    }

    fn block(&self, wrong_by_millis: i64, is_new: bool) {
        let seconds = wrong_by_millis.unsigned_abs() / 1000;
        if is_new {
            tracing::error!(seconds, "this machine's clock is wrong: no votes are taken until it is right");
        }
        self.readiness.block(PART, format!("this machine's clock is wrong by about {seconds} s"));
    }

    fn clear(&self, brokers: &mut Option<(UnixMillis, Instant)>) {
        if brokers.take().is_some() {
            tracing::info!("this machine's clock is right again");
            self.readiness.clear(PART);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    const TRUE_TIME: UnixMillis = UnixMillis(1_795_262_400_000);

    fn watch(wrong_by: i64) -> (ClockWatch, Arc<AtomicI64>, Readiness) {
        let hands = Arc::new(AtomicI64::new(TRUE_TIME.plus(wrong_by).0));
        let readiness = Readiness::default();
        (ClockWatch::new(Clock::Set(Arc::clone(&hands)), readiness.clone()), hands, readiness)
    }

    #[test]
    fn a_clock_within_the_tolerance_is_right() {
        for wrong_by in [-CLOCK_SKEW_MILLIS, 0, CLOCK_SKEW_MILLIS] {
            let (watch, hands, readiness) = watch(wrong_by);
            watch.observe(UnixMillis(hands.load(Ordering::Relaxed)), TRUE_TIME, true);
            assert!(readiness.is_ready(), "{wrong_by}");
        }
    }

    #[test]
    fn a_late_acknowledgement_is_no_wrong_clock() {
        let (watch, _, readiness) = watch(60_000);
        watch.observe(TRUE_TIME, TRUE_TIME, true);
        assert!(readiness.is_ready());
    }

    #[test]
    fn a_wrong_clock_blocks_until_it_was_put_right() {
        for wrong_by in [-600_000, 600_000] {
            let (watch, hands, readiness) = watch(wrong_by);
            watch.observe(UnixMillis(hands.load(Ordering::Relaxed)), TRUE_TIME, false);
            watch.tick();
            assert!(watch.is_wrong() && !readiness.is_ready(), "{wrong_by}");
            hands.store(TRUE_TIME.0, Ordering::Relaxed);
            watch.tick();
            assert!(!watch.is_wrong() && readiness.is_ready(), "{wrong_by}");
        }
    }
}
