//! Bringing in a file's votes.
//!
//! Registers count each line once, by its number, as long as a partition's lines come in the file's order. So the producer may
//! neither leave a line out nor overtake one, and waits for Kafka for as long as it takes. Interrupted, the import goes on
//! where the last lines were acknowledged; what is written a second time is a duplicate. It ends once registers have counted the file.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use voting_commons::adapters::kafka::KafkaArgs;
use voting_commons::{Group, ImportId, ImportedVote, ParedaoId, ParticipantId, UnixMillis, codec, partitioner};

use crate::deployment::{Settled, answer, settled};
use crate::import_report::ImportReport;
use crate::options::ImportArgs;

/// How many lines are written between two notes of how far it is.
const LINES_BETWEEN_NOTES: u32 = 200_000;
/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 1_024;
/// In bytes.
const HASHED_AT_ONCE: usize = 1 << 16;
const METADATA_TIMEOUT: Duration = Duration::from_secs(10);
const QUEUE_PAUSE: Duration = Duration::from_millis(20);
const SAY_EVERY: Duration = Duration::from_secs(2);

/// What production is asked.
struct Production {
    client: Client,
    url: String,
    token: String,
}

/// What production says of the import.
struct Import {
    id: ImportId,
    paredao: ParedaoId,
    participants: HashSet<ParticipantId>,
    /// Over how many its lines are spread, however many the topic has got since it was begun.
    partitions: i32,
    /// What tells this import from one of the same number in another deployment.
    registered_at: Timestamp,
}

#[derive(Deserialize)]
struct ImportView {
    id: i32,
    paredao: String,
    paredao_id: ParedaoId,
    partitions: i32,
    registered_at: Timestamp,
}

#[derive(Deserialize)]
struct Counted {
    counted: u64,
}

#[derive(Deserialize)]
struct ParedaoView {
    slug: String,
    participants: Vec<crate::deployment::Participant>,
}

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    participant: ParticipantId,
    at: Timestamp,
}

/// The files beside the one that is imported.
struct Notes {
    /// How many lines are written and acknowledged, and when the import was registered.
    progress: PathBuf,
    /// Lines that aren't votes, each with its number and why.
    errors: PathBuf,
    /// The report, but for what makes its name that of a page or of JSON.
    report: PathBuf,
}

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

/// In hexadecimal.
fn sha256_of(path: &Path) -> Result<String> {
    let cannot = || format!("can't read {}", path.display());
    let mut file = File::open(path).with_context(cannot)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; HASHED_AT_ONCE]);
    loop {
        match file.read(&mut buffer).with_context(cannot)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
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

impl Production {
    fn of(args: &ImportArgs) -> Self {
        let url = args.production.trim_end_matches('/').to_owned();
        Self { client: Client::new(), url, token: args.token.reveal().to_owned() }
    }

    /// Tells production that the import begins, or goes on, on a topic of so many partitions.
    async fn begin(&self, args: &ImportArgs, partitions: i32) -> Result<Import> {
        let file_sha256 = tokio::task::block_in_place(|| sha256_of(&args.file))?;
        let beginning = json!({"partitions": partitions, "file_sha256": file_sha256});
        let begin = self.client.post(format!("{}/api/v1/imports/{}/begin", self.url, args.import)).json(&beginning);
        let import: ImportView = answer(begin.bearer_auth(&self.token)).await?;
        let paredoes: Vec<ParedaoView> = self.get("/api/v1/paredoes").await?;
        let paredao = paredoes.into_iter().find(|paredao| paredao.slug == import.paredao);
        let participants = paredao.with_context(|| format!("{} is too old to be listed", import.paredao))?.participants;
        Ok(Import {
            id: i64::from(import.id).try_into()?,
            paredao: import.paredao_id,
            participants: participants.into_iter().map(|participant| participant.id).collect(),
            partitions: import.partitions,
            registered_at: import.registered_at,
        })
    }

    /// How many of the import's lines were counted up to now.
    async fn counted(&self, import: i32) -> Result<u64> {
        let Counted { counted } = self.get(&format!("/api/v1/imports/{import}")).await?;
        Ok(counted)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        answer(self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token)).await
    }
}

impl Import {
    fn vote(&self, number: u32, line: &[u8]) -> Result<ImportedVote, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err(format!("the line is longer than {LINE_BYTES_MAX} bytes"));
        }
        let Event { participant, at } = serde_json::from_slice(line).map_err(|error| reason(&error))?;
        if !self.participants.contains(&participant) {
            return Err(format!("participant {participant} doesn't stand in this paredão"));
        }
        if at > Timestamp::now() {
            return Err(format!("{at} is still to come"));
        }
        let minute = UnixMillis::from(at).minute().ok_or_else(|| format!("{at} is too long ago"))?;
        let group = Group { paredao: self.paredao, minute, participant };
        let partition = partitioner::partition_of(group.to_string().as_bytes(), self.partitions);
        let line = i64::from(number).try_into().map_err(|_| "an import can't have so many lines".to_owned())?;
        Ok(ImportedVote { import: self.id, line, group, partition })
    }
}

/// What is wrong with a line; serde says "line 1" of each.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{what} (column {})", error.column())
}

impl Notes {
    fn beside(args: &ImportArgs) -> Self {
        let beside = |what: &str| {
            let mut name = args.file.clone().into_os_string();
            name.push(format!(".import-{}.{what}", args.import));
            PathBuf::from(name)
        };
        Self { progress: beside("progress"), errors: beside("errors"), report: beside("report") }
    }

    /// None when the notes are of an import of another deployment: to begin anew costs nothing but time.
    fn lines_done(&self, import: &Import) -> Result<u32> {
        match fs::read_to_string(&self.progress) {
            Ok(text) => {
                let unreadable = || format!("{} isn't what this program writes", self.progress.display());
                let (lines, registered_at) = text.trim().split_once(' ').with_context(unreadable)?;
                let is_this = registered_at.parse().is_ok_and(|at: Timestamp| at == import.registered_at);
                Ok(if is_this { lines.parse().with_context(unreadable)? } else { 0 })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error).with_context(|| format!("can't read {}", self.progress.display())),
        }
    }

    /// Replaces the note whole: half a number would be another number.
    fn note(&self, import: &Import, lines: u32) -> Result<()> {
        let new = self.progress.with_extension("new");
        fs::write(&new, format!("{lines} {}", import.registered_at))?;
        Ok(fs::rename(&new, &self.progress)?)
    }
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

    #[test]
    fn a_lines_reason_says_where_in_the_line() {
        let wrong = serde_json::from_str::<Event>(r#"{"participant":"one"}"#).unwrap_err();
        let text = reason(&wrong);
        assert!(text.contains("(column ") && !text.contains("line 1"), "{text}");
    }
}
