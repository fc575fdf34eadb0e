//! The register that holds all partitions is killed with -9 and started again at once, as an orchestrator would.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio_postgres::Client;
use voting_commons::Shards;
use voting_commons::adapters::kafka::KafkaArgs;

use crate::Options;
use crate::backlog::{connect, spawn};
use crate::fill;
use crate::stage::{PARTITIONS, Stage};

const VOTES_PER_SECOND: u64 = 5_000;
/// Counting goes on for so long before the kill.
const BEFORE: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

/// Seconds from the kill until more is counted than before it.
pub(crate) async fn measure(stage: &Stage, options: &Options, round: u32) -> Result<f64> {
    let name = format!("takeover_{round}");
    let (kafka, database) = (stage.topic(&name).await?, stage.database(&name).await?);
    let client = connect(&database).await?;
    let stop = AtomicBool::new(false);
    let seconds = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let flowing = scope.spawn(|| fill::flow(&kafka, PARTITIONS, VOTES_PER_SECOND, Shards::ONE, &stop));
            let measured = tokio::runtime::Handle::current().block_on(kill(&kafka, &database, &client, options));
            stop.store(true, Ordering::Relaxed);
            flowing.join().expect("the flow doesn't panic")?;
            measured
        })
    })?;
    Ok(seconds)
}

async fn kill(
    kafka: &KafkaArgs,
    database: &voting_commons::adapters::postgres::PostgresArgs,
    client: &Client,
    options: &Options,
) -> Result<f64> {
    let mut daemon = spawn(kafka, database, options)?;
    wait_past(client, 0).await?;
    tokio::time::sleep(BEFORE).await;
    tokio::task::block_in_place(|| daemon.kill())?;
    let begin = Instant::now();
    // What was on its way to Postgres may still arrive.
    let at_kill = counted(client).await?;
    let _again = spawn(kafka, database, options)?;
    wait_past(client, at_kill).await?;
    Ok(begin.elapsed().as_secs_f64())
}

async fn wait_past(client: &Client, votes: i64) -> Result<()> {
    let begin = Instant::now();
    while counted(client).await? <= votes {
        if begin.elapsed() > PATIENCE {
            bail!("nothing was counted for {} s", PATIENCE.as_secs());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

async fn counted(client: &Client) -> Result<i64> {
    let statement = "SELECT coalesce(sum(counted), 0)::bigint FROM register_cursor";
    Ok(client.query_one(statement, &[]).await?.try_get(0)?)
}
