//! The aggregator: from buckets to cached totals and percentages, and from many old buckets to few.
//!
//! [`Aggregator::once`] is one run; [`run`] repeats it. A run only ever writes absolute sums, so running it again, or
//! after any interruption, changes nothing. [`panorama`] is the pure part, `store` the SQL, `compaction` the rest.
//! [`reconcile`] is a second loop beside it, that holds frontends, topic and tables against each other.

mod compaction;
pub mod panorama;
pub mod reconcile;
mod run;
mod store;
mod watch;

pub use compaction::Compacted;
pub use reconcile::ReconcileArgs;
pub use run::{Aggregator, AggregatorArgs, Outcome, Run};
pub use watch::{WatchArgs, run};
