//! Everything that faults can reach.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use rustc_hash::FxHashSet;

use crate::cluster::Cluster;
use crate::database::Database;
use crate::generator::{Generator, Paredao};
use crate::op_log::BallotId;
use crate::proxy::Proxy;
use crate::services::Services;
use crate::watch::Watch;

/// All processes and what is known of them.
pub(crate) struct World {
    // Services end first, and the proxy last.
    pub(crate) services: Services,
    pub(crate) cluster: Cluster,
    pub(crate) database: Database,
    pub(crate) proxy: Proxy,
    pub(crate) generator: Arc<Generator>,
    pub(crate) watch: Arc<Watch>,
    /// Where single votes are cast to see what becomes of them.
    pub(crate) probe: Paredao,
    /// Ballots in records that a fault put into the topic.
    pub(crate) planted: FxHashSet<BallotId>,
    /// The library that shows a process another time of day.
    pub(crate) skew: PathBuf,
    /// Services that ended by themselves, with their last words.
    pub(crate) ended: Vec<String>,
}

impl World {
    /// Puts everything right again and waits until it is: all run, all reach each other, all are ready.
    pub(crate) fn heal(&mut self) -> Result<()> {
        for broker in &self.cluster.brokers {
            self.proxy.mend_if_hurt(&broker.route)?;
        }
        for route in self.services.postgres_routes() {
            self.proxy.mend_if_hurt(&route)?;
        }
        self.database.heal(&self.proxy)?;
        self.cluster.make_whole()?;
        for service in self.services.all() {
            service.signal(nix::sys::signal::Signal::SIGCONT)?;
        }
        self.ended.extend(self.services.revive()?);
        for service in self.services.all() {
            service.wait_until_ready()?;
        }
        Ok(())
    }
}

/// Lets `seconds` pass.
pub(crate) async fn pass(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

/// Runs what blocks without holding up the voters.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}
