//! What voters are shown of a paredão, computed from its totals: no database, no clock.

use voting_commons::percentages::percentages;

/// A participant's part of a [`Panorama`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The participant's id.
    pub participant: i32,
    /// Votes of minutes before the closing.
    pub votes: i64,
    /// Hundredths of a percent; a panorama's sum to 10,000, or to 0 when nobody has voted.
    pub hundredths: i16,
}

/// The cached state of one paredão.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panorama {
    /// The paredão's id.
    pub paredao: i32,
    /// All votes of minutes before the closing.
    pub total: i64,
    /// Votes of minutes at or after the closing.
    pub after_closing: i64,
    /// In the participants' order.
    pub shares: Vec<Share>,
}

impl Panorama {
    /// The panorama of `paredao` from its participants and their votes, in the participants' order.
    ///
    /// # Panics
    /// When a count is negative, which the table of buckets forbids.
    pub fn of(paredao: i32, after_closing: i64, votes: &[(i32, i64)]) -> Self {
        let counts: Vec<u64> =
            votes.iter().map(|&(_, votes)| u64::try_from(votes).expect("buckets hold positive counts")).collect();
        let shares = percentages(&counts)
            .into_iter()
            .zip(votes)
            .map(|(percent, &(participant, votes))| {
                let hundredths = i16::try_from(percent.hundredths()).expect("10,000 at most");
                Share { participant, votes, hundredths }
            })
            .collect();
        Self { paredao, total: votes.iter().map(|&(_, votes)| votes).sum(), after_closing, shares }
    }
}

/// The revision after `previous` in a database of this timeline: the timeline is the upper half.
///
/// A failover that lost commits also lost revisions that readers have seen; its new timeline lifts the next one above
/// them. A database restored elsewhere begins with a low timeline, and goes on counting where it was.
pub fn next_revision(previous: i64, timeline: i32) -> i64 {
    let first_of_timeline = (i64::from(timeline) << 32) | 1;
    first_of_timeline.max(previous + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_the_participants_order_and_sum_to_a_hundred() {
        let panorama = Panorama::of(1, 7, &[(30, 1), (10, 1), (20, 1)]);
        let shown: Vec<_> = panorama.shares.iter().map(|share| (share.participant, share.hundredths)).collect();
        assert_eq!(shown, [(30, 3334), (10, 3333), (20, 3333)]);
        assert_eq!((panorama.total, panorama.after_closing), (3, 7));
    }

    #[test]
    fn without_votes_every_share_is_zero() {
        let panorama = Panorama::of(1, 0, &[(1, 0), (2, 0)]);
        assert!(panorama.shares.iter().all(|share| share.hundredths == 0));
    }

    #[test]
    fn revisions_go_up_within_a_timeline_and_leap_with_a_new_one() {
        let first = next_revision(0, 1);
        assert_eq!(first, (1 << 32) | 1);
        assert_eq!(next_revision(first, 1), first + 1);
        assert_eq!(next_revision(first, 2), (2 << 32) | 1);
        // Restored into a young cluster.
        assert_eq!(next_revision((9 << 32) | 5, 1), (9 << 32) | 6);
    }
}
