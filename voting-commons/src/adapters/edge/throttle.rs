//! How often somebody may do something, in bounded memory.

use std::convert::Infallible;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use quick_cache::sync::Cache;

/// A quota for each `K`. One that was forgotten for want of room begins anew.
pub struct Throttle<K> {
    limiters: Cache<K, Arc<DefaultDirectRateLimiter>>,
    quota: Quota,
    clock: DefaultClock,
}

impl<K> std::fmt::Debug for Throttle<K> {
    /// Without those who are counted: they may be addresses.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttle").field("quota", &self.quota).finish_non_exhaustive()
    }
}

impl<K: Eq + Hash + Clone> Throttle<K> {
    /// Counts up to `keys_max` of them, a few hundred bytes each.
    pub fn new(quota: Quota, keys_max: usize) -> Self {
        Self { limiters: Cache::new(keys_max), quota, clock: DefaultClock::default() }
    }

    /// Counts once more for `key`.
    ///
    /// # Errors
    /// How long to wait when the quota is used up; that isn't counted.
    pub fn check(&self, key: &K) -> Result<(), Duration> {
        let new = || Ok::<_, Infallible>(Arc::new(RateLimiter::direct(self.quota)));
        let Ok(limiter) = self.limiters.get_or_insert_with(key, new);
        limiter.check().map_err(|refused| refused.wait_time_from(self.clock.now()))
    }

    /// Has `key` begin anew.
    pub fn forget(&self, key: &K) {
        self.limiters.remove(key);
    }
}
