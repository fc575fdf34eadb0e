//! One watcher's stream of readings.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::sse::Event;
use futures::Stream;
use futures::stream::unfold;
use metrics::gauge;
use serde::Serialize;
use sqlx::PgPool;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::feeds::Feed;
use crate::app::App;
use crate::auth::Credentials;
use crate::error::Error;
use crate::measures::LIVE_WATCHERS;

/// The longest without an event: while the database is away the last numbers are sent again, with their age.
const SILENCE_MAX: Duration = Duration::from_secs(2);
/// How often it is looked up whether the watcher may still watch: a session that has ended sees no more after this and
/// the next event.
const CREDENTIALS_CHECKED_EVERY: Duration = Duration::from_secs(5);
/// How soon a browser tries again when the connection is gone.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Somebody who watches, and what of a reading is told to them.
struct Watch<R, Tell> {
    feed: Feed<R>,
    tell: Tell,
    credentials: Credentials,
    checked_at: Instant,
    pool: PgPool,
    shutdown: CancellationToken,
    _place: OwnedSemaphorePermit,
}

/// A place among those who watch.
///
/// # Errors
/// When there is none left.
pub(crate) fn place(app: &App) -> Result<OwnedSemaphorePermit, Error> {
    Arc::clone(&app.feeds.places).try_acquire_owned().map_err(|_| Error::Busy)
}

/// The events for one watcher of `feed`: what `tell` makes of each reading. They end at shutdown, and with the watcher's
/// session.
pub(crate) fn events<R, View: Serialize, Tell: Fn(&R) -> Option<View>>(
    app: &App,
    place: OwnedSemaphorePermit,
    mut feed: Feed<R>,
    credentials: Credentials,
    tell: Tell,
) -> impl Stream<Item = Result<Event, Infallible>> + use<R, View, Tell> {
    // What was read last is told at once.
    feed.mark_changed();
    gauge!(LIVE_WATCHERS).increment(1.0);
    let watch = Watch {
        feed,
        tell,
        credentials,
        checked_at: Instant::now(),
        pool: app.pool.clone(),
        shutdown: app.shutdown.clone(),
        _place: place,
    };
    unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    })
}

impl<R, View: Serialize, Tell: Fn(&R) -> Option<View>> Watch<R, Tell> {
    /// The next event; none when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        let shutdown = self.shutdown.clone();
        shutdown.run_until_cancelled(self.next_reading()).await.flatten()
    }

    async fn next_reading(&mut self) -> Option<Event> {
        loop {
            if let Ok(changed) = tokio::time::timeout(SILENCE_MAX, self.feed.changed()).await {
                changed.ok()?;
            }
            if !self.may_watch().await {
                return None;
            }
            let reading = self.feed.borrow_and_update().clone();
            if let Some(reading) = reading {
                return Event::default().retry(RETRY_AFTER).json_data((self.tell)(&reading)?).ok();
            }
        }
    }

    /// Whether the session or the token still stands, as last looked up. While the database is away it counts as standing:
    /// there are no new numbers either.
    async fn may_watch(&mut self) -> bool {
        if self.checked_at.elapsed() < CREDENTIALS_CHECKED_EVERY {
            return true;
        }
        self.checked_at = Instant::now();
        !matches!(self.credentials.producer(&self.pool).await, Ok(None))
    }
}

impl<R, Tell> Drop for Watch<R, Tell> {
    fn drop(&mut self) {
        gauge!(LIVE_WATCHERS).decrement(1.0);
    }
}
