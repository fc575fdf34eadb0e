//! A file of two million votes, from the reading of its first line to the last exact bucket.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};
use jiff::{SignedDuration, Timestamp};
use load_test::deployment::{Deployment, Paredao};
use load_test::import;
use load_test::options::ImportArgs;

use crate::Options;
use crate::backlog::{COUNTED, connect, watch};
use crate::stage::Stage;
use crate::system::System;

const LINES: u32 = 2_000_000;
/// The votes are of the five hours before.
const SECONDS: u32 = 5 * 60 * 60;
const REGISTER: &str = "INSERT INTO import (paredao, what, registered_by)
    SELECT id, 'two million votes', 'benches' FROM paredao WHERE slug = $1 RETURNING id";

/// Seconds.
pub(crate) async fn measure(stage: &Stage, options: &Options, round: u32) -> Result<f64> {
    let name = format!("import_{round}");
    let (kafka, database) = (stage.topic(&name).await?, stage.database(&name).await?);
    let services: [(&str, &[&str]); 3] =
        [("votes-register", &["run"]), ("voters-frontend", &["serve"]), ("production-frontend", &["serve"])];
    let system = System::start(&kafka, &database, options, "off", &services)?;
    let args = system.deployment(options, 1)?;
    let paredao = Deployment::new(&args)?.open_paredao("import").await?;
    let client = connect(&database).await?;
    let file = options.dir.join(format!("{name}.jsonl"));
    write(&file, &paredao)?;
    let import = client.query_one(REGISTER, &[&paredao.slug]).await?.try_get(0)?;
    let (production, token) = (args.production.clone(), args.token.clone());
    let begin = Instant::now();
    let args = ImportArgs { file: file.clone(), import, production, token, kafka };
    let watched = tokio::spawn(async move { watch(&client, COUNTED, begin, i64::from(LINES)).await });
    if !import::run(&args).await? {
        bail!("not each line was counted");
    }
    let seconds = watched.await??.end.as_secs_f64();
    tokio::task::block_in_place(|| system.stop())?;
    std::fs::remove_file(&file)?;
    println!("round {round}: import of {LINES} votes: {seconds:.1} s");
    Ok(seconds)
}

fn write(file: &Path, paredao: &Paredao) -> Result<()> {
    let begin = Timestamp::now() - SignedDuration::from_secs(i64::from(SECONDS));
    let mut file = BufWriter::new(File::create(file)?);
    for number in 0..LINES {
        let at = begin + SignedDuration::from_secs(i64::from(number) * i64::from(SECONDS) / i64::from(LINES));
        let among = u32::try_from(paredao.participants.len())?;
        let participant = paredao.participants[usize::try_from(number % among)?].id;
        writeln!(file, r#"{{"participant":{participant},"at":"{at:.0}"}}"#)?;
    }
    Ok(file.flush()?)
}
