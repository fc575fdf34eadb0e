//! What is printed in the end.

use std::fmt::Write as _;
use std::time::Duration;

use crate::attacks::Told;
use crate::honest::Votes;
use crate::tally::Tally;

/// A line per attack: what it was told, and whether that was right.
pub(crate) fn table(told: &[Told]) -> String {
    let mut text = format!(
        "{:<28}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n",
        "attack", "2xx, 3xx", "4xx", "429", "503", "5xx", "ended", "held"
    );
    for (name, tally) in told {
        let verdict = if tally.broken.is_empty() { "" } else { "  BROKEN" };
        let [fine, refused, too_many, busy, broken] = columns(tally);
        let (ended, held) = (tally.ended, tally.held);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{name:<28}{fine:>9}{refused:>9}{too_many:>9}{busy:>9}{broken:>9}{ended:>9}{held:>9}{verdict}"
        );
    }
    text
}

fn columns(tally: &Tally) -> [u64; 5] {
    let (too_many, busy) = (tally.answered(429..=429), tally.answered(503..=503));
    let (refused, broken) = (tally.answered(400..=499) - too_many, tally.answered(500..=999) - busy);
    [tally.answered(100..=399), refused, too_many, busy, broken]
}

/// A line about the voters.
pub(crate) fn votes(votes: &Votes) -> String {
    let at = |per_mille: usize| {
        let index = votes.waits.len().saturating_sub(1) * per_mille / 1000;
        votes.waits.get(index).map_or(0, Duration::as_millis)
    };
    format!(
        "honest votes: {} taken, {} requests sent again; a vote took {} ms (p50), {} ms (p99), {} ms (longest)",
        votes.waits.len(),
        votes.retries,
        at(500),
        at(990),
        at(1000)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Outcome;

    #[test]
    fn the_table_says_what_was_told() {
        let answer = |status| Outcome::Answered { status, has_retry_after: true };
        let fine = [200, 303, 404, 429, 503].map(answer).into_iter().chain([Outcome::Ended]).collect();
        let broken = [answer(500), Outcome::Held].into_iter().collect();
        let table = table(&[("a flood", fine), ("rubbish", broken)]);
        let words = |line: usize| table.lines().nth(line).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(1), "a flood 2 1 1 1 0 1 0");
        assert_eq!(words(2), "rubbish 0 0 0 0 1 0 1 BROKEN");
    }
}
