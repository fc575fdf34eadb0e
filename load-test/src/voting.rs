//! Casting the votes, each when it is due.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Result, bail};
use async_trait::async_trait;
use clap::Parser;
use rlt::cli::BenchCli;
use rlt::{BenchSuite, IterInfo, IterReport, Status};
use tokio::sync::{Barrier, mpsc};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::ballots::Ballots;
use crate::connection::{Connection, Target};
use crate::curve::Curve;
use crate::options::DeploymentArgs;
use crate::progress;
use crate::tally::{Latencies, Sums, Tally};

/// How long the first ballots may take together. They live for three minutes, and the last of them may be due a minute after
/// the first one.
const FIRST_BALLOTS_PATIENCE: Duration = Duration::from_secs(60);

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
    /// How long after they were due votes were sent.
    pub sent_late: Latencies,
    /// From when the first vote was due to the end, in seconds.
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
    start: Arc<Start>,
    /// Closed once no vote is under way any more.
    _under_way: mpsc::Sender<()>,
}

/// When the first vote is due: once each connection has its first ballot. Asking for all of them at once, and doing their proof
/// of work, must not be taken for a slow deployment.
struct Start {
    first_ballots: Barrier,
    /// Ballots that are ready must not expire for want of others.
    latest: Instant,
    begin: OnceLock<Instant>,
}

impl Start {
    fn new(first_ballots: usize) -> Self {
        Self {
            first_ballots: Barrier::new(first_ballots),
            latest: Instant::now() + FIRST_BALLOTS_PATIENCE,
            begin: OnceLock::new(),
        }
    }

    /// When the first vote is due, now that one more connection has its ballot, or can't get it.
    async fn begin(&self) -> Instant {
        if self.begin.get().is_none() {
            let _ = timeout_at(self.latest, self.first_ballots.wait()).await;
        }
        *self.begin.get_or_init(Instant::now)
    }
}

#[async_trait]
impl BenchSuite for Voting {
    type WorkerState = Connection;

    async fn state(&self, _worker: u32) -> Result<Connection> {
        Ok(Connection::new(Arc::clone(&self.target)))
    }

    /// The engine spreads the votes over the connections; what became of them is told to the tally.
    async fn bench(&mut self, connection: &mut Connection, info: &IterInfo) -> Result<IterReport> {
        let ballot = self.ballots.vote(info.runner_seq, connection).await;
        let due = self.start.begin().await + self.curve.due(info.runner_seq);
        // Also without a ballot: a deployment that is away for a second must cost that second's votes, and not all to come.
        sleep_until(due).await;
        let ballot = ballot.inspect_err(|error| self.tally.note_no_ballot(error))?;
        self.tally.note_sent(due.elapsed());
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
/// When the measuring itself fails, or is stopped before the first vote was due. A vote that fails is counted.
pub async fn vote_until(
    args: &DeploymentArgs,
    curve: Curve,
    ballots: Ballots,
    stop: &CancellationToken,
) -> Result<Voted> {
    let tally = Arc::new(Tally::default());
    let start = Arc::new(Start::new(usize::try_from(curve.votes().min(args.connections.into()))?));
    let (under_way, mut none_under_way) = mpsc::channel(1);
    let voting = Voting {
        curve,
        ballots: Arc::new(ballots),
        target: Arc::new(Target::new(&args.voters)?),
        tally: Arc::clone(&tally),
        start: Arc::clone(&start),
        _under_way: under_way,
    };
    let (connections, votes) = (args.connections.to_string(), curve.votes().to_string());
    let arguments = ["load-test", "--quiet", "--concurrency", &connections, "--iterations", &votes];
    let cli = BenchCli::try_parse_from(arguments.into_iter().chain(["--output-file", "/dev/null"]))?;
    tokio::select! {
        done = rlt::cli::run(cli, voting) => done?,
        () = progress::show(&tally, curve.votes()) => {}
        () = stop.cancelled() => {}
    }
    // What is counted must not include a vote that was still to be sent when the figures were taken.
    let _: Option<()> = none_under_way.recv().await;
    let Some(begin) = start.begin.get() else { bail!("interrupted before the first vote") };
    Ok(Voted {
        tally: tally.sums(),
        answers: tally.answers(),
        errors: tally.errors(),
        latencies: tally.latencies(),
        sent_late: tally.sent_late(),
        seconds: begin.elapsed().as_secs_f64(),
        interrupted: stop.is_cancelled(),
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use hyper::body::Bytes;
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::*;
    use crate::connection::tests::answering;
    use crate::options::{Cli, Command, Profile};

    /// More connections than votes.
    fn eight_connections(voters: &str) -> DeploymentArgs {
        let deployment =
            ["--voters", voters, "--production", "http://127.0.0.1:1", "--token", "t", "--connections", "8"];
        match Cli::parse_from(["load-test", "smoke"].iter().chain(&deployment)).command {
            Command::Vote(Profile::Smoke(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    fn votes(votes: u32) -> Curve {
        Curve { rise_seconds: 0, hold_seconds: 1, peak: votes }
    }

    #[tokio::test]
    async fn the_first_vote_is_due_once_the_first_ballots_are_there() {
        let start = Start::new(2);
        let mut first = pin!(start.begin());
        assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let second_ballot = Instant::now();
        let begin = start.begin().await;
        assert!(begin >= second_ballot);
        assert_eq!((first.await, start.begin().await), (begin, begin));
    }

    #[tokio::test]
    async fn votes_are_not_held_back_for_ever() {
        let start = Start { latest: Instant::now(), ..Start::new(2) };
        timeout(FIRST_BALLOTS_PATIENCE, start.begin()).await.unwrap();
    }

    #[tokio::test]
    async fn fewer_ballots_than_connections_are_enough_to_begin() {
        let url = answering(&[("202 Accepted", "")]);
        let ballots = Ballots::Prepared(vec![Bytes::new(); 2]);
        let args = eight_connections(&url);
        let voted = timeout(FIRST_BALLOTS_PATIENCE / 2, vote(&args, votes(3), ballots)).await.unwrap().unwrap();
        assert_eq!(voted.tally, Sums { sent: 2, accepted: 2, refused: 0, unknown: 0, no_ballot: 1 });
        assert!(voted.sent_late.millis(1.0).is_some());
    }

    #[tokio::test]
    async fn a_run_ends_while_its_first_ballots_are_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let args = eight_connections(&format!("http://{}", listener.local_addr().unwrap()));
        let paredao = serde_json::from_str(r#"{"slug": "final", "participants": [{"id": 1}]}"#).unwrap();
        let stop = CancellationToken::new();
        let interruption = async {
            // Connections on which no ballot is given.
            let asked = [listener.accept().await.unwrap(), listener.accept().await.unwrap()];
            stop.cancel();
            asked
        };
        let (voted, _asked) = tokio::join!(vote_until(&args, votes(2), Ballots::Asked(paredao), &stop), interruption);
        assert_eq!(voted.err().unwrap().to_string(), "interrupted before the first vote");
    }
}
