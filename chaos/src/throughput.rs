//! Votes per second, as the voters saw them.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Counts per second since the start.
#[derive(Debug)]
pub(crate) struct Throughput {
    start: Instant,
    seconds: Vec<Second>,
}

#[derive(Debug, Default)]
struct Second {
    /// Ballots answered with 2xx for the first time.
    acknowledged: AtomicU32,
    /// Votes sent, repeats included.
    attempted: AtomicU32,
}

/// Votes per second over some time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) seconds: usize,
    pub(crate) acknowledged_mean: f64,
    pub(crate) acknowledged_min: u32,
    pub(crate) attempted_mean: f64,
    pub(crate) attempted_min: u32,
    /// Seconds in which fewer than the floor were acknowledged, and attempted.
    pub(crate) acknowledged_below: usize,
    pub(crate) attempted_below: usize,
}

impl Throughput {
    /// Room for `longest`; what comes later isn't counted.
    pub(crate) fn new(longest: Duration) -> Self {
        let seconds = usize::try_from(longest.as_secs()).unwrap_or_default() + 1;
        Self { start: Instant::now(), seconds: (0..seconds).map(|_| Second::default()).collect() }
    }

    /// The second that runs now.
    pub(crate) fn now(&self) -> usize {
        usize::try_from(self.start.elapsed().as_secs()).unwrap_or(usize::MAX)
    }

    pub(crate) fn acknowledged(&self) {
        if let Some(second) = self.seconds.get(self.now()) {
            second.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn attempted(&self) {
        if let Some(second) = self.seconds.get(self.now()) {
            second.attempted.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The rates in `range`, with `floor` votes per second as the least that should flow.
    #[expect(clippy::cast_precision_loss, reason = "counts of some minutes fit")]
    pub(crate) fn rates(&self, range: Range<usize>, floor: u32) -> Option<Rates> {
        let seconds = self.seconds.get(range)?;
        let acknowledged: Vec<_> = seconds.iter().map(|s| s.acknowledged.load(Ordering::Relaxed)).collect();
        let attempted: Vec<_> = seconds.iter().map(|s| s.attempted.load(Ordering::Relaxed)).collect();
        let mean = |counts: &[u32]| counts.iter().map(|&c| u64::from(c)).sum::<u64>() as f64 / counts.len() as f64;
        let below = |counts: &[u32]| counts.iter().filter(|&&count| count < floor).count();
        Some(Rates {
            seconds: seconds.len(),
            acknowledged_mean: mean(&acknowledged),
            acknowledged_min: *acknowledged.iter().min()?,
            attempted_mean: mean(&attempted),
            attempted_min: *attempted.iter().min()?,
            acknowledged_below: below(&acknowledged),
            attempted_below: below(&attempted),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_second_and_says_how_many_were_too_slow() {
        let throughput = Throughput::new(Duration::from_secs(3));
        for (second, votes) in [(0, 5), (1, 3)] {
            throughput.seconds[second].acknowledged.store(votes, Ordering::Relaxed);
            throughput.seconds[second].attempted.store(6, Ordering::Relaxed);
        }
        let rates = throughput.rates(0..2, 4).unwrap();
        assert_eq!((rates.acknowledged_min, rates.acknowledged_below, rates.attempted_below), (3, 1, 0));
        assert!((rates.acknowledged_mean - 4.0).abs() < 1e-9);
        assert!(throughput.rates(0..9, 4).is_none());
        assert!(throughput.rates(2..2, 4).is_none());
    }
}
