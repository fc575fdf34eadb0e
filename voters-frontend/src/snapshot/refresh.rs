//! Keeping the snapshot fresh, and keeping the last one while Postgres is away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::gauge;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use voting_commons::UnixMillis;
use voting_commons::adapters::admin::Readiness;

use super::load::{LoadError, load};
use super::{Snapshot, SnapshotStore, Status};
use crate::clock::Clock;
use crate::measures;

/// How often Postgres is read.
const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// The longest one reading may take.
const LOAD_TIMEOUT: Duration = Duration::from_secs(5);

/// What keeps this service from being ready until a first snapshot was read.
pub(crate) const PART: &str = "paredoes";

/// Reads snapshots into `store` until `shutdown`. Ready once there is one, and from then on.
pub async fn keep_fresh(
    pool: PgPool,
    store: Arc<SnapshotStore>,
    clock: Clock,
    readiness: Readiness,
    shutdown: CancellationToken,
) {
    let mut is_away = false;
    let mut read_at = Instant::now();
    loop {
        match load_in_time(&pool, &store).await {
            Ok(snapshot) => {
                read_at = Instant::now();
                measure(&snapshot, clock.now());
                store.put(snapshot);
                readiness.clear(PART);
                if std::mem::take(&mut is_away) {
                    tracing::info!("paredões are read from Postgres again");
                }
            }
            Err(error) => {
                if let Some(snapshot) = store.load().as_deref() {
                    measure(snapshot, clock.now());
                }
                if !std::mem::replace(&mut is_away, true) {
                    tracing::error!(%error, "paredões can't be read from Postgres: going on with what is known");
                }
            }
        }
        gauge!(measures::SNAPSHOT_AGE).set(read_at.elapsed().as_secs_f64());
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(REFRESH_EVERY) => {}
        }
    }
}

async fn load_in_time(pool: &PgPool, store: &SnapshotStore) -> Result<Snapshot, LoadError> {
    let last = store.load();
    tokio::time::timeout(LOAD_TIMEOUT, load(pool, last.as_deref()))
        .await
        .unwrap_or(Err(LoadError::TimedOut(LOAD_TIMEOUT)))
}

fn measure(snapshot: &Snapshot, now: UnixMillis) {
    let open = snapshot.paredoes().iter().filter(|paredao| paredao.status(now) == Status::Open);
    let ages = open.filter_map(|paredao| paredao.panorama.as_of).map(|as_of| now.since(as_of.into()).max(0));
    let oldest = Duration::from_millis(ages.max().unwrap_or(0).unsigned_abs());
    gauge!(measures::PANORAMA_AGE).set(oldest.as_secs_f64());
    let bytes: usize = snapshot.photos.values().map(|photo| photo.bytes.len()).sum();
    gauge!(measures::PHOTOS_BYTES).set(u32::try_from(bytes).map_or(f64::INFINITY, f64::from));
}
