//! The register that holds all partitions is killed with -9 and started again at once, as an orchestrator would. No total may go
//! down meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use dev_stack::daemon::Daemon;
use tokio_postgres::Client;
use voting_commons::Shards;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::backlog::{connect, spawn};
use crate::stage::Stage;
use crate::{Options, fill};

const VOTES_PER_SECOND: u64 = 5_000;
const RECORD_VOTES_PER_SECOND: u64 = 59_850;
/// Counting goes on for so long before the kill.
const BEFORE: Duration = Duration::from_secs(8);
/// What the killed one had sent to Postgres arrives in that time, and its partitions go to nobody that soon.
const ON_ITS_WAY: Duration = Duration::from_secs(1);
/// What production's screens show.
const TOTAL: &str = "SELECT coalesce(sum(votes), 0)::bigint FROM bucket";
const LOOK_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

/// Seconds from each kill until more is counted than before it.
#[derive(Default)]
pub(crate) struct Figures {
    /// At 5,000 votes a second.
    pub(crate) usual: Vec<f64>,
    /// At the record's rate.
    pub(crate) at_record: Vec<f64>,
}

/// Kills once at each rate.
pub(crate) async fn round(stage: &Stage, options: &Options, round: u32, figures: &mut Figures) -> Result<()> {
    let usual = measure(stage, options, round, VOTES_PER_SECOND).await?;
    let at_record = measure(stage, options, round, RECORD_VOTES_PER_SECOND).await?;
    println!("round {round}: counting again {usual:.2} s after kill -9, {at_record:.2} s at the record's rate");
    figures.usual.push(usual);
    figures.at_record.push(at_record);
    Ok(())
}

async fn measure(stage: &Stage, options: &Options, round: u32, votes_per_second: u64) -> Result<f64> {
    let name = format!("takeover_{votes_per_second}_{round}");
    let (kafka, database) = (stage.topic(&name).await?, stage.database(&name).await?);
    let client = connect(&database).await?;
    let kill = kill(&kafka, &database, &client, options);
    let ((seconds, _again), votes) = fill::while_flowing(&kafka, votes_per_second, Shards::ONE, kill)?;
    let votes = i64::try_from(votes)?;
    wait_past(&client, votes - 1).await?;
    match total(&client).await? {
        found if found == votes => Ok(seconds),
        found => bail!("{votes} votes were sent, and {found} counted"),
    }
}

/// The seconds, and the register that took over.
async fn kill(kafka: &KafkaArgs, database: &PostgresArgs, client: &Client, options: &Options) -> Result<(f64, Daemon)> {
    let mut daemon = spawn(kafka, database, options)?;
    wait_past(client, 0).await?;
    tokio::time::sleep(BEFORE).await;
    tokio::task::block_in_place(|| daemon.kill())?;
    let begin = Instant::now();
    let again = spawn(kafka, database, options)?;
    tokio::time::sleep(ON_ITS_WAY).await;
    let at_kill = total(client).await?;
    wait_past(client, at_kill).await?;
    Ok((begin.elapsed().as_secs_f64(), again))
}

async fn total(client: &Client) -> Result<i64> {
    Ok(client.query_one(TOTAL, &[]).await?.try_get(0)?)
}

/// Looks at the total until it is more than `votes`.
async fn wait_past(client: &Client, votes: i64) -> Result<()> {
    let begin = Instant::now();
    let mut last = 0;
    loop {
        let total = total(client).await?;
        if total < last {
            bail!("the total went down, from {last} to {total}");
        }
        if total > votes {
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            bail!("nothing was counted for {} s", PATIENCE.as_secs());
        }
        last = total;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
