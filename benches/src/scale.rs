//! What growth costs: more partitions, more registers, more buckets than there were.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::Result;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::backlog::{COUNTED, connect, spawn, watch};
use crate::stage::{PARTITIONS, Stage};
use crate::{Options, fill};

/// Votes of each measurement.
const VOTES: u64 = 1_500_000;
const PARTITION_COUNTS: [i32; 8] = [1, 2, 4, 8, 12, 16, 24, 48];
const REGISTER_COUNTS: [usize; 3] = [1, 2, 3];
const BUCKET_COUNTS: [i64; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
/// Buckets of earlier paredões, a participant and a minute each.
const FILL: &str = "INSERT INTO bucket (paredao, start, participant, partition, votes)
    SELECT 1000 + n / 300000, timestamptz '2020-01-01' + (n / 3 % 100000) * interval '1 minute', n % 3, n % 12, 1000
    FROM generate_series(1, $1::bigint) n";

/// Votes per second, by what grew.
#[derive(Default)]
pub(crate) struct Growth {
    partitions: Vec<(String, f64)>,
    registers: Vec<(String, f64)>,
    buckets: Vec<(String, f64)>,
}

/// Measures each once.
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
) -> Result<(f64, PostgresArgs)> {
    let (kafka, database) = (stage.topic_of(name, partitions).await?, stage.database(name).await?);
    let client = connect(&database).await?;
    if buckets > 0 {
        client.execute(FILL, &[&buckets]).await?;
        // A statement of its own each: a vacuum runs in no transaction.
        client.batch_execute("VACUUM ANALYZE bucket").await?;
        client.batch_execute("CHECKPOINT").await?;
    }
    tokio::task::block_in_place(|| fill::fill(&kafka, VOTES, partitions))?;
    let begin = Instant::now();
    let mut daemons = (0..registers).map(|_| spawn(&kafka, &database, options)).collect::<Result<Vec<_>>>()?;
    let watched = watch(&client, COUNTED, begin, i64::try_from(VOTES)?).await?;
    tokio::task::block_in_place(|| daemons.iter_mut().try_for_each(|daemon| daemon.kill()))?;
    let rate = watched.with(0.0, 0).rate;
    println!("{name}: {rate:.0} votes/s");
    Ok((rate, database))
}

/// Three tables.
pub(crate) fn text(growth: &Growth) -> String {
    let mut text =
        format!("\n## As it grows\n\nBacklogs of {VOTES} votes, one measurement each, in votes per second.\n");
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
            let _ = write!(text, " {:.2} |", rate / 1e6);
        });
        text.push('\n');
    }
    text
}
