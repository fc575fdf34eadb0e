//! What time it is, as a value that a test may set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use voting_commons::UnixMillis;

/// Where this process reads the time of day.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Stands still at the milliseconds since the Unix epoch that it was set to.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now`.
    pub fn set_to(now: UnixMillis) -> Self {
        Self::Set(Arc::new(AtomicI64::new(now.0)))
    }

    /// The time it shows; the epoch itself for a machine that believes to be before it.
    pub fn now(&self) -> UnixMillis {
        match self {
            Self::System => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                UnixMillis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Set(millis) => UnixMillis(millis.load(Ordering::Relaxed)),
        }
    }
}
