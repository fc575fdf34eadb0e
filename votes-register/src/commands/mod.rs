//! The commands besides `run`, as an operator sees them: answers on standard output, progress on standard error.

mod parked;
mod recount;

pub use parked::parked;
pub use recount::recount;
