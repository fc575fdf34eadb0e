//! Offsets that were passed over: by an operator's decision, or because the log lost them.

use std::ops::Range;

/// Whether `offset` was passed over.
pub(crate) fn holds(skipped: &[Range<i64>], offset: i64) -> bool {
    skipped.iter().any(|range| range.contains(&offset))
}

/// The first offset of `range` that wasn't passed over; `None` when all were.
pub(crate) fn first_not_in(skipped: &[Range<i64>], range: Range<i64>) -> Option<i64> {
    let mut offset = range.start;
    while offset < range.end {
        match skipped.iter().find(|skipped| skipped.contains(&offset)) {
            Some(skipped) => offset = skipped.end,
            None => return Some(offset),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_may_touch_and_overlap() {
        let skipped = [5..8, 1..3, 7..10];
        assert!(holds(&skipped, 7) && !holds(&skipped, 3));
        assert_eq!(first_not_in(&skipped, 5..10), None);
        assert_eq!(first_not_in(&skipped, 5..11), Some(10));
        assert_eq!(first_not_in(&skipped, 1..8), Some(3));
        assert_eq!(first_not_in(&[], 4..4), None);
    }
}
