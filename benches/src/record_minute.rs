//! The busiest minute on record, everything on this machine, the generator included.

use anyhow::{Result, bail};
use load_test::ballots::Ballots;
use load_test::curve::Curve;
use load_test::deployment::Deployment;
use load_test::tally::Sums;
use load_test::voting;

use crate::stage::Stage;
use crate::system::{ALL, System};
use crate::{Options, process};

const CONNECTIONS: u32 = 512;
const CURVE: Curve = Curve { rise_seconds: 20, hold_seconds: 60, peak: 59_850 };

/// What came of it.
pub(crate) struct RecordMinute {
    pub(crate) due: u64,
    pub(crate) votes: Sums,
    pub(crate) counted: u64,
    pub(crate) seconds: f64,
    pub(crate) p99_millis: f64,
    pub(crate) register_mib: u64,
    pub(crate) frontend_mib: u64,
}

/// Measures once.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<RecordMinute> {
    let (kafka, database) = (stage.topic("record-minute").await?, stage.database("record_minute").await?);
    let system = System::start(&kafka, &database, options, "off", &ALL)?;
    let args = system.deployment(options, CONNECTIONS)?;
    let deployment = Deployment::new(&args)?;
    let paredao = deployment.open_paredao("record-minute").await?;
    let voted = voting::vote(&args, CURVE, Ballots::new(&args, &paredao).await?).await?;
    let counted = deployment.settled_count(&paredao, voted.tally.accepted).await?;
    let Sums { accepted, unknown, .. } = voted.tally;
    if !(accepted..=accepted + unknown).contains(&counted) {
        bail!("{accepted} votes were answered with 2xx, {unknown} not known, and {counted} were counted");
    }
    let measured = RecordMinute {
        due: CURVE.votes(),
        votes: voted.tally,
        counted,
        seconds: voted.seconds,
        p99_millis: voted.latencies.millis(0.99).unwrap_or(f64::NAN),
        register_mib: process::memory_mib_max(system.pid("votes-register")?)?,
        frontend_mib: process::memory_mib_max(system.pid("voters-frontend")?)?,
    };
    tokio::task::block_in_place(|| system.stop())?;
    println!(
        "record minute: {} votes due in 80 s took {:.1} s, {} with 2xx, {counted} counted, p99 {:.0} ms",
        measured.due, measured.seconds, measured.votes.accepted, measured.p99_millis
    );
    Ok(measured)
}
