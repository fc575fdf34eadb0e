//! What two or more services share, and nothing else.
//!
//! The modules at the top level are the pure domain: no clock, no network, no adapter.
//! [`adapters`] is the other half: how a service reaches Kafka and Postgres, is watched and is stopped.
//! Pure code never imports an adapter.

pub mod accounts;
pub mod adapters;
pub mod codec;
pub mod ids;
pub mod import;
pub mod language;
pub mod partitioner;
pub mod percentages;
pub mod rejection;
pub mod shard;
pub mod tally;
pub mod time;
pub mod visibility;
pub mod vote;
pub mod window;
pub mod writing;

pub use ids::{BallotId, ImportId, Line, ParedaoId, ParticipantId};
pub use import::ImportedVote;
pub use language::Language;
pub use rejection::Rejection;
pub use shard::{Shard, Shards};
pub use tally::Tally;
pub use time::{Minute, UnixMillis};
pub use visibility::Visibility;
pub use vote::{Group, Key, Vote};
