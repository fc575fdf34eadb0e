//! The simulated Postgres: the statements of `votes-register/src/store/*.sql`, each of which takes effect at one moment.
//!
//! The tables' constraints are left out: what they would refuse, the [`model`](crate::model) finds.

use std::collections::BTreeMap;

use votes_register::core::{Batch, Cursor, DeadLetter, FlushOutcome, Position};
use voting_commons::{BallotId, ImportId, Minute, UnixMillis, window};

/// Votes whose participant has this number are more than the store's column can take.
pub(crate) const REFUSED_PARTICIPANT: i32 = 666;

/// What the store holds for one partition: its row of `register_cursor`, its buckets and its dead letters.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) start_offset: i64,
    pub(crate) cursor: Cursor,
    pub(crate) counted: i64,
    pub(crate) duplicate: i64,
    pub(crate) parked: i64,
    /// By paredão, minute and participant.
    pub(crate) buckets: BTreeMap<(i32, i32, i32), i64>,
    pub(crate) letters: Vec<Letter>,
    /// Its rows of `import_position`.
    next_lines: BTreeMap<ImportId, i64>,
}

/// A row of `dead_letter`.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) offset: i64,
    pub(crate) reason: &'static str,
    pub(crate) ballot: Option<(Minute, BallotId)>,
}

/// A flush as it took effect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commit {
    pub(crate) partition: i32,
    pub(crate) epoch: i64,
}

/// The tables.
#[derive(Debug, Default)]
pub(crate) struct Store {
    partitions: BTreeMap<i32, Rows>,
    /// What was written since [`Store::take_commits`].
    commits: Vec<Commit>,
    /// Goes up with every change.
    pub(crate) version: u64,
}

impl Store {
    pub(crate) fn partitions(&self) -> impl Iterator<Item = (i32, &Rows)> {
        self.partitions.iter().map(|(partition, rows)| (*partition, rows))
    }

    pub(crate) fn take_commits(&mut self) -> Vec<Commit> {
        std::mem::take(&mut self.commits)
    }

    /// `claim.sql`.
    pub(crate) fn claim(&mut self, partition: i32, low: i64) -> Cursor {
        self.version += 1;
        let rows = self.partitions.entry(partition).or_insert_with(|| Rows::starting_at(low));
        rows.cursor.epoch += 1;
        rows.cursor
    }

    /// `parked_ballots.sql`, and what the register's store makes of its rows.
    pub(crate) fn parked_ballots(&self, partition: i32, log_clock: UnixMillis) -> Vec<(Minute, BallotId)> {
        let Some(rows) = self.partitions.get(&partition) else { return Vec::new() };
        let ballots = rows.letters.iter().filter_map(|letter| letter.ballot);
        ballots.filter(|(minute, _)| !window::is_late(*minute, log_clock)).collect()
    }

    /// What `imports.sql` says of the partition.
    pub(crate) fn next_lines(&self, partition: i32) -> BTreeMap<ImportId, i64> {
        self.partitions.get(&partition).map(|rows| rows.next_lines.clone()).unwrap_or_default()
    }

    /// `read_cursor.sql`.
    pub(crate) fn read_cursor(&self, partition: i32) -> Option<Cursor> {
        self.partitions.get(&partition).map(|rows| rows.cursor)
    }

    /// `flush.sql`.
    pub(crate) fn flush(&mut self, partition: i32, batch: &Batch, epoch: i64) -> FlushOutcome {
        let Some(rows) = self.partitions.get_mut(&partition) else { return FlushOutcome::Fenced };
        let stands_where_expected = rows.cursor.at.next_offset == batch.from_offset;
        let is_the_owners = rows.cursor.epoch == epoch;
        if !(stands_where_expected && is_the_owners) {
            return FlushOutcome::Fenced;
        }
        if batch.tally.sorted().iter().any(|(group, _)| group.participant.get() == REFUSED_PARTICIPANT) {
            return FlushOutcome::DataError("value out of range (SQLSTATE 22003)".to_owned());
        }
        rows.cursor.at = batch.to;
        rows.counted += batch.counted();
        rows.duplicate += batch.duplicate;
        rows.parked += i64::try_from(batch.parked.len()).expect("a batch is small");
        rows.add_buckets(batch);
        rows.letters.extend(batch.parked.iter().map(Letter::of));
        rows.go_on_with_imports(batch);
        self.version += 1;
        self.commits.push(Commit { partition, epoch });
        FlushOutcome::Applied
    }
}

impl Rows {
    fn starting_at(low: i64) -> Self {
        let at = Position { next_offset: low, ballots_from: low, ..Position::default() };
        Self {
            start_offset: low,
            cursor: Cursor { at, epoch: 0 },
            counted: 0,
            duplicate: 0,
            parked: 0,
            buckets: BTreeMap::new(),
            letters: Vec::new(),
            next_lines: BTreeMap::new(),
        }
    }

    fn go_on_with_imports(&mut self, batch: &Batch) {
        self.next_lines.extend(batch.imports.iter().map(|(import, progress)| (*import, progress.next_line)));
    }

    fn add_buckets(&mut self, batch: &Batch) {
        for (group, votes) in batch.tally.sorted() {
            let key = (group.paredao.get(), group.minute.get(), group.participant.get());
            *self.buckets.entry(key).or_default() += votes;
        }
    }
}

impl Letter {
    fn of(letter: &DeadLetter) -> Self {
        Self {
            offset: letter.offset,
            reason: letter.rejection.code(),
            ballot: letter.vote.map(|vote| (vote.group.minute, vote.ballot)),
        }
    }
}
