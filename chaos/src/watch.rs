//! Looks at cursors and screens while everything runs: nothing may go back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio_postgres::Client;

use crate::checker::Broken;
use crate::database::{Place, TIMELINE};
use crate::voters_api::VotersApi;

const LOOK_EVERY: Duration = Duration::from_millis(250);
const QUERY_TIMEOUT: Duration = Duration::from_secs(3);
/// For so long after a failover screens may show what the new primary knew.
const FAILOVER_GRACE: Duration = Duration::from_secs(30);
/// More of the same tells nothing new.
const BROKEN_MAX: usize = 50;

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    broken: Mutex<Vec<Broken>>,
    /// How often the cursors were looked at.
    pub(crate) cursor_looks: AtomicU64,
    /// How often a screen was.
    pub(crate) screen_looks: AtomicU64,
}

/// What never goes down within a timeline, by name.
type Marks = BTreeMap<String, i64>;

impl Watch {
    pub(crate) fn broken(&self) -> MutexGuard<'_, Vec<Broken>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, promise: &'static str, what: String) {
        let (mut broken, seen) = (self.broken(), Broken { promise, what });
        if broken.len() < BROKEN_MAX && !broken.contains(&seen) {
            broken.push(seen);
        }
    }

    /// Looks at the cursors and the panoramas in the database.
    pub(crate) async fn cursors(self: Arc<Self>, place: Place) {
        let mut client = None;
        let mut last: Option<(i64, Marks)> = None;
        let mut highest_revision = 0;
        loop {
            let looked = tokio::time::timeout(QUERY_TIMEOUT, look(&mut client, &place)).await;
            match looked {
                Ok(Ok(now)) => {
                    self.cursor_looks.fetch_add(1, Ordering::Relaxed);
                    self.compare(&mut last, &mut highest_revision, now);
                }
                _ => client = None,
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn compare(&self, last: &mut Option<(i64, Marks)>, highest_revision: &mut i64, now: Look) {
        if let Some((timeline, marks)) = last {
            if now.timeline < *timeline {
                self.add("P4", format!("the timeline went from {timeline} to {}", now.timeline));
            }
            if now.timeline == *timeline {
                for (name, value) in marks.iter() {
                    let found = now.marks.get(name).copied();
                    if found.is_none_or(|found| found < *value) {
                        self.add("P4", format!("{name} went from {value} to {found:?} within timeline {timeline}"));
                    }
                }
            }
        }
        // On a new timeline the panorama's revision goes on above every earlier one.
        if now.aggregated_timeline == now.timeline {
            if now.revision < *highest_revision {
                self.add("P5", format!("the panorama's revision went from {highest_revision} to {}", now.revision));
            }
            *highest_revision = now.revision.max(*highest_revision);
        }
        if let Some(findings) = now.disagreements {
            self.add("P3", format!("the reconciliation was red: {findings}"));
        }
        *last = Some((now.timeline, now.marks));
    }

    /// Looks at what both frontends show.
    pub(crate) async fn screens(self: Arc<Self>, api: impl AsRef<VotersApi>, place: Place, slugs: Vec<String>) {
        let mut shown: BTreeMap<(usize, String), i64> = BTreeMap::new();
        let mut failovers = (place.failovers(), None::<Instant>);
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if place.failovers() != failovers.0 {
                failovers = (place.failovers(), Some(Instant::now()));
            }
            for frontend in 0..api.as_ref().frontends() {
                for slug in &slugs {
                    let Ok(panorama) = api.as_ref().panorama(frontend, slug).await else { continue };
                    self.screen_looks.fetch_add(1, Ordering::Relaxed);
                    let sum: f64 = panorama.participants.iter().map(|share| share.percent).sum();
                    if sum.abs() > 1e-6 && (sum - 100.0).abs() > 1e-6 {
                        self.add(
                            "P5",
                            format!("frontend {} shows percentages of {slug} that sum to {sum}", frontend + 1),
                        );
                    }
                    let last = shown.insert((frontend, slug.clone()), panorama.revision).unwrap_or_default();
                    let is_excused =
                        place.failovers() != failovers.0 || failovers.1.is_some_and(|at| at.elapsed() < FAILOVER_GRACE);
                    if panorama.revision < last && !is_excused {
                        let revision = panorama.revision;
                        self.add("P5", format!("frontend {} went from revision {last} to {revision}", frontend + 1));
                    }
                }
            }
        }
    }
}

struct Look {
    timeline: i64,
    marks: Marks,
    aggregated_timeline: i64,
    revision: i64,
    /// What the reconciliation found, if it is red.
    disagreements: Option<String>,
}

async fn look(client: &mut Option<Client>, place: &Place) -> Result<Look> {
    if client.is_none() {
        *client = Some(place.connect().await?);
    }
    let client = client.as_ref().expect("it was just made");
    let state = format!("SELECT {TIMELINE}::bigint, timeline::bigint, revision FROM aggregator_state");
    let cursors = "SELECT partition, epoch, next_offset, log_clock, counted FROM register_cursor";
    let totals = "SELECT paredao, revision, total FROM panorama";
    let state = client.query_one(&state, &[]).await?;
    let mut marks = Marks::new();
    for row in client.query(cursors, &[]).await? {
        let partition: i32 = row.try_get(0)?;
        for (index, name) in [(1, "epoch"), (2, "next_offset"), (3, "log_clock"), (4, "counted")] {
            marks.insert(format!("the {name} of partition {partition}"), row.try_get(index)?);
        }
    }
    for row in client.query(totals, &[]).await? {
        let paredao: i32 = row.try_get(0)?;
        for (index, name) in [(1, "revision"), (2, "total")] {
            marks.insert(format!("the {name} of paredão {paredao}"), row.try_get(index)?);
        }
    }
    let red = "SELECT string_agg(row_to_json(f)::text, ', ') FROM reconciliation r, reconciliation_finding f
               WHERE r.state = 'red' AND f.kind <> 'frontend_unknown'";
    let disagreements = client.query_one(red, &[]).await?.try_get(0)?;
    let (timeline, aggregated_timeline, revision) = (state.try_get(0)?, state.try_get(1)?, state.try_get(2)?);
    Ok(Look { timeline, marks, aggregated_timeline, revision, disagreements })
}
