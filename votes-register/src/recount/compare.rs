//! Comparing what the log says with the rows of the table, whatever grain they have.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use voting_commons::time::MINUTE_MILLIS;

/// Whose votes: a partition and a participant.
pub(super) type Column = (i32, i32);

/// What must be there: votes by minute since the Unix epoch.
pub(super) type Expected = BTreeMap<Column, BTreeMap<i32, i64>>;

/// A row of the table `bucket`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) column: Column,
    /// The minutes that it stands for.
    pub(super) minutes: Range<i32>,
    pub(super) votes: i64,
}

/// Votes that log and table don't agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The partition that they lie in.
    pub partition: i32,
    /// Whom they are for.
    pub participant: i32,
    /// The minutes since the Unix epoch, more than one where rows were compacted.
    pub minutes: Range<i32>,
    /// How many the log says, replayed ones included.
    pub log: i64,
    /// How many the table says.
    pub table: i64,
}

/// Compares, and says how many spans were looked at.
///
/// A compacted row can only be compared as a whole, together with the finer rows within it: latecomers wait there for
/// the next compaction.
pub(super) fn compare(mut expected: Expected, mut rows: Vec<Row>) -> (usize, Vec<Difference>) {
    rows.sort_by_key(|row| (row.column, row.minutes.start, std::cmp::Reverse(row.minutes.end)));
    let mut spans: Vec<Row> = Vec::new();
    for row in rows {
        match spans.last_mut().filter(|span| span.column == row.column && row.minutes.start < span.minutes.end) {
            Some(span) => {
                span.minutes.end = span.minutes.end.max(row.minutes.end);
                span.votes += row.votes;
            }
            None => spans.push(row),
        }
    }
    let mut differences = Vec::new();
    let mut compared = spans.len();
    for Row { column, minutes, votes: table } in spans {
        let log = expected.get_mut(&column).map_or(0, |minutes_of| take(minutes_of, &minutes));
        differences.extend(Difference::between(column, minutes, log, table));
    }
    for (column, minutes_of) in expected {
        for (minute, log) in minutes_of {
            compared += 1;
            differences.extend(Difference::between(column, minute..minute + 1, log, 0));
        }
    }
    differences.sort_by_key(|difference| (difference.partition, difference.minutes.start, difference.participant));
    (compared, differences)
}

/// Takes the votes of `minutes` out, and sums them up.
fn take(votes: &mut BTreeMap<i32, i64>, minutes: &Range<i32>) -> i64 {
    let within: Vec<i32> = votes.range(minutes.clone()).map(|(minute, _)| *minute).collect();
    within.iter().filter_map(|minute| votes.remove(minute)).sum()
}

impl Difference {
    fn between((partition, participant): Column, minutes: Range<i32>, log: i64, table: i64) -> Option<Self> {
        (log != table).then_some(Self { partition, participant, minutes, log, table })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, participant, minutes, log, table } = self;
        let from = Timestamp::from_millisecond(i64::from(minutes.start) * MINUTE_MILLIS).map_err(|_| fmt::Error)?;
        write!(f, "partition {partition}, participant {participant}, ")?;
        match minutes.len() {
            1 => write!(f, "minute {from}")?,
            length => write!(f, "{length} minutes from {from}, compacted")?,
        }
        write!(f, ": the log says {log}, the table says {table}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(votes: &[(Column, i32, i64)]) -> Expected {
        let mut expected = Expected::new();
        for (column, minute, votes) in votes {
            expected.entry(*column).or_default().insert(*minute, *votes);
        }
        expected
    }

    fn row(column: Column, minutes: Range<i32>, votes: i64) -> Row {
        Row { column, minutes, votes }
    }

    #[test]
    fn minutes_are_compared_one_by_one_on_both_sides() {
        let log = expected(&[((0, 1), 10, 5), ((0, 1), 11, 5), ((0, 2), 10, 1)]);
        let rows = vec![row((0, 1), 10..11, 5), row((0, 1), 11..12, 4), row((1, 1), 10..11, 7)];
        let (compared, differences) = compare(log, rows);
        let found: Vec<_> = differences.iter().map(ToString::to_string).collect();
        assert_eq!(compared, 4);
        assert_eq!(
            found,
            [
                "partition 0, participant 2, minute 1970-01-01T00:10:00Z: the log says 1, the table says 0",
                "partition 0, participant 1, minute 1970-01-01T00:11:00Z: the log says 5, the table says 4",
                "partition 1, participant 1, minute 1970-01-01T00:10:00Z: the log says 0, the table says 7",
            ]
        );
    }

    #[test]
    fn a_compacted_row_stands_for_its_minutes_with_the_latecomers_among_them() {
        let log = expected(&[((0, 1), 0, 3), ((0, 1), 59, 4), ((0, 1), 60, 9), ((0, 1), 1439, 1), ((0, 1), 1440, 2)]);
        let day = row((0, 1), 0..1440, 14);
        let rows = vec![row((0, 1), 0..60, 2), row((0, 1), 60..61, 1), day, row((0, 1), 1440..1441, 2)];
        assert_eq!(compare(log.clone(), rows.clone()), (2, Vec::new()));
        let short = vec![rows[0].clone(), row((0, 1), 0..1440, 14), rows[3].clone()];
        let (_, differences) = compare(log, short);
        assert_eq!(
            differences.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["partition 0, participant 1, 1440 minutes from 1970-01-01T00:00:00Z, compacted: \
              the log says 17, the table says 16"]
        );
    }
}
