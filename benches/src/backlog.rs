//! A register that comes to a backlog: from its start to exact buckets in Postgres.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::port;
use nix::sys::signal::Signal;
use tokio_postgres::{Client, NoTls};
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::stage::{PARTITIONS, Stage};
use crate::system::STOP_PATIENCE;
use crate::{Options, fill, process, raw, rest};

const TOPIC: &str = "backlog";
const LOOK_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(300);

/// What `register_cursor` says was read and decided.
const WRITTEN_OFF: &str =
    "SELECT coalesce(sum(counted + duplicate + parked + skipped), 0)::bigint FROM register_cursor";
/// What `register_cursor` says was counted.
pub(crate) const COUNTED: &str = "SELECT coalesce(sum(counted), 0)::bigint FROM register_cursor";

/// One per round.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// librdkafka alone, in votes per second: in batches, and one by one.
    pub(crate) raw: Vec<f64>,
    pub(crate) one_by_one: Vec<f64>,
    pub(crate) register: Vec<Backlog>,
    pub(crate) peers: BTreeMap<String, Vec<Backlog>>,
}

/// One backlog worked off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backlog {
    /// Votes per second between the first count that was seen and the last.
    pub(crate) rate: f64,
    /// Votes per second from the process's start to the last count.
    pub(crate) rate_from_start: f64,
    /// From the process's start to the first count, in seconds.
    pub(crate) first_count: f64,
    /// Processor seconds per million votes, the start included.
    pub(crate) cpu_per_million: f64,
    pub(crate) memory_mib_max: u64,
}

/// How counts were seen to rise.
pub(crate) struct Watched {
    votes: i64,
    /// When the first was seen, since the start, and how many votes that was.
    first: (Duration, i64),
    pub(crate) end: Duration,
}

impl Watched {
    /// With what the process used.
    pub(crate) fn with(&self, cpu_seconds: f64, memory_mib_max: u64) -> Backlog {
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
        let count = |votes: i64| votes as f64;
        let (at_first, in_first) = self.first;
        Backlog {
            rate: count(self.votes - in_first) / (self.end - at_first).as_secs_f64(),
            rate_from_start: count(self.votes) / self.end.as_secs_f64(),
            first_count: at_first.as_secs_f64(),
            cpu_per_million: cpu_seconds / (count(self.votes) / 1e6),
            memory_mib_max,
        }
    }
}

/// Writes the backlog, which every round counts anew.
pub(crate) async fn fill(stage: &Stage, options: &Options) -> Result<()> {
    let kafka = stage.topic(TOPIC).await?;
    println!("filling the topic with {} votes", options.votes);
    tokio::task::block_in_place(|| fill::fill(&kafka, options.votes, PARTITIONS))
}

/// Measures librdkafka, the register and its peers one after the other, and every other round the other way about.
pub(crate) async fn round(stage: &Stage, options: &Options, round: u32, figures: &mut Figures) -> Result<()> {
    let kafka = &stage.kafka_args(TOPIC);
    if round.is_multiple_of(2) {
        measure_peers(stage, kafka, options, round, figures).await?;
        measure_register(stage, kafka, options, round, figures).await?;
        measure_raw(kafka, options, round, figures)
    } else {
        measure_raw(kafka, options, round, figures)?;
        measure_register(stage, kafka, options, round, figures).await?;
        measure_peers(stage, kafka, options, round, figures).await
    }
}

fn measure_raw(kafka: &KafkaArgs, options: &Options, round: u32, figures: &mut Figures) -> Result<()> {
    let records = records(options);
    let at_rest = |measure: fn(&KafkaArgs, u64) -> Result<f64>| {
        tokio::task::block_in_place(|| {
            rest::wait()?;
            measure(kafka, records)
        })
    };
    let (raw, one_by_one) = (at_rest(raw::measure)?, at_rest(raw::measure_one_by_one)?);
    println!("round {round}: librdkafka alone {raw:.0} votes/s, record by record {one_by_one:.0}");
    figures.raw.push(raw);
    figures.one_by_one.push(one_by_one);
    Ok(())
}

async fn measure_register(
    stage: &Stage,
    kafka: &KafkaArgs,
    options: &Options,
    round: u32,
    figures: &mut Figures,
) -> Result<()> {
    let database = stage.database(&format!("backlog_{round}")).await?;
    tokio::task::block_in_place(rest::wait)?;
    let register = register(kafka, &database, options).await?;
    say(round, "register", &register);
    figures.register.push(register);
    Ok(())
}

