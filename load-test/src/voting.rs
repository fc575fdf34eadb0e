//! Casting the votes, each when it is due.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use async_trait::async_trait;
use clap::Parser;
use hyper::StatusCode;
use rlt::cli::BenchCli;
use rlt::{BenchSuite, IterInfo, IterReport, Status};
use tokio::time::{Instant, sleep_until};

use crate::ballots::Ballots;
use crate::connection::{Connection, Target};
use crate::curve::Curve;
use crate::options::DeploymentArgs;
use crate::progress;
use crate::report::Measured;
use crate::tally::{Sums, Tally};

/// What stands in a status's place.
const NO_ANSWER: i64 = 0;

/// What came of it.
pub struct Voted {
    /// How many votes came to what.
    pub tally: Sums,
    /// Why votes weren't answered, and how many.
    pub silences: BTreeMap<String, u64>,
    /// How long they took.
    pub measured: Measured,
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
}

#[async_trait]
impl BenchSuite for Voting {
    type WorkerState = Connection;

    async fn state(&self, _worker: u32) -> Result<Connection> {
        Ok(Connection::new(Arc::clone(&self.target)))
    }

    /// Its duration runs from when the vote was due, however late it could be sent, and whether or not it was answered: a deployment
    /// that stands still can't hide the votes that it keeps waiting.
    async fn bench(&mut self, connection: &mut Connection, info: &IterInfo) -> Result<IterReport> {
        let due = *self.begin.get_or_init(Instant::now) + self.curve.due(info.runner_seq);
        let ballot = self.ballots.vote(info.runner_seq, connection).await;
        let ballot = ballot.inspect_err(|_| self.tally.note_no_ballot())?;
        sleep_until(due).await;
        self.tally.note_sent();
        let (status, bytes) = match connection.post("/api/v1/votes", ballot).await {
            Ok((status, answer)) => {
                self.tally.note_answer(status);
                (kind_of(status), answer.len())
            }
            Err(error) => {
                self.tally.note_silence(&error);
                (Status::error(NO_ANSWER), 0)
            }
        };
        Ok(IterReport { duration: due.elapsed(), status, bytes: u64::try_from(bytes)?, items: 1 })
    }
}

fn kind_of(status: StatusCode) -> Status {
    let code = i64::from(status.as_u16());
    if status.is_success() {
        Status::success(code)
    } else if status.is_client_error() {
        Status::client_error(code)
    } else {
        Status::server_error(code)
    }
}

/// Casts all votes of `curve`.
///
/// # Errors
/// When the measuring itself fails. A vote that fails is counted.
pub async fn vote(args: &DeploymentArgs, curve: Curve, ballots: Ballots) -> Result<Voted> {
    let tally = Arc::new(Tally::default());
    let voting = Voting {
        curve,
        ballots: Arc::new(ballots),
        target: Arc::new(Target::new(&args.voters)?),
        tally: Arc::clone(&tally),
        begin: Arc::default(),
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
        silences: tally.silences(),
        measured: serde_json::from_slice(&std::fs::read(path)?)?,
    })
}
