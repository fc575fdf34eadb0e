//! The commands besides `run`, as an operator sees them: answers on standard output, progress on standard error.

mod recount;

pub use recount::recount;
