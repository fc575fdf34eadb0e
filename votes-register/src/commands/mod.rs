//! The commands besides `run`, as an operator sees them: answers on standard output, progress on standard error.

mod control;
mod parked;
mod recount;

pub use control::control;
pub use parked::parked;
pub use recount::recount;
