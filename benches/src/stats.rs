//! Summing up several measurements.

/// The middle one, or the lower of the two in the middle; and the least and the greatest.
pub(crate) fn median_and_spread(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    [at(last / 2), at(0), at(last)]
}

/// The value that `percent` of `values` don't exceed.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_of_the_values() {
        assert_eq!(median_and_spread(&[3.0, 1.0, 2.0]), [2.0, 1.0, 3.0]);
        assert_eq!(median_and_spread(&[4.0, 1.0, 2.0, 3.0]), [2.0, 1.0, 4.0]);
    }

    #[test]
    fn a_percentile_leaves_the_rest_above_it() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(
            [percentile(&hundred, 50), percentile(&hundred, 99), percentile(&hundred, 100)],
            [50.0, 99.0, 100.0]
        );
        assert_eq!(percentile(&[7.0], 99), 7.0);
    }
}
