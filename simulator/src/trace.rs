//! The last things that happened, kept in words when asked for: a seed that fails is run again with them.

use std::collections::VecDeque;

use voting_commons::UnixMillis;

/// The last events, or nothing.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    kept: VecDeque<String>,
    events_max: usize,
}

impl Trace {
    /// Keeps the last `events_max` events; none costs nothing.
    pub(crate) fn of(events_max: usize) -> Self {
        Self { kept: VecDeque::new(), events_max }
    }

    pub(crate) fn say(&mut self, step: u32, now: UnixMillis, say: impl FnOnce() -> String) {
        if self.events_max == 0 {
            return;
        }
        if self.kept.len() == self.events_max {
            self.kept.pop_front();
        }
        self.kept.push_back(format!("{step:>5}  {:>6}.{:03} s  {}", now.0 / 1000 % 1_000_000, now.0 % 1000, say()));
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.kept.into()
    }
}
