//! What 500 readers of the panorama and the totals cost those who vote.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use load_test::ballots::Ballots;
use load_test::curve::Curve;
use load_test::deployment::{Deployment, Paredao};
use load_test::options::DeploymentArgs;
use load_test::voting;

use crate::Options;
use crate::stage::Stage;
use crate::system::{ALL, System};

const VOTES_PER_SECOND: u32 = 2_000;
const SECONDS: u32 = 15;
const CONNECTIONS: u32 = 64;
/// Viewers and the production team's screens.
const VIEWERS: u32 = 480;
const PRODUCERS: u32 = 20;
/// How often each looks again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The vote's p99 in milliseconds: without readers, with them.
pub(crate) async fn measure(stage: &Stage, options: &Options, round: u32) -> Result<(f64, f64)> {
    let name = format!("readers_{round}");
    let (kafka, database) = (stage.topic(&name).await?, stage.database(&name).await?);
    let system = System::start(&kafka, &database, options, "off", &ALL)?;
    let args = system.deployment(options, CONNECTIONS)?;
    let deployment = Arc::new(Deployment::new(&args)?);
    let paredao = deployment.open_paredao("readers").await?;
    // The first votes find nothing connected yet.
    p99(&args, &paredao).await?;
    let is_without_first = !round.is_multiple_of(2);
    let mut without = if is_without_first { p99(&args, &paredao).await? } else { f64::NAN };
    let readers = Readers::start(&deployment, &paredao);
    let with = p99(&args, &paredao).await?;
    let looks = readers.stop().await?;
    if !is_without_first {
        without = p99(&args, &paredao).await?;
    }
    tokio::task::block_in_place(|| system.stop())?;
    println!("round {round}: the vote's p99: {without:.1} ms, with {looks} looks by 500 readers {with:.1} ms");
    Ok((without, with))
}

async fn p99(args: &DeploymentArgs, paredao: &Paredao) -> Result<f64> {
    let curve = Curve { rise_seconds: 0, hold_seconds: SECONDS, peak: VOTES_PER_SECOND };
    let voted = voting::vote(args, curve, Ballots::new(args, paredao).await?).await?;
    if voted.tally.accepted < curve.votes() {
        bail!("{} of {} votes were accepted: those that weren't are in no p99", voted.tally.accepted, curve.votes());
    }
    voted.latencies.millis(0.99).context("nothing was measured")
}

struct Readers {
    stop: Arc<AtomicBool>,
    looks: Arc<AtomicU64>,
    tasks: Vec<tokio::task::JoinHandle<Result<()>>>,
}

impl Readers {
    fn start(deployment: &Arc<Deployment>, paredao: &Paredao) -> Self {
        let (stop, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let read = |number: u32| {
            let (deployment, paredao) = (Arc::clone(deployment), paredao.clone());
            let (stop, looks) = (Arc::clone(&stop), Arc::clone(&looks));
            tokio::spawn(async move {
                // Not all in the same moment.
                tokio::time::sleep(LOOK_EVERY * number / (VIEWERS + PRODUCERS)).await;
                while !stop.load(Ordering::Relaxed) {
                    if number < VIEWERS {
                        deployment.revision(&paredao).await?;
                    } else {
                        deployment.count(&paredao).await?;
                    }
                    looks.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Ok(())
            })
        };
        let tasks = (0..VIEWERS + PRODUCERS).map(read).collect();
        Self { stop, looks, tasks }
    }

    /// How often they looked.
    async fn stop(self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await??;
        }
        Ok(self.looks.load(Ordering::Relaxed))
    }
}
