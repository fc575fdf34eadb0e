//! Streams that follow a paredão as it changes (server-sent events): where it stands, and its panorama.
//!
//! All of them are fed by the one snapshot of this process. A stream holds no queue: it wakes, looks, and says what is
//! new, so that a slow reader costs no memory and only misses what was there in between.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use metrics::{Gauge, gauge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use voting_commons::{ParedaoId, UnixMillis};

use crate::api::views::{StateView, panorama_json};
use crate::app::App;
use crate::measures;
use crate::problem::Problem;
use crate::snapshot::Paredao;
use crate::visibility::why_hidden;

/// How often a stream says where the paredão stands though nothing changed: a page that hears nothing for much longer
/// has lost the connection, which the browser itself wouldn't tell it.
const REPEAT_EVERY: Duration = Duration::from_secs(15);
/// After which time a browser whose stream ended comes back, in milliseconds: not all of them at the same moment.
const RETRY_MILLIS: std::ops::Range<u64> = 1_000..3_000;
/// Asks proxies not to hold events back.
const UNBUFFERED: [(&str, &str); 1] = [("x-accel-buffering", "no")];

/// The streams of this process.
#[derive(Debug)]
pub struct Live {
    room: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Live {
    /// Room for `streams_max` streams, which all end at `stop`.
    pub fn new(streams_max: usize, stop: CancellationToken) -> Self {
        Self { room: Arc::new(Semaphore::new(streams_max.min(Semaphore::MAX_PERMITS))), stop }
    }
}

/// A stream about the paredão `slug`, for somebody of whom `has_voted` says whether they have voted in it.
///
/// # Errors
/// When there is no such paredão, or no room for one more stream.
pub(crate) fn follow(app: Arc<App>, slug: &str, has_voted: impl FnOnce(&Paredao) -> bool) -> Result<Response, Problem> {
    let paredao = app.paredao(slug)?;
    let permit = Arc::clone(&app.live.room).try_acquire_owned().map_err(|_| Problem::StreamsFull)?;
    let follower = Follower {
        paredao: paredao.id,
        has_voted: has_voted(&paredao),
        changes: app.snapshot.changes(),
        app,
        last_state: None,
        last_revision: None,
        _open: Open::new(permit),
    };
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    Ok((UNBUFFERED, Sse::new(events)).into_response())
}

/// One stream.
struct Follower {
    app: Arc<App>,
    paredao: ParedaoId,
    has_voted: bool,
    changes: watch::Receiver<()>,
    /// What was said last of where it stands, and when.
    last_state: Option<(StateView, Instant)>,
    /// Of the panorama that was said last.
    last_revision: Option<i64>,
    _open: Open,
}

impl Follower {
    /// Waits for what there is to say; `None` when nothing more will be said.
    async fn next(&mut self) -> Option<Event> {
        loop {
            // Before it looks: a change in between wakes it again.
            self.changes.mark_unchanged();
            let paredao = self.app.snapshot.load()?.by_id(self.paredao).map(Arc::clone)?;
            let now = self.app.clock.now();
            if self.app.live.stop.is_cancelled() {
                return None;
            }
            if let Some(event) = self.news(&paredao, now) {
                return Some(event);
            }
            let next_look = self.next_look(&paredao, now);
            drop(paredao);
            tokio::select! {
                () = self.app.live.stop.cancelled() => return None,
                changed = self.changes.changed() => changed.ok()?,
                () = tokio::time::sleep_until(next_look) => {}
            }
        }
    }

    /// What hasn't been said yet.
    fn news(&mut self, paredao: &Paredao, now: UnixMillis) -> Option<Event> {
        let hidden = why_hidden(paredao.visibility, paredao.status(now), self.has_voted);
        let state = StateView::new(paredao, now, hidden);
        if self.is_due(state) {
            let is_first = self.last_state.replace((state, Instant::now())).is_none();
            return Some(state_event(state, is_first));
        }
        if hidden.is_some() {
            self.last_revision = None;
            return None;
        }
        let revision = Some(paredao.panorama.revision);
        (self.last_revision != revision).then(|| {
            self.last_revision = revision;
            panorama_event(paredao)
        })
    }

    fn is_due(&self, state: StateView) -> bool {
        self.last_state.is_none_or(|(last, said_at)| {
            let is_same = StateView { now: last.now, ..state } == last;
            !is_same || said_at.elapsed() >= REPEAT_EVERY
        })
    }

    /// When to look though the snapshot stays the same: the time alone opens and closes a paredão.
    fn next_look(&self, paredao: &Paredao, now: UnixMillis) -> Instant {
        let turns = [Some(paredao.opens_at), paredao.closes_at].into_iter().flatten();
        let until = |turn: jiff::Timestamp| u64::try_from(UnixMillis::from(turn).since(now)).ok();
        let next_turn = turns.filter_map(until).filter(|&millis| millis > 0).min().map(Duration::from_millis);
        let repeat_at = self.last_state.map_or_else(Instant::now, |(_, said_at)| said_at + REPEAT_EVERY);
        match next_turn.filter(|&turn| turn < REPEAT_EVERY) {
            Some(turn) => repeat_at.min(Instant::now() + turn),
            None => repeat_at,
        }
    }
}

fn state_event(state: StateView, is_first: bool) -> Event {
    let json = serde_json::to_string(&state).expect("a view always serializes");
    let event = Event::default().event("state").data(json);
    if is_first { event.retry(Duration::from_millis(rand::random_range(RETRY_MILLIS))) } else { event }
}

fn panorama_event(paredao: &Paredao) -> Event {
    let id = paredao.panorama.revision.to_string();
    Event::default().event("panorama").id(id).data(panorama_json(paredao))
}

/// A stream's place among all of them, which it gives back when its reader goes away.
struct Open {
    _permit: OwnedSemaphorePermit,
    streams: Gauge,
}

impl Open {
    fn new(permit: OwnedSemaphorePermit) -> Self {
        let streams = gauge!(measures::LIVE_STREAMS);
        streams.increment(1);
        Self { _permit: permit, streams }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.streams.decrement(1);
    }
}
