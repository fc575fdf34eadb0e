//! The register's side: says how its partitions fare, and sees what operators want.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::board::Board;
use crate::store::{Store, StoreError};

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many looks there are between two reports of how the partitions fare.
const LOOKS_PER_REPORT: u32 = 2;

/// What the tables say of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Whether it is to stand still.
    pub(crate) paused: bool,
    /// The cursor's epoch.
    pub(crate) epoch: i64,
}

/// Looks and reports until `shutdown`.
pub(crate) async fn run(
    store: Store,
    board: Board,
    seen: mpsc::Sender<BTreeMap<i32, Seen>>,
    shutdown: CancellationToken,
) {
    let work = async {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut was_away = false;
        for look in 0_u32.. {
            tick.tick().await;
            let reports = look % LOOKS_PER_REPORT == 0;
            match look_once(&store, &board, reports).await {
                Ok(partitions) => {
                    was_away = false;
                    // The loop may have ended.
                    let _ = seen.send(partitions).await;
                }
                Err(error) if !std::mem::replace(&mut was_away, true) => {
                    tracing::warn!(%error, "can't look whether a partition is to be paused");
                }
                Err(_) => {}
            }
        }
    };
    shutdown.run_until_cancelled(work).await;
}

async fn look_once(store: &Store, board: &Board, reports: bool) -> Result<BTreeMap<i32, Seen>, StoreError> {
    if reports {
        super::status::write(store, board).await?;
    }
    let client = store.pool().get().await?;
    let query = "SELECT c.partition, c.epoch, EXISTS (
                     SELECT FROM register_control p
                     WHERE p.topic = c.topic AND (p.partition = c.partition OR p.partition IS NULL)
                 ) AS paused
                 FROM register_cursor c WHERE c.topic = $1";
    let rows = crate::store::answer(client.query(query, &[&store.topic()])).await?;
    let seen = |row: &tokio_postgres::Row| {
        Ok::<_, StoreError>((
            row.try_get("partition")?,
            Seen { paused: row.try_get("paused")?, epoch: row.try_get("epoch")? },
        ))
    };
    rows.iter().map(seen).collect()
}
