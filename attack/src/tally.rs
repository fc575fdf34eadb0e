//! What an attack was told.

use std::collections::BTreeMap;

/// What came of one request or one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An answer, and whether it says when to come back.
    Answered { status: u16, has_retry_after: bool },
    /// The connection was ended without one.
    Ended,
    /// The connection still stood when the attacker's patience was over.
    Held,
}

/// The outcomes of one attack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) answers: BTreeMap<u16, u64>,
    pub(crate) ended: u64,
    pub(crate) held: u64,
    /// What must not have happened.
    pub(crate) broken: Vec<String>,
}

impl Tally {
    /// Counts an outcome. Whatever the attack, some must not be.
    pub(crate) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Answered { status, has_retry_after } => {
                *self.answers.entry(status).or_default() += 1;
                if status >= 500 && status != 503 {
                    self.break_once(format!("a {status}"));
                }
                if status == 503 && !has_retry_after {
                    self.break_once("a 503 that doesn't say when to come back".to_owned());
                }
            }
            Outcome::Ended => self.ended += 1,
            Outcome::Held => self.held += 1,
        }
    }

    /// Says that something must not have happened, however often it did.
    pub(crate) fn break_once(&mut self, what: String) {
        if !self.broken.contains(&what) {
            self.broken.push(what);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (status, count) in other.answers {
            *self.answers.entry(status).or_default() += count;
        }
        self.ended += other.ended;
        self.held += other.held;
        for what in other.broken {
            self.break_once(what);
        }
    }

    /// How many answers had a status of this range.
    pub(crate) fn answered(&self, statuses: std::ops::RangeInclusive<u16>) -> u64 {
        self.answers.range(statuses).map(|(_, count)| count).sum()
    }
}

impl FromIterator<Outcome> for Tally {
    fn from_iter<T: IntoIterator<Item = Outcome>>(outcomes: T) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            tally.add(outcome);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_500_is_noticed_and_so_is_a_503_without_a_time() {
        let answer = |status, has_retry_after| Outcome::Answered { status, has_retry_after };
        let fine: Tally =
            [answer(200, false), answer(404, false), answer(503, true), Outcome::Ended].into_iter().collect();
        assert_eq!((fine.broken, fine.ended), (vec![], 1));
        let broken: Tally = [answer(500, false), answer(502, true), answer(500, true)].into_iter().collect();
        assert_eq!(broken.broken, ["a 500", "a 502"]);
        assert_eq!(broken.answered(500..=599), 3);
        let mute: Tally = [answer(503, false)].into_iter().collect();
        assert_eq!(mute.broken.len(), 1);
    }
}
