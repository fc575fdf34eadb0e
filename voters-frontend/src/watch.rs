//! Watching Kafka and the clock, off every request's way.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::admin::Readiness;

use crate::app::App;

/// What keeps this service from being ready until the topic is known.
pub(crate) const PART: &str = "kafka";
/// How often the clock is looked at, and Kafka while the topic isn't known.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Every how many looks the topic's partitions are counted again: about 10 s.
const LOOKS_PER_REFRESH: u32 = 10;

/// Watches until `stop`; cancels `stop` when it returns an error.
///
/// # Errors
/// When the producer has failed for good: only a new process can send again.
pub(crate) async fn watch(app: Arc<App>, readiness: Readiness, stop: CancellationToken) -> anyhow::Result<()> {
    let mut looks = 0;
    let mut is_away = false;
    loop {
        if app.log.partitions().is_none() || looks % LOOKS_PER_REFRESH == 0 {
            is_away = refresh(&app, &readiness, is_away).await?;
        }
        app.clock_watch.tick();
        if let Some(reason) = app.log.fatal_error() {
            stop.cancel();
            bail!("the Kafka producer has failed for good: {reason}");
        }
        looks = (looks + 1) % LOOKS_PER_REFRESH;
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Counts the partitions again, and says whether Kafka is away; it is logged when that changes.
async fn refresh(app: &Arc<App>, readiness: &Readiness, was_away: bool) -> anyhow::Result<bool> {
    let asked = Arc::clone(app);
    match tokio::task::spawn_blocking(move || asked.log.refresh_partitions()).await? {
        Ok(partitions) => {
            readiness.clear(PART);
            if was_away {
                tracing::info!(partitions, "Kafka answers again");
            }
            Ok(false)
        }
        Err(error) => {
            if app.log.partitions().is_none() {
                readiness.block(PART, format!("the topic isn't known yet: {error}"));
            }
            if !was_away {
                tracing::error!(%error, "Kafka can't be asked about the topic");
            }
            Ok(true)
        }
    }
}
