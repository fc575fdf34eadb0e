//! Other programs that count the same topic, as a user might have written them.

use std::process::Command;
use std::str::FromStr;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use dev_stack::daemon::{Daemon, Lifetime};
use nix::sys::signal::Signal;
use voting_commons::adapters::kafka::KafkaArgs;

use crate::backlog::{self, Backlog, connect};
use crate::stage::Stage;
use crate::{Options, process, rest};

/// What such a program keeps its counts and its positions in.
const TABLES: &str = "CREATE TABLE counts (paredao int, participant int, minute bigint, votes bigint NOT NULL,
                                           PRIMARY KEY (paredao, participant, minute));
                      CREATE TABLE off (part int PRIMARY KEY, next bigint)";
const COUNTED: &str = "SELECT coalesce(sum(votes), 0)::bigint FROM counts";

/// The same address, for Java.
fn jdbc_url(url: &str) -> Result<String> {
    let (user, rest) =
        url.strip_prefix("postgres://").and_then(|url| url.split_once('@')).context("it names no user")?;
    Ok(format!("jdbc:postgresql://{rest}?user={user}"))
}

/// `NAME=COMMAND`, for `sh`. The command finds BROKERS, TOPIC, VOTES, GROUP, STATE_DIR, PG_DSN and PG_URL in its environment, and
/// adds up votes in the table `counts`.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) name: String,
    command: String,
}

impl FromStr for Peer {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((name, command)) => Ok(Self { name: name.to_owned(), command: command.to_owned() }),
            None => bail!("a peer is NAME=COMMAND"),
        }
    }
}

impl Peer {
    /// Lets it count the backlog.
    pub(crate) async fn measure(
        &self,
        stage: &Stage,
        kafka: &KafkaArgs,
        options: &Options,
        round: u32,
    ) -> Result<Backlog> {
        let run = format!("peer_{}_{round}", self.name);
        let database = stage.database(&run).await?;
        let client = connect(&database).await?;
        client.batch_execute(TABLES).await?;
        tokio::task::block_in_place(rest::wait)?;
        let begin = Instant::now();
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("exec {}", self.command)])
            .env("BROKERS", &kafka.kafka_brokers)
            .env("TOPIC", &kafka.kafka_topic)
            .env("VOTES", backlog::records(options).to_string())
            .env("GROUP", &run)
            .env("STATE_DIR", options.dir.join(&run))
            .env("PG_DSN", &database.database_url)
            .env("PG_URL", jdbc_url(&database.database_url)?);
        let log = options.dir.join(format!("{run}.log"));
        let mut daemon = Daemon::spawn(command, &self.name, &log, &Lifetime::Parent, Signal::SIGKILL)?;
        let watched = backlog::watch(&client, COUNTED, begin, i64::try_from(backlog::records(options))?).await;
        let used = (process::cpu_seconds(daemon.pid()), process::memory_mib_max(daemon.pid()));
        tokio::task::block_in_place(|| daemon.kill())?;
        Ok(watched?.with(used.0?, used.1?))
    }
}
