//! Parked records: listing, showing and replaying them.
//!
//! A replay counts a good vote that was parked, and it can't double one. It waits until no copy of the ballot can be
//! counted by itself any more, reads the ballot's window in the log again, and refuses where a copy was counted or the
//! log is gone; a unique index holds each replayed ballot, and one statement writes it together with the vote's bucket.

mod evidence;
mod letter;
mod refusal;
mod replay;
pub(crate) mod requests;
mod scan;
mod store;

pub use letter::Letter;
pub use refusal::Refusal;
pub use replay::{Outcome, Replay, ReplayError, Selection, Verdict};
pub use store::{DeadLetters, Filter};
