//! Bringing in a file's votes.
//!
//! Registers count each line once, by its number, as long as a partition's lines come in the file's order. So the producer may
//! neither leave a line out nor overtake one, and waits for Kafka for as long as it takes. Interrupted, the import goes on
//! where lines were last noted as acknowledged; what is written a second time is a duplicate. It ends once registers have counted the file.

mod lines;
mod notes;
mod production;
mod vote;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::{ImportedVote, codec};

use self::lines::Lines;
use self::notes::Notes;
use self::production::Production;
use self::vote::Import;
use crate::import_report::ImportReport;
use crate::options::ImportArgs;

/// How many lines are written between two notes of how far it is.
const LINES_BETWEEN_NOTES: u64 = 200_000;
/// In bytes.
const READ_AT_ONCE: usize = 1 << 16;
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
/// vote and counts. What wasn't counted, or isn't known to be, is in the report.
///
/// # Errors
/// When the import isn't registered or was begun with another file, this one can't be read, Kafka can't be reached, or the files
/// beside this one can't be written.
pub async fn run(args: &ImportArgs) -> Result<bool> {
    let begin = Instant::now();
    let notes = Notes::beside(args);
    // An earlier run's would be taken for this one's.
    ImportReport::remove(&notes.report)?;
    let production = Production::of(args)?;
    let file_sha256 = tokio::task::block_in_place(|| sha256_of(&args.file))?;
    let (producer, partitions) = tokio::task::block_in_place(|| producer(&args.kafka))?;
    let import = production.begin(args.import, &file_sha256, partitions).await?;
    let Written { votes, votes_before, refused } =
        tokio::task::block_in_place(|| write(args, &import, &notes, &producer))?;
    eprintln!("{votes} votes written; waiting until they are counted");
    let settled = production.settled(args.import, votes_before + votes).await;
    let end = settled.as_ref().map_or_else(Instant::now, |settled| settled.since);
    let report = ImportReport {
        import: args.import,
        file: args.file.display().to_string(),
        written: votes,
        written_before: votes_before,
        refused,
        errors: (refused > 0).then(|| notes.errors.display().to_string()),
        counted: settled.map(|settled| settled.count),
        seconds: (end - begin).as_secs_f64(),
    };
    report.write(&notes.report)?;
    print!("{report}");
    Ok(report.passed())
}

/// The file's, in hexadecimal.
fn sha256_of(path: &Path) -> Result<String> {
    let mut file = open(path)?;
    let mut hash = Sha256::new();
    loop {
        let read = file.fill_buf().with_context(|| cannot_read(path))?;
        if read.is_empty() {
            break;
        }
        hash.update(read);
        let length = read.len();
        file.consume(length);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).with_context(|| cannot_read(path))?;
    Ok(BufReader::with_capacity(READ_AT_ONCE, file))
}

fn cannot_read(path: &Path) -> String {
    format!("can't read {}", path.display())
}

fn write(args: &ImportArgs, import: &Import, notes: &Notes, producer: &BaseProducer) -> Result<Written> {
    let done = notes.lines_done(import)?;
    let mut lines = Lines::of(open(&args.file)?)?;
    let mut errors = BufWriter::new(File::create(&notes.errors)?);
    let (mut last, mut noted, mut written, mut said) = (0, done, Written::default(), Instant::now());
    while let Some((number, line)) = lines.read().with_context(|| cannot_read(&args.file))? {
        match import.vote(number, line) {
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
        last = number;
        if last >= noted + LINES_BETWEEN_NOTES {
            acknowledged(producer)?;
            notes.note(import, last)?;
            noted = last;
        }
        if said.elapsed() >= SAY_EVERY {
            eprintln!("{last} lines");
            said = Instant::now();
        }
    }
    acknowledged(producer)?;
    errors.flush()?;
    notes.note(import, last)?;
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

/// It, and how many partitions the topic has.
fn producer(kafka: &KafkaArgs) -> Result<(BaseProducer, i32)> {
    let KafkaArgs { kafka_brokers, kafka_topic } = kafka;
    let producer: BaseProducer = config(kafka).create()?;
    // librdkafka's reason says that it failed, and nothing else: it goes on trying until the time is up.
    let Ok(metadata) = producer.client().fetch_metadata(Some(kafka_topic), METADATA_TIMEOUT) else {
        bail!("no Kafka answers at {kafka_brokers} within {} s: is that its address?", METADATA_TIMEOUT.as_secs());
    };
    let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    if partitions == 0 {
        bail!("Kafka at {kafka_brokers} has no topic {kafka_topic}");
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
    use clap::Parser;

    use super::*;
    use crate::options::Cli;

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

    #[test]
    fn a_wrong_address_of_kafka_is_told() {
        let kafka = KafkaArgs { kafka_brokers: "127.0.0.1:1".to_owned(), kafka_topic: "votes".to_owned() };
        let begin = Instant::now();
        let error = format!("{:#}", producer(&kafka).err().unwrap());
        assert_eq!(error, "no Kafka answers at 127.0.0.1:1 within 10 s: is that its address?");
        assert!(begin.elapsed() < METADATA_TIMEOUT + Duration::from_secs(5));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_wrong_argument_is_told_in_a_sentence() {
        for (file, production, told) in [
            (
                "Cargo.toml",
                "127.0.0.1:8081",
                "--production is an address like http://127.0.0.1:8081, and not \"127.0.0.1:8081\"",
            ),
            (
                "Cargo.toml",
                "localhost:8081",
                "--production is an address like http://127.0.0.1:8081, and not \"localhost:8081\"",
            ),
            ("nothing", "http://127.0.0.1:1", "can't read nothing: No such file or directory (os error 2)"),
        ] {
            let brokers = ["--kafka-brokers", "127.0.0.1:1"];
            let args = ["load-test", "import", file, "--import", "1", "--token", "t", "--production", production];
            let cli = Cli::parse_from(args.iter().chain(&brokers));
            let error = crate::run(&cli).await.unwrap_err();
            assert_eq!(format!("{error:#}"), told);
        }
    }
}
