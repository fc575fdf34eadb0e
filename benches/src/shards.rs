//! Hot keys: three participants at the record rate, whose votes are spread over 1, 4 and 12 keys each, with two registers.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio_postgres::Client;
use voting_commons::Shards;
use voting_commons::adapters::kafka::KafkaArgs;

use crate::backlog::{connect, counted, spawn};
use crate::stage::Stage;
use crate::{Options, fill, process};

const SHARDS: [i64; 3] = [1, 4, 12];
const VOTES_PER_SECOND: u64 = 59_850;
const FOR: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(120);
/// So much of the flow may be uncounted and the registers still keep up: what a batch's age and a look take.
const KEEPING_UP_VOTES: i64 = 60_000;

/// What one number of shards came to.
pub(crate) struct HotKeys {
    shards: i64,
    partitions: usize,
    /// The most votes that were due and not yet counted: what the generator is late, too.
    behind_max: i64,
    /// From the last vote to its count, in seconds.
    caught_up: f64,
    /// Processor seconds of each register.
    cpu: [f64; 2],
}

/// Measures each once.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<HotKeys>> {
    let mut measured = Vec::new();
    for shards in SHARDS {
        let name = format!("shards_{shards}");
        let (kafka, database) = (stage.topic(&name).await?, stage.database(&name).await?);
        let client = connect(&database).await?;
        let first = spawn(&kafka, &database, options)?;
        let second = spawn(&kafka, &database, options)?;
        wait_until_shared(&client).await?;
        let (behind_max, caught_up) = flow(&client, &kafka, shards.try_into()?).await?;
        let cpu = [process::cpu_seconds(first.pid())?, process::cpu_seconds(second.pid())?];
        let rows = client.query("SELECT FROM register_cursor WHERE counted > 0", &[]).await?;
        let hot = HotKeys { shards, partitions: rows.len(), behind_max, caught_up, cpu };
        println!("{} shards: {behind_max} votes behind at most, the last counted after {caught_up:.2} s", shards);
        measured.push(hot);
    }
    Ok(measured)
}

/// Waits until both hold partitions: only then is the second one worth anything.
async fn wait_until_shared(client: &Client) -> Result<()> {
    let owners = "SELECT count(DISTINCT owner) FROM register_cursor";
    let both = async {
        while client.query_one(owners, &[]).await?.try_get::<_, i64>(0)? < 2 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, both).await.context("the registers don't share the partitions")?
}

async fn flow(client: &Client, kafka: &KafkaArgs, shards: Shards) -> Result<(i64, f64)> {
    let (behind_max, votes) = fill::while_flowing(kafka, VOTES_PER_SECOND, shards, watch(client))?;
    let end = Instant::now();
    let votes = i64::try_from(votes)?;
    let all = async {
        while counted(client).await? < votes {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok((behind_max, end.elapsed().as_secs_f64()))
    };
    tokio::time::timeout(PATIENCE, all).await.context("not all votes were counted")?
}

/// How far the count was behind the flow, at most.
async fn watch(client: &Client) -> Result<i64> {
    let begin = Instant::now();
    let mut behind_max = 0;
    while begin.elapsed() < FOR {
        let due = i64::try_from(begin.elapsed().as_millis() * u128::from(VOTES_PER_SECOND) / 1000)?;
        behind_max = behind_max.max(due - counted(client).await?);
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(behind_max)
}

/// A table.
pub(crate) fn text(measured: &[HotKeys]) -> String {
    if measured.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n## Hot keys\n\nThree participants, {VOTES_PER_SECOND} votes a second for {} s, two registers.\n\n\
         | shards | partitions with votes | votes behind at most | last vote counted after, s | CPU s of the registers | keep up |\n\
         |---|---|---|---|---|---|\n",
        FOR.as_secs()
    );
    for HotKeys { shards, partitions, behind_max, caught_up, cpu: [first, second] } in measured {
        let keeps_up = if *behind_max <= KEEPING_UP_VOTES { "yes" } else { "no" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {shards} | {partitions} | {behind_max} | {caught_up:.2} | {first:.1} + {second:.1} | {keeps_up} |"
        );
    }
    text
}
