//! How long a vote takes from its 2xx to its bucket and to both frontends' screens (P6).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio_postgres::Client;

use crate::checker::Freshness;
use crate::database::{Place, number};
use crate::generator::{Generator, Paredao};

/// The pause between two probes, in milliseconds: drawn, so that they don't fall in step with the aggregator.
const PAUSE_MILLIS: std::ops::Range<u64> = 50..1_050;
const LOOK_EVERY: Duration = Duration::from_millis(15);
/// After this long a probe is given up; by then it is far too late anyway.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);

/// Whether faults are at work: an odd number in quiet times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quiet(Arc<AtomicU64>);

impl Quiet {
    pub(crate) fn begin(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) | 1, Ordering::Relaxed);
    }

    pub(crate) fn end(&self) {
        self.0.store((self.0.load(Ordering::Relaxed) | 1) + 1, Ordering::Relaxed);
    }

    fn period(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|period| period % 2 == 1)
    }
}

/// Casts one vote after the other in a paredão of its own.
#[derive(Debug)]
pub(crate) struct Prober {
    generator: Arc<Generator>,
    place: Place,
    paredao: Paredao,
    quiet: Quiet,
    measured: Mutex<Vec<Freshness>>,
}

impl Prober {
    pub(crate) fn new(generator: Arc<Generator>, place: Place, paredao: Paredao, quiet: Quiet) -> Self {
        Self { generator, place, paredao, quiet, measured: Mutex::default() }
    }

    /// What was measured in quiet times.
    pub(crate) fn measured(&self) -> Vec<Freshness> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            tokio::time::sleep(Duration::from_millis(fastrand::u64(PAUSE_MILLIS))).await;
            let Some(period) = self.quiet.period() else { continue };
            let (start, second) = (Instant::now(), self.generator.throughput.now());
            let probed = tokio::time::timeout(PROBE_TIMEOUT, self.probe(second)).await;
            // One that a fault fell into says nothing of quiet times.
            if self.quiet.period() != Some(period) {
                continue;
            }
            let freshness = match probed {
                Ok(Ok(Some(freshness))) => freshness,
                Ok(_) => continue,
                Err(_) => Freshness { second, to_bucket: start.elapsed(), to_screens: start.elapsed() },
            };
            self.measured.lock().unwrap_or_else(PoisonError::into_inner).push(freshness);
        }
    }

    async fn probe(&self, second: usize) -> Result<Option<Freshness>> {
        let client = self.place.connect().await?;
        let counted = format!("SELECT coalesce(sum(votes), 0)::bigint FROM bucket WHERE paredao = {}", self.paredao.id);
        let expected = number(&client, &counted).await? + 1;
        if !self.generator.cast_once(self.generator.api.draw(), &self.paredao).await {
            return Ok(None);
        }
        let acknowledged = Instant::now();
        wait_for(&client, &counted, expected).await?;
        let to_bucket = acknowledged.elapsed();
        let shown = format!("SELECT coalesce(max(total), 0)::bigint FROM panorama WHERE paredao = {}", self.paredao.id);
        wait_for(&client, &shown, expected).await?;
        let revision = format!("SELECT revision FROM panorama WHERE paredao = {}", self.paredao.id);
        let revision = number(&client, &revision).await?;
        for frontend in 0..self.generator.api.frontends() {
            while self.generator.api.panorama(frontend, &self.paredao.slug).await?.revision < revision {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Ok(Some(Freshness { second, to_bucket, to_screens: acknowledged.elapsed() }))
    }
}

async fn wait_for(client: &Client, statement: &str, expected: i64) -> Result<()> {
    loop {
        if number(client, statement).await? >= expected {
            return Ok(());
        }
        if client.is_closed() {
            bail!("the connection is gone");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
