//! Percentages that add up: two decimals, exactly 100 in all, by the largest remainder.
//!
//! The rule is Hamilton's method of apportionment: each share is rounded down to a hundredth of a percent, and the
//! hundredths left over go to the largest remainders. Equal remainders go in the order given.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A percentage in hundredths of a percent, 0 to 10,000; written with two decimals, in JSON too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Percent(u16);

/// All there is: 100.00 %.
pub const WHOLE_HUNDREDTHS: u16 = 10_000;

/// The number isn't a percentage: 0 to 10,000 hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a percentage has 0 to {WHOLE_HUNDREDTHS} hundredths")]
pub struct PercentOutOfRange;

impl Percent {
    /// Hundredths of a percent, 0 to 10,000.
    pub const fn hundredths(self) -> u16 {
        self.0
    }
}

impl TryFrom<i32> for Percent {
    type Error = PercentOutOfRange;

    fn try_from(hundredths: i32) -> Result<Self, PercentOutOfRange> {
        match u16::try_from(hundredths) {
            Ok(hundredths) if hundredths <= WHOLE_HUNDREDTHS => Ok(Self(hundredths)),
            _ => Err(PercentOutOfRange),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Percent {
    /// A JSON number that keeps its trailing zeros: `33.30`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// The share of each of `votes` in their sum. All are 0 when there are no votes; otherwise they sum to exactly 100.
pub fn percentages(votes: &[u64]) -> Vec<Percent> {
    let total: u128 = votes.iter().copied().map(u128::from).sum();
    if total == 0 {
        return vec![Percent(0); votes.len()];
    }
    let scaled = |votes: u64| u128::from(votes) * u128::from(WHOLE_HUNDREDTHS);
    let mut shares: Vec<u16> =
        votes.iter().map(|&votes| u16::try_from(scaled(votes) / total).expect("a part is at most the whole")).collect();
    let left_over = WHOLE_HUNDREDTHS - shares.iter().sum::<u16>();
    let mut by_remainder: Vec<usize> = (0..votes.len()).collect();
    by_remainder.sort_by_key(|&index| std::cmp::Reverse(scaled(votes[index]) % total));
    for &index in by_remainder.iter().take(usize::from(left_over)) {
        shares[index] += 1;
    }
    shares.into_iter().map(Percent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(votes: &[u64]) -> Vec<String> {
        percentages(votes).iter().map(Percent::to_string).collect()
    }

    #[test]
    fn no_votes_are_all_zero() {
        assert_eq!(shown(&[0, 0]), ["0.00", "0.00"]);
        assert!(shown(&[]).is_empty());
    }

    #[test]
    fn thirds_sum_to_a_hundred() {
        assert_eq!(shown(&[1, 1, 1]), ["33.34", "33.33", "33.33"]);
    }

    #[test]
    fn the_largest_remainder_gets_what_is_left_over() {
        assert_eq!(shown(&[1, 2, 4]), ["14.29", "28.57", "57.14"]);
    }

    #[test]
    fn json_keeps_both_decimals() {
        assert_eq!(serde_json::to_string(&percentages(&[1, 0])).unwrap(), "[100.00,0.00]");
    }

    proptest! {
        #[test]
        fn they_sum_to_exactly_a_hundred(votes in prop::collection::vec(any::<u64>(), 1..40)) {
            let sum: u32 = percentages(&votes).iter().map(|share| u32::from(share.hundredths())).sum();
            prop_assert_eq!(sum, if votes.iter().all(|&v| v == 0) { 0 } else { 10_000 });
        }

        #[test]
        fn more_votes_never_show_less(votes in prop::collection::vec(0u64..1_000_000, 2..40)) {
            let shares = percentages(&votes);
            for (a, share_a) in votes.iter().zip(&shares) {
                for (b, share_b) in votes.iter().zip(&shares) {
                    prop_assert!(a <= b || share_a >= share_b);
                }
            }
        }
    }
}
