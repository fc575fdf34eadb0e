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

use anyhow::Result;

use crate::ballots::Ballots;
use crate::deployment::Deployment;
use crate::options::{Cli, Command, Profile};
use crate::report::Report;

/// Casts the votes and says how it went; whether any was acknowledged, and what was counted agrees with that.
///
/// # Errors
/// When the deployment can't be asked, or the report not be written. Votes that fail are counted instead.
pub async fn run(cli: &Cli) -> Result<bool> {
    match &cli.command {
        Command::Vote(profile) => vote(profile).await,
        Command::Import(args) => import::run(args).await,
    }
}

async fn vote(profile: &Profile) -> Result<bool> {
    let (name, args) = profile.parts();
    let curve = profile.curve()?;
    let deployment = Deployment::new(args)?;
    let paredao = deployment.open_paredao("load-test").await?;
    let ballots = Ballots::new(args, &paredao).await?;
    eprintln!("{} votes for {} over {} connections", curve.votes(), paredao.slug, args.connections);
    let voted = voting::vote(args, curve, ballots).await?;
    let counted = deployment.settled_count(&paredao, voted.tally.accepted).await?;
    deployment.close(&paredao).await?;
    let report = Report::new(name, &paredao.slug, curve, &voted, counted);
    report.write(&args.out)?;
    print!("{report}");
    Ok(report.passed())
}
