//! What voters were told: one entry per ballot that was given out and cast.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A ballot's id: the 32 hexadecimal digits of its receipt.
pub(crate) type BallotId = u128;

/// What a vote counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Group {
    pub(crate) paredao: i32,
    pub(crate) participant: i32,
    /// Minutes since the Unix epoch.
    pub(crate) minute: i32,
}

/// How a ballot's casting ended for its voter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered with 2xx at least once.
    Ok,
    /// Never answered with 2xx, and at least one copy may have been stored.
    Indeterminate,
    /// Every copy was refused before it could be stored.
    Refused,
}

/// One ballot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) ballot: BallotId,
    pub(crate) group: Group,
    pub(crate) outcome: Outcome,
    /// How many times it was sent.
    pub(crate) attempts: u32,
}

/// All entries, in the order in which ballots were done with.
#[derive(Debug, Default)]
pub(crate) struct OpLog(Mutex<Vec<Entry>>);

impl OpLog {
    pub(crate) fn push(&self, entry: Entry) {
        self.entries().push(entry);
    }

    pub(crate) fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
