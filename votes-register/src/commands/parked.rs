//! `votes-register parked list`, `show` and `replay`.

use std::process::ExitCode;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::options::{ParkedCommand, ParkedListArgs, ParkedReplayArgs, ParkedShowArgs};
use crate::parked::{DeadLetters, Filter, Letter, Replay, Selection, Verdict};

/// Some were refused, or there is none.
const REFUSED: u8 = 1;

/// Does what `command` says.
///
/// # Errors
/// When Postgres or Kafka fails.
pub async fn parked(command: ParkedCommand) -> anyhow::Result<ExitCode> {
    match command {
        ParkedCommand::List(args) => list(args).await,
        ParkedCommand::Show(args) => show(args).await,
        ParkedCommand::Replay(args) => replay(args).await,
    }
}

async fn list(args: ParkedListArgs) -> anyhow::Result<ExitCode> {
    let letters = DeadLetters::new(&args.postgres, &args.kafka_topic)?;
    let ParkedListArgs { reason, partition, replayed, after, .. } = args;
    let filter = Filter { ids: None, reasons: reason.map(|reason| vec![reason]), partition, replayed, after };
    println!("id\tpartition\toffset\tappended at\treason\tattempts\treplayed");
    for letter in letters.list(&filter, args.limit).await? {
        let Letter { id, partition, offset, reason, attempts, .. } = &letter;
        println!(
            "{id}\t{partition}\t{offset}\t{}\t{reason}\t{attempts}\t{}",
            appended_at(&letter),
            replayed_by(&letter)
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(args: ParkedShowArgs) -> anyhow::Result<ExitCode> {
    let letters = DeadLetters::new(&args.postgres, &args.kafka_topic)?;
    let Some(letter) = letters.show(args.id).await? else {
        eprintln!("votes-register: no record of the topic {} was parked under the id {}", args.kafka_topic, args.id);
        return Ok(ExitCode::from(REFUSED));
    };
    println!("id: {}", letter.id);
    println!("partition: {}", letter.partition);
    println!("offset: {}", letter.offset);
    println!("appended at: {}", appended_at(&letter));
    println!("parked at: {}", letter.parked_at);
    println!("reason: {}", letter.reason);
    println!("detail: {}", letter.detail.as_deref().unwrap_or("-"));
    println!("attempts: {}", letter.attempts);
    println!("replayed: {}", replayed_by(&letter));
    println!("key: {}", part(letter.key.as_deref(), letter.key_bytes));
    println!("value: {}", part(letter.value.as_deref(), letter.value_bytes));
    Ok(ExitCode::SUCCESS)
}

fn appended_at(letter: &Letter) -> String {
    Timestamp::from_millisecond(letter.appended_at.0).map_or_else(|_| "-".to_owned(), |at| at.to_string())
}

fn replayed_by(letter: &Letter) -> String {
    letter.replayed.as_ref().map_or_else(|| "no".to_owned(), |(who, at)| format!("at {at} by {who}"))
}

/// A key or a value, with what isn't printable escaped.
fn part(kept: Option<&[u8]>, whole_bytes: Option<i64>) -> String {
    match (kept, whole_bytes) {
        (Some(kept), Some(bytes)) => format!("{} ({} of {bytes} bytes)", kept.escape_ascii(), kept.len()),
        _ => "none".to_owned(),
    }
}

async fn replay(args: ParkedReplayArgs) -> anyhow::Result<ExitCode> {
    let letters = DeadLetters::new(&args.postgres, &args.kafka.kafka_topic)?;
    let by_reason = || args.reason.map_or(Selection::All, Selection::Reason);
    let selection = if args.ids.is_empty() { by_reason() } else { Selection::Ids(args.ids) };
    let dry_run = !args.execute;
    if !dry_run {
        letters.audit_replay(&selection, &args.who).await?;
    }
    let mut replay = Replay::new(&args.kafka, letters, selection, &args.who, dry_run, CancellationToken::new())?;
    let (mut replayed, mut before, mut refused) = (0, 0, 0);
    while let Some(outcomes) = replay.next_batch().await? {
        for outcome in outcomes {
            match outcome.verdict {
                Verdict::Replayed | Verdict::WouldReplay => replayed += 1,
                Verdict::AlreadyReplayed => before += 1,
                Verdict::Refused(_) => refused += 1,
            }
            println!("{}\t{}\t{}", outcome.id, outcome.verdict.code(), outcome.verdict.detail());
        }
    }
    let (done, hint) = if dry_run { ("would be replayed", "; --execute counts them") } else { ("replayed", "") };
    println!("{replayed} {done}, {before} replayed before, {refused} refused{hint}");
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
}
