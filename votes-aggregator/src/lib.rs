//! The aggregator: from buckets to cached totals and percentages, and from many old buckets to few.
//!
//! [`Aggregator::once`] is one run; [`run`] repeats it. A run only ever writes absolute sums, so running it again, or
//! after any interruption, changes nothing. [`panorama`] is the pure part, `store` the SQL, `compaction` the rest.

mod compaction;
pub mod panorama;
mod run;
mod store;
mod watch;

pub use compaction::Compacted;
pub use run::{Aggregator, AggregatorArgs, Outcome, Run};
pub use watch::{WatchArgs, run};
