//! `votes-register recount`.

use std::process::ExitCode;

use crate::options::RecountArgs;
use crate::recount::{self, Progress, RecountError};

/// Log and table disagree.
const DIFFERENT: u8 = 1;

/// Recounts, and prints each difference.
///
/// # Errors
/// When there is no answer.
pub async fn recount(args: &RecountArgs) -> Result<ExitCode, RecountError> {
    let found = recount::recount(&args.kafka, &args.postgres, &args.paredao, &args.zone, say).await?;
    for difference in &found.differences {
        println!("{difference}");
    }
    let log = found.counted + found.replayed;
    let (slug, table, buckets) = (&args.paredao, found.table, found.buckets);
    if found.differences.is_empty() {
        println!("equal: {slug} has {table} votes in {buckets} buckets, {} of them replayed", found.replayed);
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "different: {} of {buckets} buckets; the log says {log} votes, {} of them replayed, and the table {table}",
        found.differences.len(),
        found.replayed
    );
    Ok(ExitCode::from(DIFFERENT))
}

fn say(progress: Progress) {
    let Progress { read, total, per_second } = progress;
    let hundredths = if total == 0 { 10_000 } else { i128::from(read) * 10_000 / i128::from(total) };
    eprintln!(
        "recount: {}.{:02} %, {read} of {total} records, {per_second} records/s",
        hundredths / 100,
        hundredths % 100
    );
}
