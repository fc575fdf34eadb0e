//! Casting the votes, each when it is due.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use async_trait::async_trait;
use clap::Parser;
use rlt::cli::BenchCli;
use rlt::{BenchSuite, IterInfo, IterReport, Status};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::ballots::Ballots;
use crate::connection::{Connection, Target};
use crate::curve::Curve;
use crate::options::DeploymentArgs;
use crate::progress;
use crate::tally::{Latencies, Sums, Tally};

/// What came of it.
pub struct Voted {
    /// How many votes came to what.
    pub tally: Sums,
    /// How many votes were answered with each HTTP status.
    pub answers: BTreeMap<u16, u64>,
    /// Why votes weren't answered or not even sent, and how many.
    pub errors: BTreeMap<String, u64>,
    /// How long the accepted ones took, from when each was due.
    pub latencies: Latencies,
    /// How long all of it took, in seconds.
    pub seconds: f64,
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
    /// Closed once no vote is under way any more.
    _under_way: mpsc::Sender<()>,
}

#[async_trait]
impl BenchSuite for Voting {
    type WorkerState = Connection;

    async fn state(&self, _worker: u32) -> Result<Connection> {
        Ok(Connection::new(Arc::clone(&self.target)))
    }

    /// The engine spreads the votes over the connections; what became of them is told to the tally.
    async fn bench(&mut self, connection: &mut Connection, info: &IterInfo) -> Result<IterReport> {
        let due = *self.begin.get_or_init(Instant::now) + self.curve.due(info.runner_seq);
        let ballot = self.ballots.vote(info.runner_seq, connection).await;
        // Also without a ballot: a deployment that is away for a second must cost that second's votes, and not all to come.
        sleep_until(due).await;
        let ballot = ballot.inspect_err(|error| self.tally.note_no_ballot(error))?;
        self.tally.note_sent();
        match connection.post("/api/v1/votes", ballot).await {
            // From when the vote was due, however late it could be sent: a deployment that stands still can't hide the votes that
            // it keeps waiting.
            Ok((status, _)) => self.tally.note_answer(status, due.elapsed()),
            Err(error) => self.tally.note_silence(&error),
        }
        Ok(IterReport { duration: due.elapsed(), status: Status::success(0), bytes: 0, items: 1 })
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
    let (under_way, mut none_under_way) = mpsc::channel(1);
    let voting = Voting {
        curve,
        ballots: Arc::new(ballots),
        target: Arc::new(Target::new(&args.voters)?),
        tally: Arc::clone(&tally),
        begin: Arc::default(),
        _under_way: under_way,
    };
    let (connections, votes) = (args.connections.to_string(), curve.votes().to_string());
    let arguments = ["load-test", "--quiet", "--concurrency", &connections, "--iterations", &votes];
    let cli = BenchCli::try_parse_from(arguments.into_iter().chain(["--output-file", "/dev/null"]))?;
    let begin = Instant::now();
    tokio::select! {
        done = rlt::cli::run(cli, voting) => done?,
        () = progress::show(&tally, curve.votes()) => {}
        () = stop.cancelled() => {}
    }
    // What is counted must not include a vote that was still to be sent when the figures were taken.
    let _: Option<()> = none_under_way.recv().await;
    Ok(Voted {
        tally: tally.sums(),
        answers: tally.answers(),
        errors: tally.errors(),
        latencies: tally.latencies(),
        seconds: begin.elapsed().as_secs_f64(),
        interrupted: stop.is_cancelled(),
    })
}
