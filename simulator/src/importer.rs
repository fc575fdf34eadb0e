//! Whoever brings in a file: its lines are written in order, and begun again somewhere before where it was.

use fastrand::Rng;
use votes_register::core::Imports;
use voting_commons::{Group, ImportId, ImportedVote, Minute, ParedaoId, partitioner};

/// The import that is registered, and one that isn't.
const REGISTERED: i64 = 1;
const UNKNOWN: i64 = 2;
const PAREDAO: i64 = 1;
const PARTICIPANTS: i64 = 3;
/// Long past the window of any ballot.
const MINUTE: i64 = 900_000;

/// One file, and how far it has been written.
#[derive(Debug)]
pub(crate) struct Importer {
    /// Over how many partitions its lines are spread, fixed by the first one; before it, the import isn't registered.
    partitions: Option<i32>,
    next_line: i64,
}

impl Importer {
    pub(crate) fn new() -> Self {
        Self { partitions: None, next_line: 1 }
    }

    /// The next line of the file.
    pub(crate) fn next(&mut self, partitions: i32) -> ImportedVote {
        let partitions = *self.partitions.get_or_insert(partitions);
        let line = self.next_line;
        self.next_line += 1;
        vote(REGISTERED, line, partitions)
    }

    /// Goes back to where it may have been when it was last sure.
    pub(crate) fn begin_again(&mut self, rng: &mut Rng) {
        self.next_line = rng.i64(1..=self.next_line);
    }

    /// A line of an import that nobody registered.
    pub(crate) fn unknown(partitions: i32, rng: &mut Rng) -> ImportedVote {
        vote(UNKNOWN, rng.i64(1..=9), partitions)
    }

    /// Whether production registered the import of `vote`.
    pub(crate) fn is_registered(vote: &ImportedVote) -> bool {
        vote.import == import(REGISTERED)
    }

    /// What a claim learns.
    pub(crate) fn imports(&self) -> Imports {
        let registered = self.partitions.map(|_| (import(REGISTERED), paredao()));
        Imports { registered: registered.into_iter().collect(), ..Imports::default() }
    }
}

fn vote(number: i64, line: i64, partitions: i32) -> ImportedVote {
    let group = Group {
        paredao: paredao(),
        minute: Minute::try_from(MINUTE + line % 2).expect("it is in range"),
        participant: (1 + line % PARTICIPANTS).try_into().expect("it is in range"),
    };
    let partition = partitioner::partition_of(group.to_string().as_bytes(), partitions);
    ImportedVote { import: import(number), line: line.try_into().expect("it is in range"), group, partition }
}

fn import(number: i64) -> ImportId {
    number.try_into().expect("it is in range")
}

fn paredao() -> ParedaoId {
    PAREDAO.try_into().expect("it is in range")
}
