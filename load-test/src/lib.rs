//! Votes as a country does, against any deployment, and holds what was acknowledged against what was counted.
//!
//! [`curve`] says when votes are due, [`ballots`] where they come from, [`voting`] casts them, and [`report`] says how it went.
//! [`import`] brings in a file's votes instead, and [`import_report`] says what became of them.
//! [`deployment`] is all that is asked of the other side apart from votes.

pub mod ballots;
pub mod connection;
pub mod curve;
pub mod deployment;
pub mod import;
mod import_report;
pub mod options;
mod progress;
pub mod report;
pub mod tally;
pub mod voting;

use anyhow::{Result, bail};
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::shutdown;

use crate::ballots::Ballots;
use crate::deployment::{Deployment, Paredao};
use crate::options::{Cli, Command, DeploymentArgs, Profile};
use crate::report::Report;
use crate::voting::Voted;

/// Casts the votes and says how it went; whether each of them was accepted and counted, and the paredão closed.
///
/// # Errors
/// When the deployment can't be asked, or the report not be written. Votes that fail are counted instead.
pub async fn run(cli: &Cli) -> Result<bool> {
    match &cli.command {
        Command::Vote(profile) => vote(profile).await,
        Command::Import(args) => import::run(args).await,
    }
}

/// Whatever becomes of the test, no paredão stays open after it.
async fn vote(profile: &Profile) -> Result<bool> {
    let (name, args) = profile.parts();
    // First all that can go wrong without a paredão.
    let curve = profile.curve()?;
    report::prepare(&args.out)?;
    let deployment = Deployment::new(args)?;
    let stop = shutdown::on_signal()?;
    let Some(made) = stop.run_until_cancelled(make_paredao(args, &deployment)).await else {
        bail!("interrupted before there was a paredão");
    };
    let paredao = made?;
    let tested = test(profile, &deployment, &paredao, &stop).await;
    let closed = deployment.close(&paredao).await;
    if let Err(error) = &closed {
        eprintln!("load-test: the paredão {} could not be closed: {error:#}", paredao.slug);
    }
    let (voted, counted) = tested?;
    let report = Report::new(name, &paredao.slug, curve, voted, counted, closed.is_ok());
    print!("{report}");
    report.write(&args.out)?;
    Ok(report.passed())
}

async fn make_paredao(args: &DeploymentArgs, deployment: &Deployment) -> Result<Paredao> {
    deployment.check_voters().await?;
    Ballots::check_keys(args).await?;
    deployment.make_paredao("load-test").await
}

/// Opens the paredão and votes, until a signal cuts it short; what came of it, and how many votes were counted, if production
/// says.
async fn test(
    profile: &Profile,
    deployment: &Deployment,
    paredao: &Paredao,
    stop: &CancellationToken,
) -> Result<(Voted, Option<u64>)> {
    let ((_, args), curve) = (profile.parts(), profile.curve()?);
    let opened = async {
        deployment.open(paredao).await?;
        Ballots::new(args, paredao).await
    };
    let Some(ballots) = stop.run_until_cancelled(opened).await else { bail!("interrupted before the first vote") };
    eprintln!("{} votes for {} over {} connections", curve.votes(), paredao.slug, args.connections);
    eprintln!("the first is due once these have their first ballots");
    let mut voted = voting::vote_until(args, curve, ballots?, stop).await?;
    eprintln!("waiting until the votes are counted (Ctrl-C ends that)");
    let counting = deployment.settled_count(paredao, voted.tally.accepted);
    // The first signal ended the votes; one more ends the waiting.
    let counted = match shutdown::on_signal()?.run_until_cancelled(counting).await {
        Some(Ok(counted)) => Some(counted),
        Some(Err(error)) => {
            eprintln!("load-test: production doesn't say how many votes were counted: {error:#}");
            None
        }
        None => {
            voted.interrupted = true;
            None
        }
    };
    Ok((voted, counted))
}
