//! How long a partition's votes wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use voting_commons::UnixMillis;

/// Remembers when a partition's log was last seen to be counted to its end; clones share what they remember.
#[derive(Debug, Clone, Default)]
pub(crate) struct LagClock(Arc<AtomicI64>);

impl LagClock {
    /// How long, in milliseconds, the oldest of `records` that wait may have waited; 0 when none does.
    ///
    /// A record that waits came after the last one counted, which was stamped `log_clock`, and after the log was last
    /// seen to be counted to its end. So the later of the two bounds its age, also after a quiet hour.
    pub(crate) fn millis(&self, records: i64, log_clock: UnixMillis, now: UnixMillis) -> i64 {
        let is_known = log_clock.0 > 0 || self.0.load(Ordering::Relaxed) > 0;
        if records == 0 || !is_known {
            self.0.store(now.0, Ordering::Relaxed);
        }
        if records == 0 {
            return 0;
        }
        now.0.saturating_sub(log_clock.0.max(self.0.load(Ordering::Relaxed))).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_262_400_000);

    #[test]
    fn nothing_waits_no_time() {
        assert_eq!(LagClock::default().millis(0, NOW.plus(-3_600_000), NOW), 0);
    }

    #[test]
    fn a_backlog_is_as_old_as_the_last_record_counted() {
        assert_eq!(LagClock::default().millis(5, NOW.plus(-60_000), NOW), 60_000);
    }

    #[test]
    fn a_quiet_hour_is_no_lag() {
        let lag = LagClock::default();
        lag.millis(0, NOW.plus(-3_600_000), NOW);
        assert_eq!(lag.millis(1, NOW.plus(-3_600_000), NOW.plus(2_000)), 2_000);
    }

    #[test]
    fn a_partition_that_counted_nothing_yet_waits_since_it_was_looked_at() {
        let lag = LagClock::default();
        assert_eq!(lag.millis(1, UnixMillis(0), NOW), 0);
        assert_eq!(lag.millis(1, UnixMillis(0), NOW.plus(500)), 500);
    }
}
