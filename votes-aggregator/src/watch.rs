//! Running again and again, through outages, until told to stop.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use clap::Args;
use metrics::gauge;
use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::admin::{self, Readiness};

use crate::store;
use crate::{Aggregator, Outcome};

/// The first pause after a failed run; it doubles up to [`RETRY_PAUSE_MAX`].
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(250);
/// The longest pause between failed runs.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(10);
/// How often to look for rows to compact, once there are no more.
const COMPACT_EVERY: Duration = Duration::from_secs(60);

/// How often to run.
#[derive(Debug, Clone, Args)]
pub struct WatchArgs {
    /// The time between two runs, such as 1s or 500ms
    #[arg(long, env = "EVERY", default_value = "1s", value_parser = parse_duration)]
    pub every: Duration,
}

pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}"))?;
    match Duration::try_from(duration) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("it must be longer than nothing".to_owned()),
    }
}

/// Runs every `every` until `shutdown`, with the admin endpoints on `listener`.
///
/// # Errors
/// When the admin endpoints can't be served. Failed runs are tried again for ever.
pub async fn run(
    listener: TcpListener,
    aggregator: Aggregator,
    every: Duration,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let readiness = Readiness::waiting_for("postgres");
    let admin = tokio::spawn(admin::run(listener, readiness.clone(), shutdown.clone()));
    let mut watcher =
        Watcher { aggregator, readiness, failing: None, fresh_at: Instant::now(), compact_at: Instant::now() };
    // A run that is cut off leaves nothing behind: its transaction rolls back.
    shutdown.run_until_cancelled(watcher.watch(every)).await;
    admin.await.map_err(std::io::Error::other)?
}

struct Watcher {
    aggregator: Aggregator,
    readiness: Readiness,
    /// The pauses still to come while Postgres is away.
    failing: Option<ExponentialBackoff>,
    /// When the panoramas were last known to be brought up to date.
    fresh_at: Instant,
    compact_at: Instant,
}

impl Watcher {
    async fn watch(&mut self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.tick().await {
                Ok(()) => self.recovered(),
                Err(error) => {
                    let pause = self.failed(&error);
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    async fn tick(&mut self) -> sqlx::Result<()> {
        let outcome = self.aggregator.aggregate().await?;
        gauge!("aggregator_leader").set(if outcome == Outcome::Busy { 0.0 } else { 1.0 });
        if outcome != Outcome::Busy && Instant::now() >= self.compact_at {
            let compacted = self.aggregator.compact().await?;
            if !self.aggregator.may_compact_more(compacted) {
                self.compact_at = Instant::now() + COMPACT_EVERY;
            }
        }
        self.measure().await
    }

    /// The revision and age of the panoramas, whoever keeps them.
    async fn measure(&mut self) -> sqlx::Result<()> {
        let mut connection = self.aggregator.pool.acquire().await?;
        let (revision, age_seconds) = store::freshness(&mut connection).await?;
        let age = Duration::try_from_secs_f64(age_seconds).unwrap_or_default();
        self.fresh_at = Instant::now().checked_sub(age).unwrap_or(self.fresh_at);
        gauge!("panorama_revision").set(revision as f64);
        gauge!("panorama_age_seconds").set(age.as_secs_f64());
        Ok(())
    }

    fn recovered(&mut self) {
        if self.failing.take().is_some() {
            tracing::info!("Postgres answers again");
        }
        self.readiness.clear("postgres");
    }

    /// Notes a failure, the first of a row in the log, and says how long to wait.
    fn failed(&mut self, error: &sqlx::Error) -> Duration {
        gauge!("aggregator_leader").set(0.0);
        gauge!("panorama_age_seconds").set(self.fresh_at.elapsed().as_secs_f64());
        self.readiness.block("postgres", error.to_string());
        if self.failing.is_none() {
            tracing::warn!(%error, "a run failed; trying again until it works");
        }
        self.failing.get_or_insert_with(pauses).next().unwrap_or(RETRY_PAUSE_MAX)
    }
}

fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(RETRY_PAUSE_MIN)
        .with_max_delay(RETRY_PAUSE_MAX)
        .with_jitter()
        .without_max_times()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_runs_is_longer_than_nothing() {
        assert_eq!(parse_duration("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(parse_duration("0s").is_err());
        assert!(parse_duration("-1s").is_err());
        assert!(parse_duration("soon").is_err());
    }
}
