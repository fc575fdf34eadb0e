//! Imported votes: cast elsewhere, and brought in from a file.

use crate::ids::{ImportId, Line};
use crate::vote::Group;

/// A vote that a line of a file says was cast. It counts once by its line, where others count once by their ballot, and no
/// window closes on it.
///
/// Within a partition, an import's lines come in the file's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedVote {
    /// The file, as production registered it.
    pub import: ImportId,
    /// Where it stands in the file.
    pub line: Line,
    /// What it counts for. Its text is the record's key.
    pub group: Group,
    /// The partition that it was written to.
    pub partition: i32,
}
