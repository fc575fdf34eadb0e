//! `votes-register partitions`, `pause`, `resume`, `skip`, `rederive` and `accept-new-log`.

use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::Timestamp;
use voting_commons::UnixMillis;
use voting_commons::adapters::postgres::PostgresArgs;

use crate::control::{self, ControlError, Operator, PartitionStatus, RederiveError, STATUS_SECONDS_MAX};
use crate::options::{Command, PartitionArgs, SkipArgs, SteerArgs, TableArgs};
use crate::recount::RecountError;

/// The command isn't in place.
const REFUSED: u8 = 1;

/// Does what `command` says.
///
/// # Errors
/// When Postgres or Kafka fails.
pub async fn control(command: Command) -> anyhow::Result<ExitCode> {
    let done = match command {
        Command::Partitions(args) => partitions(&args).await,
        Command::Pause(args) => pause(&args).await,
        Command::Resume(args) => resume(&args).await,
        Command::Skip(args) => skip(&args).await,
        Command::Rederive(args) => rederive(&args).await,
        Command::AcceptNewLog(args) => accept_new_log(&args).await,
        other => bail!("{other:?} steers nothing"),
    };
    match done {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if is_refusal(&error) => {
            eprintln!("votes-register: {error}");
            Ok(ExitCode::from(REFUSED))
        }
        Err(error) => Err(error),
    }
}

/// Whether the answer is no, and not that there is none.
fn is_refusal(error: &anyhow::Error) -> bool {
    let by_control = |error: &ControlError| !matches!(error, ControlError::Log(_) | ControlError::Store(_));
    match error.downcast_ref() {
        Some(RederiveError::Control(error)) => by_control(error),
        Some(RederiveError::Recount(error)) => {
            !matches!(error, RecountError::Store(_) | RecountError::Database(_) | RecountError::Log(_))
        }
        Some(RederiveError::Moved(_)) => true,
        None => error.downcast_ref().is_some_and(by_control),
    }
}

fn operator(postgres: &PostgresArgs, topic: &str, who: &str) -> anyhow::Result<Operator> {
    Ok(Operator::new(postgres, topic, who)?)
}

fn operator_of(args: &PartitionArgs) -> anyhow::Result<Operator> {
    operator(&args.postgres, &args.kafka.kafka_topic, &args.who)
}

async fn partitions(args: &TableArgs) -> anyhow::Result<()> {
    let reader = operator(&args.postgres, &args.kafka_topic, "")?;
    let partitions = control::partitions(&reader).await?;
    println!(
        "partition\towner\tepoch\tstate\tnext offset\tlog's end\tlag (records)\tlag (s)\tseen (s ago)\twhy\tlast error"
    );
    for status in partitions {
        let PartitionStatus { partition, owner, epoch, next_offset, .. } = &status;
        println!(
            "{partition}\t{owner}\t{epoch}\t{}\t{next_offset}\t{}\t{}\t{}\t{}\t{}\t{}",
            state(&status),
            or_dash(status.high_offset),
            or_dash(status.lag_records),
            or_dash(status.lag_millis.map(seconds)),
            or_dash(status.seen_seconds_ago.map(|seconds| format!("{seconds:.1}"))),
            or_dash(status.halt_reason.as_deref()),
            or_dash(last_error(&status)),
        );
    }
    Ok(())
}

/// What it does; a pause that its owner hasn't heard of yet is said to be under way, and what an owner said that hasn't
/// been heard of for long says nothing any more.
fn state(status: &PartitionStatus) -> &str {
    if status.seen_seconds_ago.is_some_and(|seconds| seconds > STATUS_SECONDS_MAX) {
        return "silent";
    }
    match status.state.as_deref() {
        Some(state @ ("halted" | "paused")) => state,
        _ if status.paused => "pausing",
        Some(state) => state,
        None => "unowned",
    }
}

/// It stands there after what failed has recovered, so that it says how old it is.
fn last_error(status: &PartitionStatus) -> Option<String> {
    Some(format!("{} ({:.0} s ago)", status.last_error.as_deref()?, status.error_seconds_ago?))
}

fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn which(partition: Option<i32>) -> String {
    partition.map_or_else(|| "all partitions".to_owned(), |partition| format!("partition {partition}"))
}

fn steering(args: &SteerArgs) -> anyhow::Result<Operator> {
    operator(&args.tables.postgres, &args.tables.kafka_topic, &args.who)
}

async fn pause(args: &SteerArgs) -> anyhow::Result<()> {
    steering(args)?.pause(args.partition).await?;
    println!("paused: {}", which(args.partition));
    Ok(())
}

async fn resume(args: &SteerArgs) -> anyhow::Result<()> {
    steering(args)?.resume(args.partition).await?;
    println!("resumed: {}", which(args.partition));
    Ok(())
}

async fn skip(args: &SkipArgs) -> anyhow::Result<()> {
    let PartitionArgs { kafka, partition, .. } = &args.partition;
    let skip = operator_of(&args.partition)?.skip(kafka, *partition, args.to, &args.reason).await?;
    println!(
        "skipped: offsets {} to {} of partition {partition}, {} records",
        skip.from,
        skip.to - 1,
        skip.to - skip.from
    );
    if let Some(late_before) = skip.late_before {
        println!("the log no longer holds the ballots counted last: {}", parked_before(late_before)?);
    }
    Ok(())
}

fn parked_before(late_before: UnixMillis) -> anyhow::Result<String> {
    let before = Timestamp::from_millisecond(late_before.0).context("the log clock is out of range")?;
    Ok(format!("votes of ballots issued before {before} are parked as too late, for they may have been counted"))
}

async fn rederive(args: &PartitionArgs) -> anyhow::Result<()> {
    let done = control::rederive(&operator_of(args)?, &args.kafka, args.partition).await?;
    println!(
        "rederived: partition {} had {} votes and has {}, {} of them replayed",
        args.partition, done.before, done.after, done.replayed
    );
    Ok(())
}

async fn accept_new_log(args: &PartitionArgs) -> anyhow::Result<()> {
    let accepted = operator_of(args)?.accept_new_log(&args.kafka, args.partition).await?;
    println!(
        "accepted: partition {} is counted from offset {} of its new log; the old log's cursor and dead letters are kept \
         under the topic {:?}",
        args.partition, accepted.from, accepted.archived_as
    );
    println!("{}", parked_before(accepted.late_before)?);
    Ok(())
}
