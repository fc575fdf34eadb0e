//! One reader for each thing that somebody watches. However many watch, the database is asked once a second.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::histogram;
use tokio::sync::{Semaphore, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::Reading;
use crate::error::Error;
use crate::measures::LIVE_READ;
use crate::pipeline;

/// How often what is watched is read.
const READ_EVERY: Duration = Duration::from_secs(1);
/// The longest a reading may take; the next one is tried after it.
const READ_TIME_MAX: Duration = Duration::from_secs(5);
/// Streams at once; whoever comes then is told to try again.
const WATCHERS_MAX: usize = 256;

/// The last reading; none until the first.
pub(crate) type Feed<R> = watch::Receiver<Option<Arc<R>>>;
type Feeder<R> = watch::Sender<Option<Arc<R>>>;

/// Everything that can be watched.
#[derive(Debug)]
pub(crate) struct Feeds {
    /// By their slugs.
    pub(super) paredoes: Readers<Reading>,
    pub(crate) pipeline: Readers<pipeline::Reading>,
    pub(super) places: Arc<Semaphore>,
}

impl Feeds {
    pub(crate) fn new() -> Self {
        Self { paredoes: Readers::new(), pipeline: Readers::new(), places: Arc::new(Semaphore::new(WATCHERS_MAX)) }
    }
}

/// The readers of one kind that are at work, by name.
#[derive(Debug)]
pub(crate) struct Readers<R>(Arc<Mutex<HashMap<String, Feeder<R>>>>);

impl<R> Clone for Readers<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Send + Sync + 'static> Readers<R> {
    fn new() -> Self {
        Self(Arc::default())
    }

    /// What `read` reads of the thing with this name, while somebody follows it and until `shutdown`.
    pub(crate) fn follow<F, Read>(&self, name: &str, shutdown: &CancellationToken, read: F) -> Feed<R>
    where
        F: Fn() -> Read + Send + Sync + 'static,
        Read: Future<Output = Result<R, Error>> + Send + 'static,
    {
        match self.feeders().entry(name.to_owned()) {
            Entry::Occupied(feeder) => feeder.get().subscribe(),
            Entry::Vacant(place) => {
                let (feeder, feed) = watch::channel(None);
                place.insert(feeder.clone());
                let (readers, name, shutdown) = (self.clone(), name.to_owned(), shutdown.clone());
                tokio::spawn(async move { shutdown.run_until_cancelled(readers.run(&name, feeder, read)).await });
                feed
            }
        }
    }

    /// Reads while somebody watches.
    async fn run<F, Read>(&self, name: &str, feeder: Feeder<R>, read: F)
    where
        F: Fn() -> Read,
        Read: Future<Output = Result<R, Error>>,
    {
        let mut ticks = tokio::time::interval(READ_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_failing = false;
        loop {
            ticks.tick().await;
            if self.end_unwatched(name, &feeder) {
                return;
            }
            let began = Instant::now();
            let read = tokio::time::timeout(READ_TIME_MAX, read()).await;
            histogram!(LIVE_READ).record(began.elapsed().as_secs_f64());
            let was_failing = std::mem::replace(&mut is_failing, !matches!(read, Ok(Ok(_))));
            match read {
                Ok(Ok(reading)) => drop(feeder.send_replace(Some(Arc::new(reading)))),
                Ok(Err(error)) if !was_failing => tracing::warn!(name, ?error, "watched numbers can't be read"),
                Err(_) if !was_failing => tracing::warn!(name, "watched numbers take too long to read"),
                // It was said when it began.
                _ => {}
            }
        }
    }

    /// Whether nobody watches any more. If so the reader is forgotten in the same moment, and who comes later gets another.
    fn end_unwatched(&self, name: &str, feeder: &Feeder<R>) -> bool {
        let mut feeders = self.feeders();
        let is_unwatched = feeder.receiver_count() == 0;
        if is_unwatched {
            feeders.remove(name);
        }
        is_unwatched
    }

    fn feeders(&self) -> MutexGuard<'_, HashMap<String, Feeder<R>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
