//! How long a vote takes from the edge to Postgres and to the screens, while 5,000 a second pour in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use load_test::ballots::Ballots;
use load_test::connection::{Connection, Target};
use load_test::curve::Curve;
use load_test::deployment::{Deployment, Paredao};
use load_test::options::DeploymentArgs;
use load_test::voting;
use tokio_postgres::Client;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::backlog::connect;
use crate::stage::Stage;
use crate::stats::percentile;
use crate::system::{ALL, System, check_all_counted};
use crate::{Options, process};

const VOTES_PER_SECOND: u32 = 5_000;
const SECONDS: u32 = 40;
const CONNECTIONS: u32 = 64;
/// Each votes in a paredão of its own, so that it knows its votes again.
const PROBERS: usize = 8;
const LOOK_EVERY: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(30);

/// One per round.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// p99 from the edge, in seconds.
    pub(crate) to_postgres: Vec<f64>,
    pub(crate) to_voters: Vec<f64>,
    pub(crate) to_production: Vec<f64>,
    /// The register's memory, in MiB.
    pub(crate) memory_mib_max: Vec<u64>,
}

/// How long one vote took, in seconds.
struct Probe {
    to_postgres: f64,
    to_voters: f64,
    to_production: f64,
}

/// Measures once.
pub(crate) async fn round(stage: &Stage, options: &Options, round: u32, figures: &mut Figures) -> Result<()> {
    let name = format!("latency_{round}");
    let (kafka, database) = (stage.topic(&name).await?, stage.database(&name).await?);
    let system = System::start(&kafka, &database, options, "off", &ALL)?;
    let args = system.deployment(options, CONNECTIONS)?;
    let deployment = Arc::new(Deployment::new(&args)?);
    let paredao = deployment.open_paredao("load").await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut probers = Vec::new();
    for number in 0..PROBERS {
        let prober = Prober::new(&deployment, &args, &database, number).await?;
        probers.push(tokio::spawn(prober.run(Arc::clone(&stop))));
    }
    let curve = Curve { rise_seconds: 5, hold_seconds: SECONDS, peak: VOTES_PER_SECOND };
    let voted = voting::vote(&args, curve, Ballots::new(&args, &paredao).await?).await?;
    stop.store(true, Ordering::Relaxed);
    let mut probes = Vec::new();
    for prober in probers {
        probes.extend(prober.await??);
    }
    check_all_counted(&deployment, &paredao, curve, &voted).await?;
    let p99 = |time: fn(&Probe) -> f64| percentile(&probes.iter().map(time).collect::<Vec<_>>(), 99);
    let [to_postgres, to_voters, to_production] =
        [p99(|probe| probe.to_postgres), p99(|probe| probe.to_voters), p99(|probe| probe.to_production)];
    println!(
        "round {round}: {} probes at {VOTES_PER_SECOND} votes/s, p99: to Postgres {to_postgres:.3} s, voters' screen {to_voters:.3} s, \
         production's {to_production:.3} s",
        probes.len()
    );
    figures.to_postgres.push(to_postgres);
    figures.to_voters.push(to_voters);
    figures.to_production.push(to_production);
    figures.memory_mib_max.push(process::memory_mib_max(system.pid("votes-register")?)?);
    tokio::task::block_in_place(|| system.stop())
}

/// Casts one vote after the other and looks for it everywhere.
struct Prober {
    deployment: Arc<Deployment>,
    paredao: Paredao,
    ballots: Ballots,
    connection: Connection,
    client: Client,
}

impl Prober {
    async fn new(
        deployment: &Arc<Deployment>,
        args: &DeploymentArgs,
        database: &PostgresArgs,
        number: usize,
    ) -> Result<Self> {
        let paredao = deployment.open_paredao(&format!("probe-{number}")).await?;
        Ok(Self {
            deployment: Arc::clone(deployment),
            ballots: Ballots::new(args, &paredao).await?,
            paredao,
            connection: Connection::new(Arc::new(Target::new(&args.voters)?)),
            client: connect(database).await?,
        })
    }

    async fn run(mut self, stop: Arc<AtomicBool>) -> Result<Vec<Probe>> {
        let mut probes = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let index = u64::try_from(probes.len())?;
            probes.push(tokio::time::timeout(PATIENCE, self.probe(index)).await.context("a vote isn't shown")??);
        }
        Ok(probes)
    }

    async fn probe(&mut self, index: u64) -> Result<Probe> {
        let before = self.deployment.revision(&self.paredao).await?;
        let ballot = self.ballots.vote(index, &mut self.connection).await?;
        let begin = Instant::now();
        let (status, _) = self.connection.post("/api/v1/votes", ballot).await?;
        if !status.is_success() {
            bail!("a probe was answered with {status}");
        }
        let expected = index + 1;
        let (to_postgres, to_voters, to_production) = tokio::try_join!(
            async {
                while self.in_postgres().await? < expected {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Ok::<_, anyhow::Error>(begin.elapsed().as_secs_f64())
            },
            async {
                while self.deployment.revision(&self.paredao).await? <= before {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Ok(begin.elapsed().as_secs_f64())
            },
            async {
                while self.deployment.count(&self.paredao).await? < expected {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Ok(begin.elapsed().as_secs_f64())
            },
        )?;
        Ok(Probe { to_postgres, to_voters, to_production })
    }

    async fn in_postgres(&self) -> Result<u64> {
        let statement =
            "SELECT coalesce(sum(votes), 0)::bigint FROM bucket JOIN paredao ON id = paredao WHERE slug = $1";
        Ok(u64::try_from(self.client.query_one(statement, &[&self.paredao.slug]).await?.try_get::<_, i64>(0)?)?)
    }
}
