//! What growth costs: more partitions, more registers, more buckets than there were.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use tokio_postgres::Client;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::backlog::{COUNTED, connect, spawn, watch};
use crate::stage::{PARTITIONS, Stage};
use crate::stats::median_and_spread;
use crate::system::STOP_PATIENCE;
use crate::{Options, fill};

/// Votes of each measurement.
const VOTES: u64 = 5_000_000;
/// How often each backlog is worked off: so short a run is at the machine's mercy.
const ROUNDS: usize = 3;
const PARTITION_COUNTS: [i32; 8] = [1, 2, 4, 8, 12, 16, 24, 48];
const REGISTER_COUNTS: [usize; 3] = [1, 2, 3];
const BUCKET_COUNTS: [i64; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
/// Buckets of earlier paredões, a participant and a minute each.
const FILL: &str = "INSERT INTO bucket (paredao, start, participant, partition, votes)
    SELECT 1000 + n / 300000, timestamptz '2020-01-01' + (n / 3 % 100000) * interval '1 minute', n % 3, n % 12, 1000
    FROM generate_series(1, $1::bigint) n";

/// Registers share the partitions before they count.
const PAUSE: &str = "INSERT INTO register_control (topic, who) VALUES ($1, 'benches')";
const RESUME: &str = "DELETE FROM register_control WHERE topic = $1";
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(60);
/// Lets the same backlog be counted anew.
const RESET: &str = "TRUNCATE register_cursor CASCADE; DELETE FROM bucket WHERE paredao < 1000";

/// Votes per second, by what grew: the median, the least, the greatest.
#[derive(Default)]
pub(crate) struct Growth {
    partitions: Vec<(String, [f64; 3])>,
    registers: Vec<(String, [f64; 3])>,
    buckets: Vec<(String, [f64; 3])>,
}

/// Measures each, and takes the median.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Growth> {
    let mut growth = Growth::default();
    for partitions in PARTITION_COUNTS {
        let name = format!("partitions_{partitions}");
        let (rate, _) = rate(stage, options, &name, partitions, 1, 0).await?;
        growth.partitions.push((partitions.to_string(), rate));
    }
    for registers in REGISTER_COUNTS {
        let (rate, _) = rate(stage, options, &format!("registers_{registers}"), PARTITIONS, registers, 0).await?;
        growth.registers.push((registers.to_string(), rate));
    }
    for buckets in BUCKET_COUNTS {
        let name = format!("buckets_{buckets}");
        let (rate, database) = rate(stage, options, &name, PARTITIONS, 1, buckets).await?;
        growth.buckets.push((buckets.to_string(), rate));
        // Ten million rows are more than a measurement should leave behind.
        connect(&database).await?.batch_execute("TRUNCATE bucket").await?;
    }
    Ok(growth)
}

async fn rate(
    stage: &Stage,
    options: &Options,
    name: &str,
    partitions: i32,
    registers: usize,
    buckets: i64,
) -> Result<([f64; 3], PostgresArgs)> {
    let (kafka, database) = (stage.topic_of(name, partitions).await?, stage.database(name).await?);
    let client = connect(&database).await?;
    if buckets > 0 {
        client.execute(FILL, &[&buckets]).await?;
        // A statement of its own each: a vacuum runs in no transaction.
        client.batch_execute("VACUUM ANALYZE bucket").await?;
        client.batch_execute("CHECKPOINT").await?;
    }
    tokio::task::block_in_place(|| fill::fill(&kafka, VOTES, partitions))?;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        client.batch_execute(RESET).await?;
        client.execute(PAUSE, &[&kafka.kafka_topic]).await?;
        let mut daemons = (0..registers).map(|_| spawn(&kafka, &database, options)).collect::<Result<Vec<_>>>()?;
        wait_until_shared(&client, partitions.min(i32::try_from(registers)?)).await?;
        client.execute(RESUME, &[&kafka.kafka_topic]).await?;
        let begin = Instant::now();
        let watched = watch(&client, COUNTED, begin, i64::try_from(VOTES)?).await?;
        check(&client).await?;
        let mut stop = || daemons.iter_mut().try_for_each(|daemon| daemon.stop(Signal::SIGTERM, STOP_PATIENCE));
        tokio::task::block_in_place(&mut stop)?;
        rates.push(watched.with(0.0, 0).rate);
    }
    let spread @ [median, least, greatest] = median_and_spread(&rates);
    println!("{name}: {median:.0} votes/s [{least:.0}, {greatest:.0}]");
    Ok((spread, database))
}

/// Waits until so many registers hold partitions.
async fn wait_until_shared(client: &Client, registers: i32) -> Result<()> {
    let owners = "SELECT count(DISTINCT owner)::integer FROM register_cursor";
    let shared = async {
        while client.query_one(owners, &[]).await?.try_get::<_, i32>(0)? < registers {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, shared).await.context("the registers don't share the partitions")?
}

/// No rate counts unless the count is right.
async fn check(client: &Client) -> Result<()> {
    let counts = "SELECT (SELECT coalesce(sum(votes), 0) FROM bucket WHERE paredao < 1000)::bigint,
                         (SELECT coalesce(sum(counted + duplicate), 0) FROM register_cursor)::bigint";
    let row = client.query_one(counts, &[]).await?;
    let (votes, records): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let written = i64::try_from(VOTES)?;
    if votes != written || records < written {
        bail!("{written} votes were written, and {votes} counted, of {records} records");
    }
    Ok(())
}

/// Three tables.
pub(crate) fn text(growth: &Growth) -> String {
    let mut text = format!(
        "\n## As it grows\n\nBacklogs of {VOTES} votes, each worked off {ROUNDS} times: the median, in millions of votes per second.\n"
    );
    let tables = [
        ("partitions, one register", &growth.partitions),
        ("registers, 12 partitions", &growth.registers),
        ("buckets that were there before", &growth.buckets),
    ];
    for (what, rates) in tables {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n| {what} |");
        rates.iter().for_each(|(size, _)| {
            let _ = write!(text, " {size} |");
        });
        let _ = write!(text, "\n|---|{}\n| M votes/s |", "---|".repeat(rates.len()));
        rates.iter().for_each(|(_, rate)| {
            let [median, least, greatest] = rate.map(|rate| rate / 1e6);
            let _ = write!(text, " {median:.2} [{least:.2}, {greatest:.2}] |");
        });
        text.push('\n');
    }
    text
}
