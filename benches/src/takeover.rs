//! The register that holds all partitions is killed with -9 and started again at once, as an orchestrator would.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use dev_stack::daemon::Daemon;
use tokio_postgres::Client;
use voting_commons::Shards;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::backlog::{connect, counted, spawn};
use crate::stage::Stage;
use crate::{Options, fill};

const VOTES_PER_SECOND: u64 = 5_000;
/// Counting goes on for so long before the kill.
const BEFORE: Duration = Duration::from_secs(8);
/// What the killed one had sent to Postgres arrives in that time, and its partitions go to nobody that soon.
const ON_ITS_WAY: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

/// Seconds from the kill until more is counted than before it.
pub(crate) async fn measure(stage: &Stage, options: &Options, round: u32) -> Result<f64> {
    let name = format!("takeover_{round}");
    let (kafka, database) = (stage.topic(&name).await?, stage.database(&name).await?);
    let client = connect(&database).await?;
    let kill = kill(&kafka, &database, &client, options);
    let ((seconds, _again), votes) = fill::while_flowing(&kafka, VOTES_PER_SECOND, Shards::ONE, kill)?;
    let votes = i64::try_from(votes)?;
    wait_past(&client, votes - 1).await?;
    match counted(&client).await? {
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
    let at_kill = counted(client).await?;
    wait_past(client, at_kill).await?;
    Ok((begin.elapsed().as_secs_f64(), again))
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
