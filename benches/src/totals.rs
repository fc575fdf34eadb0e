//! Exact totals per hour of a paredão that has run for seven days.

use std::time::Instant;

use anyhow::{Result, bail};
use load_test::deployment::Deployment;

use crate::Options;
use crate::backlog::connect;
use crate::stage::Stage;
use crate::stats::percentile;
use crate::system::System;

/// A bucket per participant and minute, and the minutes spread over the partitions, as keys spread them. All before now.
const FILL: &str = "INSERT INTO bucket (paredao, start, participant, partition, votes)
    SELECT p.id, minute, c.id, abs(hashint8(extract(epoch FROM minute)::bigint + c.id)) % 12, 1000
    FROM paredao p JOIN participant c ON c.paredao = p.id,
         generate_series(date_trunc('minute', now()) - interval '7 days' + interval '1 minute', now(), interval '1 minute') minute
    WHERE p.slug = $1";
const VOTES: u64 = 7 * 24 * 60 * 3 * 1000;
const QUERIES: usize = 200;

/// p99, in milliseconds.
pub(crate) async fn measure(stage: &Stage, options: &Options, round: u32) -> Result<f64> {
    let name = format!("totals_{round}");
    let (kafka, database) = (stage.topic(&name).await?, stage.database(&name).await?);
    let services: [(&str, &[&str]); 2] = [("voters-frontend", &["serve"]), ("production-frontend", &["serve"])];
    let system = System::start(&kafka, &database, options, "off", &services)?;
    let deployment = Deployment::new(&system.deployment(options, 1)?)?;
    let paredao = deployment.open_paredao("totals").await?;
    let client = connect(&database).await?;
    client.execute(FILL, &[&paredao.slug]).await?;
    client.batch_execute("VACUUM ANALYZE bucket").await?;
    let mut millis = Vec::new();
    for _ in 0..QUERIES {
        let begin = Instant::now();
        let counted = deployment.count(&paredao).await?;
        millis.push(begin.elapsed().as_secs_f64() * 1000.0);
        if counted != VOTES {
            bail!("{VOTES} votes are there, and {counted} were shown");
        }
    }
    tokio::task::block_in_place(|| system.stop())?;
    let p99 = percentile(&millis, 99);
    println!("round {round}: totals per hour of seven days: p50 {:.1} ms, p99 {p99:.1} ms", percentile(&millis, 50));
    Ok(p99)
}
