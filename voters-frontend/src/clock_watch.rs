//! Watches this machine's clock by the stamps that brokers put on its votes and on its accounts of them.
//!
//! A ballot's minute comes from this clock, and the registers count by the brokers': when the two disagree by more
//! than the window allows, votes taken here might not count, and good ballots look expired. So this frontend says that
//! it isn't ready, and refuses nobody for good. Its accounts, sent every second, show that the clock is wrong before
//! a vote does, and that it was put right; with Kafka away, the brokers' time is carried on by the monotonic clock, which
//! nobody sets, and compared again and again.

use std::sync::{Mutex, MutexGuard, PoisonError};
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
    seen: Mutex<Seen>,
}

/// What is known of the clock.
#[derive(Debug, Clone, Copy)]
enum Seen {
    /// No broker has stamped anything yet.
    Nothing,
    Right,
    /// What the brokers' time was, and when.
    Wrong(UnixMillis, Instant),
}

impl ClockWatch {
    /// A watch over `clock` that reports to `readiness`: ready once it is known to be right, or [`Self::give_up`] is called.
    pub fn new(clock: Clock, readiness: Readiness) -> Self {
        readiness.block(PART, "this machine's clock hasn't been compared with the brokers' yet");
        Self { clock, readiness, seen: Mutex::new(Seen::Nothing) }
    }

    /// Takes note of a vote sent at `sent_at` by this machine's clock and stamped `appended_at` by a broker.
    ///
    /// `counts` says whether the stamp lies in the ballot's window. One that doesn't blocks all the same when the
    /// clock agrees: its vote was refused, and the reason must be found.
    pub fn observe(&self, sent_at: UnixMillis, appended_at: UnixMillis, counts: bool) {
        // An honest stamp lies between sending and now, however long the acknowledgement was under way.
        let nearest = appended_at.0.clamp(sent_at.0, self.clock.now().0.max(sent_at.0));
        let wrong_by = appended_at.0 - nearest;
        let mut seen = self.seen();
        if counts && wrong_by.abs() <= CLOCK_SKEW_MILLIS {
            self.clear(&mut seen);
        } else {
            self.block(wrong_by, !matches!(*seen, Seen::Wrong(..)));
            *seen = Seen::Wrong(appended_at, Instant::now());
        }
    }

    /// Nothing can be compared for now, and votes needn't wait for it: each shows by its own stamp whether it counts.
    pub fn give_up(&self) {
        if let Seen::Nothing = *self.seen() {
            self.readiness.clear(PART);
        }
    }

    /// Whether the clock is known to be wrong.
    pub fn is_wrong(&self) -> bool {
        matches!(*self.seen(), Seen::Wrong(..))
    }

    /// Whether the clock is known to be right.
    pub fn is_right(&self) -> bool {
        matches!(*self.seen(), Seen::Right)
    }

    /// Looks whether a clock that was wrong has been put right.
    pub fn tick(&self) {
        let mut seen = self.seen();
        let Seen::Wrong(appended_at, then) = *seen else { return };
        let elapsed = i64::try_from(then.elapsed().as_millis()).unwrap_or(i64::MAX);
        if appended_at.plus(elapsed).since(self.clock.now()).abs() <= CLOCK_SKEW_MILLIS {
            self.clear(&mut seen);
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn block(&self, wrong_by_millis: i64, is_new: bool) {
        let seconds = wrong_by_millis.unsigned_abs() / 1000;
        if is_new {
            tracing::error!(seconds, "this machine's clock is wrong: no votes are taken until it is right");
        }
        self.readiness.block(PART, format!("this machine's clock is wrong by about {seconds} s"));
    }

    fn clear(&self, seen: &mut Seen) {
        match std::mem::replace(seen, Seen::Right) {
            Seen::Right => return,
            Seen::Nothing => {}
            Seen::Wrong(..) => tracing::info!("this machine's clock is right again"),
        }
        self.readiness.clear(PART);
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
            assert!(!watch.is_right() && !watch.is_wrong());
            watch.observe(UnixMillis(hands.load(Ordering::Relaxed)), TRUE_TIME, true);
            assert!(watch.is_right() && readiness.is_ready(), "{wrong_by}");
        }
    }

    #[test]
    fn readiness_waits_for_the_first_comparison_and_not_for_ever() {
        let (watch, _, readiness) = watch(0);
        assert!(!readiness.is_ready());
        watch.give_up();
        assert!(readiness.is_ready() && !watch.is_right());
        watch.observe(TRUE_TIME.plus(-600_000), TRUE_TIME.plus(-600_000), false);
        watch.give_up();
        assert!(!readiness.is_ready(), "what is known to be wrong stays so");
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
