//! Bringing in a file's votes.
//!
//! Registers count each line once, by its number, as long as a partition's lines come in the file's order. So the producer may
//! neither leave a line out nor overtake one, and waits for Kafka for as long as it takes. Interrupted, the import goes on
//! where the last lines were acknowledged; what is written a second time is a duplicate. It ends once registers have counted the file.

mod notes;
mod production;
mod vote;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use tokio::time::Instant;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::{ImportedVote, codec};

use self::notes::Notes;
use self::production::Production;
use self::vote::Import;
use crate::deployment::{Settled, settled};
use crate::import_report::ImportReport;
use crate::options::ImportArgs;

/// How many lines are written between two notes of how far it is.
const LINES_BETWEEN_NOTES: u32 = 200_000;
const METADATA_TIMEOUT: Duration = Duration::from_secs(10);
const QUEUE_PAUSE: Duration = Duration::from_millis(20);
const SAY_EVERY: Duration = Duration::from_secs(2);

/// What became of the file's lines.
#[derive(Default)]
struct Written {
    /// Votes written by this run.
    votes: u64,
    /// Votes written by earlier ones.
    votes_before: u64,
    /// Lines that aren't votes.
    refused: u64,
}

/// Writes the file's lines from where it stopped before, and reports once they are counted; whether each line of the file was a
/// vote and counts.
///
/// # Errors
/// When the import isn't registered or was begun with another file, this one can't be read, Kafka can't be set up, or production
/// doesn't say what was counted.
pub async fn run(args: &ImportArgs) -> Result<bool> {
    let begin = Instant::now();
    let (producer, partitions) = tokio::task::block_in_place(|| producer(args))?;
    let production = Production::of(args);
    let import = production.begin(args, partitions).await?;
    let notes = Notes::beside(args);
    let Written { votes, votes_before, refused } =
        tokio::task::block_in_place(|| write(args, &import, &notes, &producer))?;
    eprintln!("{votes} votes written; waiting until they are counted");
    let Settled { count, since } =
        settled(votes_before + votes, async || production.counted(args.import).await).await?;
    let report = ImportReport {
        import: args.import,
        file: args.file.display().to_string(),
        written: votes,
        written_before: votes_before,
        refused,
        errors: (refused > 0).then(|| notes.errors.display().to_string()),
        counted: count,
        seconds: (since - begin).as_secs_f64(),
    };
    report.write(&notes.report)?;
    print!("{report}");
    Ok(report.passed())
}

fn write(args: &ImportArgs, import: &Import, notes: &Notes, producer: &BaseProducer) -> Result<Written> {
    let done = notes.lines_done(import)?;
    let file = File::open(&args.file).with_context(|| format!("can't read {}", args.file.display()))?;
    let mut errors = BufWriter::new(File::create(&notes.errors)?);
    let (mut number, mut written, mut said) = (0u32, Written::default(), Instant::now());
    for line in BufReader::new(file).split(b'\n') {
        number = number.checked_add(1).context("the file has more lines than an import can have")?;
        match import.vote(number, &line?) {
            Ok(_) if number <= done => written.votes_before += 1,
            Ok(vote) => {
                send(producer, &args.kafka.kafka_topic, &vote)?;
                written.votes += 1;
            }
            Err(reason) => {
                writeln!(errors, "{number}\t{reason}")?;
                written.refused += 1;
            }
        }
        if number > done && number.is_multiple_of(LINES_BETWEEN_NOTES) {
            acknowledged(producer)?;
            notes.note(import, number)?;
        }
        if said.elapsed() >= SAY_EVERY {
            eprintln!("{number} lines");
            said = Instant::now();
        }
    }
    acknowledged(producer)?;
    errors.flush()?;
    notes.note(import, number)?;
    Ok(written)
}

/// Waits for Kafka as long as it takes: a line that failed would be overtaken by the next, and never count.
fn acknowledged(producer: &BaseProducer) -> Result<()> {
    while producer.in_flight_count() > 0 {
        producer.poll(QUEUE_PAUSE);
        if let Some((_, reason)) = producer.client().fatal_error() {
            bail!("Kafka takes nothing more from this producer: {reason}; start again");
        }
    }
    Ok(())
}

fn config(kafka: &KafkaArgs) -> ClientConfig {
    let mut config = kafka.client_config("load-test-import");
    config
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("enable.gapless.guarantee", "true")
        .set("message.timeout.ms", "0")
        .set("compression.type", "lz4")
        .set("linger.ms", "20")
        .set("batch.size", "1000000")
        .set("queue.buffering.max.messages", "200000");
    config
}

fn producer(args: &ImportArgs) -> Result<(BaseProducer, i32)> {
    let producer: BaseProducer = config(&args.kafka).create()?;
    let metadata = producer.client().fetch_metadata(Some(&args.kafka.kafka_topic), METADATA_TIMEOUT)?;
    let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    if partitions == 0 {
        bail!("there is no topic {}", args.kafka.kafka_topic);
    }
    Ok((producer, i32::try_from(partitions)?))
}

fn send(producer: &BaseProducer, topic: &str, vote: &ImportedVote) -> Result<()> {
    let (key, value) = codec::encode_imported(vote);
    let mut record = BaseRecord::to(topic).partition(vote.partition).key(&key).payload(&value);
    while let Err((error, same)) = producer.send(record) {
        if !matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)) {
            return Err(error.into());
        }
        producer.poll(QUEUE_PAUSE);
        record = same;
    }
    producer.poll(Duration::ZERO);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_neither_left_out_nor_overtaken() {
        let config = config(&KafkaArgs { kafka_brokers: "k:9092".to_owned(), kafka_topic: "votes".to_owned() });
        for (setting, value) in [
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("enable.gapless.guarantee", "true"),
            ("message.timeout.ms", "0"),
        ] {
            assert_eq!(config.get(setting), Some(value), "{setting}");
        }
    }
}