async fn measure_peers(
    stage: &Stage,
    kafka: &KafkaArgs,
    options: &Options,
    round: u32,
    figures: &mut Figures,
) -> Result<()> {
    for peer in &options.peers {
        let backlog = peer.measure(stage, kafka, options, round).await?;
        say(round, &peer.name, &backlog);
        figures.peers.entry(peer.name.clone()).or_default().push(backlog);
    }
    Ok(())
}

/// How many records the backlog has.
pub(crate) fn records(options: &Options) -> u64 {
    options.votes + fill::repetitions(options.votes)
}

fn say(round: u32, name: &str, backlog: &Backlog) {
    println!(
        "round {round}: {name} {:.0} votes/s, {:.2} CPU s per million, {} MiB, first count after {:.2} s",
        backlog.rate, backlog.cpu_per_million, backlog.memory_mib_max, backlog.first_count
    );
}

async fn register(kafka: &KafkaArgs, database: &PostgresArgs, options: &Options) -> Result<Backlog> {
    let client = connect(database).await?;
    let begin = Instant::now();
    let mut daemon = spawn(kafka, database, options)?;
    let watched = watch(&client, WRITTEN_OFF, begin, i64::try_from(records(options))?).await?;
    let (cpu, memory_mib_max) = (process::cpu_seconds(daemon.pid())?, process::memory_mib_max(daemon.pid())?);
    check(&client, options.votes).await?;
    tokio::task::block_in_place(|| daemon.stop(Signal::SIGTERM, STOP_PATIENCE))?;
    Ok(watched.with(cpu, memory_mib_max))
}

/// Starts a register with its default settings.
pub(crate) fn spawn(kafka: &KafkaArgs, database: &PostgresArgs, options: &Options) -> Result<Daemon> {
    let mut command = Command::new(options.binaries.join("votes-register"));
    command
        .arg("run")
        .env("KAFKA_BROKERS", &kafka.kafka_brokers)
        .env("KAFKA_TOPIC", &kafka.kafka_topic)
        .env("DATABASE_URL", &database.database_url)
        .env("ADMIN_LISTEN", format!("127.0.0.1:{}", port::free()?))
        .env("RUST_LOG", "warn");
    let log = options.dir.join("votes-register.log");
    Daemon::spawn(command, "votes-register", &log, &Lifetime::Parent, Signal::SIGKILL)
}

/// Asks `counted` until it says `votes`.
pub(crate) async fn watch(client: &Client, counted: &str, begin: Instant, votes: i64) -> Result<Watched> {
    let statement = client.prepare(counted).await?;
    let mut first = None;
    while begin.elapsed() < PATIENCE {
        let counted: i64 = client.query_one(&statement, &[]).await?.try_get(0)?;
        let now = begin.elapsed();
        if counted > 0 {
            let first = *first.get_or_insert((now, counted));
            if counted >= votes {
                return Ok(Watched { votes, first, end: now });
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("not all votes were counted within {} s", PATIENCE.as_secs())
}

/// No figure counts unless the count is right: every ballot once, nothing parked, and each number where it belongs.
async fn check(client: &Client, votes: u64) -> Result<()> {
    let row = client
        .query_one(
            "SELECT (SELECT coalesce(sum(votes), 0) FROM bucket)::bigint,
                    (SELECT count(DISTINCT (participant, start)) FROM bucket),
                    (SELECT coalesce(sum(duplicate), 0) FROM register_cursor)::bigint,
                    (SELECT coalesce(sum(parked + skipped), 0) FROM register_cursor)::bigint",
            &[],
        )
        .await?;
    let found: (i64, i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    if found != (i64::try_from(votes)?, 300, i64::try_from(fill::repetitions(votes))?, 0) {
        let (counted, groups, duplicate, others) = found;
        bail!(
            "{counted} votes in {groups} groups were counted, {duplicate} records were duplicate, and {others} neither"
        );
    }
    Ok(())
}

/// Asks [`COUNTED`].
pub(crate) async fn counted(client: &Client) -> Result<i64> {
    Ok(client.query_one(COUNTED, &[]).await?.try_get(0)?)
}

/// A connection of one's own.
pub(crate) async fn connect(database: &PostgresArgs) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(&database.database_url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
