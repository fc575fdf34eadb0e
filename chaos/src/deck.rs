//! The order of the faults: a deck that is shuffled each time it is used up, so that each comes as often as any other.

use crate::faults::Fault;

/// Draws faults, the same ones for the same seed.
#[derive(Debug)]
pub(crate) struct Deck {
    rng: fastrand::Rng,
    faults: Vec<Fault>,
    left: Vec<Fault>,
}

impl Deck {
    pub(crate) fn new(seed: u64, faults: &[Fault]) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed), faults: faults.to_vec(), left: Vec::new() }
    }

    /// The next fault, and the chance by which it chooses its victims.
    pub(crate) fn draw(&mut self) -> (Fault, fastrand::Rng) {
        if self.left.is_empty() {
            self.left.clone_from(&self.faults);
            self.rng.shuffle(&mut self.left);
        }
        let fault = self.left.pop().expect("a deck isn't empty");
        (fault, fastrand::Rng::with_seed(self.rng.u64(..)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn draws(seed: u64, count: usize) -> Vec<Fault> {
        let mut deck = Deck::new(seed, &Fault::ALL);
        (0..count).map(|_| deck.draw().0).collect()
    }

    #[test]
    fn a_seed_decides_the_order() {
        assert_eq!(draws(7, 100), draws(7, 100));
        assert_ne!(draws(7, 100), draws(8, 100));
    }

    #[test]
    fn each_fault_comes_before_any_comes_again() {
        let mut counts: BTreeMap<Fault, usize> = BTreeMap::new();
        for fault in draws(1, 3 * Fault::ALL.len()) {
            *counts.entry(fault).or_default() += 1;
        }
        assert_eq!(counts.len(), Fault::ALL.len());
        assert!(counts.values().all(|&count| count == 3));
    }
}
