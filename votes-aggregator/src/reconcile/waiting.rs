//! What was read from the topic waits here until the frontends must have accounted for it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::log_count::Place;

/// How long after they were read from the topic votes are held against what frontends sent. A frontend that is heard
/// publishes every second, and its statement is under way for 5 s at most; one that isn't is dead by then.
pub const JUDGED_AFTER: Duration = Duration::from_secs(20);

/// What the topic held, by paredão and minute, and when.
#[derive(Debug, Default)]
pub struct Waiting(Option<(Instant, BTreeMap<Place, i64>)>);

impl Waiting {
    /// Gives out what waits once accounts that were asked for at `accounts_asked_at` are young enough to speak of it.
    pub fn due(&mut self, accounts_asked_at: Instant) -> Option<BTreeMap<Place, i64>> {
        let is_due = |(read_at, _): &mut (Instant, _)| {
            accounts_asked_at.checked_duration_since(*read_at).is_some_and(|age| age >= JUDGED_AFTER)
        };
        self.0.take_if(is_due).map(|(_, records)| records)
    }

    /// Has what was read by `read_at` wait, unless something waits already.
    pub fn hold(&mut self, read_at: Instant, records: impl FnOnce() -> BTreeMap<Place, i64>) {
        self.0.get_or_insert_with(|| (read_at, records()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(votes: i64) -> BTreeMap<Place, i64> {
        BTreeMap::from([((1, 1_000), votes)])
    }

    #[test]
    fn accounts_are_asked_for_after_the_wait_and_not_only_read_then() {
        let (mut waiting, start) = (Waiting::default(), Instant::now());
        assert_eq!(waiting.due(start + 2 * JUDGED_AFTER), None);
        waiting.hold(start, || records(1));
        // What came meanwhile has its own wait.
        waiting.hold(start + JUDGED_AFTER / 2, || records(2));
        assert_eq!(waiting.due(start - Duration::from_secs(1)), None);
        assert_eq!(waiting.due(start + JUDGED_AFTER - Duration::from_millis(1)), None);
        assert_eq!(waiting.due(start + JUDGED_AFTER), Some(records(1)));
        assert_eq!(waiting.due(start + 2 * JUDGED_AFTER), None);
        waiting.hold(start + JUDGED_AFTER, || records(2));
        assert_eq!(waiting.due(start + 2 * JUDGED_AFTER), Some(records(2)));
    }
}
