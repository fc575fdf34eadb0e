//! How it goes, every few seconds.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::tally::Tally;

const EVERY: Duration = Duration::from_secs(5);

/// Says so until it is dropped.
pub(crate) async fn show(tally: &Tally, votes: u64) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let mut before = 0;
    loop {
        ticks.tick().await;
        let sums = tally.sums();
        let rate = (sums.accepted - before) / EVERY.as_secs();
        eprintln!(
            "{} of {votes} sent, {rate} accepted per second, {} refused, {} under way or unknown",
            sums.sent, sums.refused, sums.unknown
        );
        before = sums.accepted;
    }
}
