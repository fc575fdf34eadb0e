//! When votes are due.

use std::time::Duration;

/// A rate that rises evenly from nothing, and then stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Curve {
    /// How long it rises.
    pub rise_seconds: u32,
    /// How long it stays.
    pub hold_seconds: u32,
    /// Votes per second once it has risen.
    pub peak: u32,
}

impl Curve {
    /// How many votes there are in all.
    pub fn votes(self) -> u64 {
        self.votes_of_rise() + u64::from(self.peak) * u64::from(self.hold_seconds)
    }

    /// When the vote numbered `index`, from 0, is due.
    #[expect(clippy::cast_precision_loss, reason = "votes are far fewer than 2^52")]
    pub fn due(self, index: u64) -> Duration {
        let (peak, rise) = (f64::from(self.peak), f64::from(self.rise_seconds));
        let seconds = match index.checked_sub(self.votes_of_rise()) {
            // After t seconds of the rise, peak * t² / (2 * rise) votes have come.
            None => (2.0 * rise * index as f64 / peak).sqrt(),
            Some(held) => rise + held as f64 / peak,
        };
        Duration::from_secs_f64(seconds)
    }

    fn votes_of_rise(self) -> u64 {
        u64::from(self.peak) * u64::from(self.rise_seconds) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: Curve = Curve { rise_seconds: 20, hold_seconds: 60, peak: 59_850 };

    #[test]
    fn the_record_minute_holds_its_votes() {
        assert_eq!(RECORD.votes() - RECORD.votes_of_rise(), 3_591_000);
    }

    #[test]
    fn the_rise_leads_into_the_top_without_a_step() {
        let rise = RECORD.votes_of_rise();
        assert_eq!(RECORD.due(0), Duration::ZERO);
        assert_eq!(RECORD.due(rise), Duration::from_secs(20));
        let gap = RECORD.due(rise) - RECORD.due(rise - 1);
        assert!((gap.as_secs_f64() * 59_850.0 - 1.0).abs() < 0.01, "{gap:?}");
        assert_eq!(RECORD.due(rise + 59_850), Duration::from_secs(21));
    }

    #[test]
    fn half_of_the_rise_brings_a_quarter_of_its_votes() {
        let quarter = RECORD.due(RECORD.votes_of_rise() / 4);
        assert!((quarter.as_secs_f64() - 10.0).abs() < 0.001, "{quarter:?}");
    }

    #[test]
    fn a_steady_rate_begins_at_once() {
        let steady = Curve { rise_seconds: 0, hold_seconds: 2, peak: 10 };
        assert_eq!(steady.votes(), 20);
        assert_eq!(steady.due(5), Duration::from_millis(500));
    }
}
