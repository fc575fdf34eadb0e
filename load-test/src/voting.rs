//! Casting the votes, each when it is due.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use clap::Parser;
use rlt::cli::BenchCli;
use rlt::{BenchSuite, IterInfo, IterReport, Status};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::ballots::Ballots;
use crate::connection::{Connection, Target};
use crate::curve::Curve;
use crate::options::DeploymentArgs;
use crate::progress;
use crate::report::Measured;
use crate::tally::{Sums, Tally};

/// What came of it.
pub struct Voted {
    /// How many votes came to what.
    pub tally: Sums,
    /// How many votes were answered with each HTTP status.
    pub answers: BTreeMap<u16, u64>,
    /// Why votes weren't answered or not even sent, and how many.
    pub errors: BTreeMap<String, u64>,
    /// How long the accepted ones took.
    pub measured: Measured,
    /// Whether it was told to stop.
    pub interrupted: bool,
}

/// All that connections share.
#[derive(Clone)]
struct Voting {
    curve: Curve,
    ballots: Arc<Ballots>,
    target: Arc<Target>,
    tally: Arc<Tally>,
    /// When the first vote is due.
    begin: Arc<OnceLock<Instant>>,
    stop: CancellationToken,
}

#[async_trait]
impl BenchSuite for Voting {
    type WorkerState = Connection;

    async fn state(&self, _worker: u32) -> Result<Connection> {
        Ok(Connection::new(Arc::clone(&self.target)))
    }

    /// Its duration runs from when the vote was due, however late it could be sent: a deployment that stands still can't hide the
    /// votes that it keeps waiting. Only an accepted vote is measured, and any other is an error: quick refusals would look like quick
    /// votes.
    async fn bench(&mut self, connection: &mut Connection, info: &IterInfo) -> Result<IterReport> {
        let due = *self.begin.get_or_init(Instant::now) + self.curve.due(info.runner_seq);
        // Once it is to stop, the engine still goes through the votes to come, and none is sent.
        let cast = self.stop.run_until_cancelled(self.cast(connection, info.runner_seq, due)).await;
        let bytes = cast.context("interrupted")??;
        Ok(IterReport { duration: due.elapsed(), status: Status::success(0), bytes: u64::try_from(bytes)?, items: 1 })
    }
}

impl Voting {
    /// The length of the answer, once the vote is accepted.
    async fn cast(&self, connection: &mut Connection, index: u64, due: Instant) -> Result<usize> {
        let ballot = self.ballots.vote(index, connection).await;
        // Also without a ballot: a deployment that is away for a second must cost that second's votes, and not all to come.
        sleep_until(due).await;
        let ballot = ballot.inspect_err(|error| self.tally.note_no_ballot(error))?;
        self.tally.note_sent();
        let answered = connection.post("/api/v1/votes", ballot).await;
        let (status, answer) = answered.inspect_err(|error| self.tally.note_silence(error))?;
        self.tally.note_answer(status);
        if !status.is_success() {
            bail!("{status}");
        }
        Ok(answer.len())
    }
}

/// Casts all votes of `curve`.
///
/// # Errors
/// When the measuring itself fails. A vote that fails is counted.
pub async fn vote(args: &DeploymentArgs, curve: Curve, ballots: Ballots) -> Result<Voted> {
    vote_until(args, curve, ballots, &CancellationToken::new()).await
}

/// Casts the votes of `curve` that are due before `stop`.
///
/// # Errors
/// When the measuring itself fails. A vote that fails is counted.
pub async fn vote_until(
    args: &DeploymentArgs,
    curve: Curve,
    ballots: Ballots,
    stop: &CancellationToken,
) -> Result<Voted> {
    let tally = Arc::new(Tally::default());
    let voting = Voting {
        curve,
        ballots: Arc::new(ballots),
        target: Arc::new(Target::new(&args.voters)?),
        tally: Arc::clone(&tally),
        begin: Arc::default(),
        stop: stop.clone(),
    };
    let output = tempfile::NamedTempFile::new()?;
    let path = output.path().to_str().context("the folder for temporary files has a strange name")?;
    let (connections, votes) = (args.connections.to_string(), curve.votes().to_string());
    let arguments = ["load-test", "--quiet", "--concurrency", &connections, "--iterations", &votes, "--output", "json"];
    let cli = BenchCli::try_parse_from(arguments.into_iter().chain(["--output-file", path]))?;
    tokio::select! {
        done = rlt::cli::run(cli, voting) => done?,
        () = progress::show(&tally, curve.votes()) => {}
    }
    Ok(Voted {
        tally: tally.sums(),
        answers: tally.answers(),
        errors: tally.errors(),
        measured: serde_json::from_slice(&std::fs::read(path)?)?,
        interrupted: stop.is_cancelled(),
    })
}
