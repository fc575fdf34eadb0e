//! One reader per paredão that somebody watches. However many watch, the database is asked once a second.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::histogram;
use tokio::sync::{Semaphore, watch};
use tokio::time::MissedTickBehavior;

use super::{Reading, read};
use crate::app::App;
use crate::measures::LIVE_READ;

/// How often a watched paredão is read.
const READ_EVERY: Duration = Duration::from_secs(1);
/// The longest a reading may take; the next one is tried after it.
const READ_TIME_MAX: Duration = Duration::from_secs(5);
/// Streams at once; whoever comes then is told to try again.
const WATCHERS_MAX: usize = 256;

/// The last reading; none until the first.
pub(super) type Feed = watch::Receiver<Option<Arc<Reading>>>;
type Feeder = watch::Sender<Option<Arc<Reading>>>;

/// The readers at work, by their paredão's slug.
#[derive(Debug)]
pub(crate) struct Feeds {
    feeders: Mutex<HashMap<String, Feeder>>,
    pub(super) places: Arc<Semaphore>,
}

impl Feeds {
    pub(crate) fn new() -> Self {
        Self { feeders: Mutex::default(), places: Arc::new(Semaphore::new(WATCHERS_MAX)) }
    }

    /// The readings of the paredão with this slug, which there must be.
    pub(super) fn follow(app: &App, slug: &str) -> Feed {
        match app.feeds.feeders().entry(slug.to_owned()) {
            Entry::Occupied(feeder) => feeder.get().subscribe(),
            Entry::Vacant(place) => {
                let (feeder, feed) = watch::channel(None);
                place.insert(feeder.clone());
                tokio::spawn(run(app.clone(), slug.to_owned(), feeder));
                feed
            }
        }
    }

    /// Whether nobody watches any more. If so the reader is forgotten in the same moment, and who comes later gets another.
    fn end_unwatched(&self, slug: &str, feeder: &Feeder) -> bool {
        let mut feeders = self.feeders();
        let is_unwatched = feeder.receiver_count() == 0;
        if is_unwatched {
            feeders.remove(slug);
        }
        is_unwatched
    }

    fn feeders(&self) -> MutexGuard<'_, HashMap<String, Feeder>> {
        self.feeders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads while somebody watches, until shutdown.
async fn run(app: App, slug: String, feeder: Feeder) {
    let mut ticks = tokio::time::interval(READ_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_failing = false;
    let reading = async {
        loop {
            ticks.tick().await;
            if app.feeds.end_unwatched(&slug, &feeder) {
                return;
            }
            let began = Instant::now();
            let read = tokio::time::timeout(READ_TIME_MAX, read(&app, &slug)).await;
            histogram!(LIVE_READ).record(began.elapsed().as_secs_f64());
            let was_failing = std::mem::replace(&mut is_failing, !matches!(read, Ok(Ok(_))));
            match read {
                Ok(Ok(reading)) => drop(feeder.send_replace(Some(Arc::new(reading)))),
                Ok(Err(error)) if !was_failing => tracing::warn!(slug, ?error, "watched numbers can't be read"),
                Err(_) if !was_failing => tracing::warn!(slug, "watched numbers take too long to read"),
                // It was said when it began.
                _ => {}
            }
        }
    };
    app.shutdown.run_until_cancelled(reading).await;
}
