//! Bringing in a file's votes.
//!
//! Registers count each line once, by its number, as long as a partition's lines come in the file's order. So the producer may
//! neither leave a line out nor overtake one, and waits for Kafka for as long as it takes. Interrupted, the import goes on
//! where the last lines were acknowledged; what is written a second time is a duplicate.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use reqwest::Client;
use serde::Deserialize;
use serde_json::json;
use voting_commons::{Group, ImportId, ImportedVote, ParedaoId, ParticipantId, UnixMillis, codec, partitioner};

use crate::deployment::answer;
use crate::options::ImportArgs;

/// How many lines are written between two notes of how far it is.
const LINES_BETWEEN_NOTES: u32 = 200_000;
/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 1_024;
const METADATA_TIMEOUT: Duration = Duration::from_secs(10);
const QUEUE_PAUSE: Duration = Duration::from_millis(20);
const SAY_EVERY: Duration = Duration::from_secs(2);

/// What production says of the import.
struct Import {
    id: ImportId,
    paredao: ParedaoId,
    participants: HashSet<ParticipantId>,
    /// Over how many its lines are spread, however many the topic has got since it was begun.
    partitions: i32,
}

#[derive(Deserialize)]
struct ImportView {
    id: i32,
    paredao: String,
    paredao_id: ParedaoId,
    partitions: i32,
}

#[derive(Deserialize)]
struct ParedaoView {
    slug: String,
    participants: Vec<crate::deployment::Participant>,
}

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    participant: ParticipantId,
    at: Timestamp,
}

/// The files beside the one that is imported.
struct Notes {
    /// How many lines are written and acknowledged.
    progress: PathBuf,
    /// Lines that aren't votes, each with its number and why.
    errors: PathBuf,
}

/// Writes the file's lines from where it stopped before; whether each of them was a vote.
///
/// # Errors
/// When the import isn't registered, the file can't be read or Kafka can't be set up.
pub async fn run(args: &ImportArgs) -> Result<bool> {
    let (producer, partitions) = tokio::task::block_in_place(|| producer(args))?;
    let import = begin(args, partitions).await?;
    tokio::task::block_in_place(|| write(args, &import, &producer))
}

/// Tells production that the import begins, or goes on, on a topic of so many partitions.
async fn begin(args: &ImportArgs, partitions: i32) -> Result<Import> {
    let client = Client::new();
    let base = args.production.trim_end_matches('/');
    let begin =
        client.post(format!("{base}/api/v1/imports/{}/begin", args.import)).json(&json!({"partitions": partitions}));
    let import: ImportView = answer(begin.bearer_auth(args.token.reveal())).await?;
    let get = |path: &str| client.get(format!("{base}{path}")).bearer_auth(args.token.reveal());
    let paredoes: Vec<ParedaoView> = answer(get("/api/v1/paredoes")).await?;
    let paredao = paredoes.into_iter().find(|paredao| paredao.slug == import.paredao);
    let participants = paredao.with_context(|| format!("{} is too old to be listed", import.paredao))?.participants;
    Ok(Import {
        id: i64::from(import.id).try_into()?,
        paredao: import.paredao_id,
        participants: participants.into_iter().map(|participant| participant.id).collect(),
        partitions: import.partitions,
    })
}

fn write(args: &ImportArgs, import: &Import, producer: &BaseProducer) -> Result<bool> {
    let notes = Notes::beside(args);
    let done = notes.lines_done()?;
    let file = File::open(&args.file).with_context(|| format!("can't read {}", args.file.display()))?;
    let mut errors = notes.errors_from(done)?;
    let (mut number, mut bad, mut said, begin) = (0u32, 0u32, Instant::now(), Instant::now());
    for line in BufReader::new(file).split(b'\n') {
        let line = line?;
        number = number.checked_add(1).context("the file has more lines than an import can have")?;
        if number <= done {
            continue;
        }
        match import.vote(number, &line) {
            Ok(vote) => send(producer, &args.kafka.kafka_topic, &vote)?,
            Err(reason) => {
                bad += 1;
                writeln!(errors, "{number}\t{reason}")?;
            }
        }
        if number.is_multiple_of(LINES_BETWEEN_NOTES) {
            acknowledged(producer)?;
            errors.flush()?;
            notes.note(number)?;
        }
        if said.elapsed() >= SAY_EVERY {
            eprintln!("{number} lines");
            said = Instant::now();
        }
    }
    acknowledged(producer)?;
    errors.flush()?;
    notes.note(number)?;
    let written = number - done.min(number) - bad;
    println!("{written} votes written and {bad} lines refused in {:.1} s", begin.elapsed().as_secs_f64());
    if bad > 0 {
        println!("why, line by line: {}", notes.errors.display());
    }
    Ok(bad == 0)
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

fn producer(args: &ImportArgs) -> Result<(BaseProducer, i32)> {
    let producer: BaseProducer = args
        .kafka
        .client_config("load-test-import")
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("enable.gapless.guarantee", "true")
        .set("message.timeout.ms", "0")
        .set("compression.type", "lz4")
        .set("linger.ms", "20")
        .set("batch.size", "1000000")
        .set("queue.buffering.max.messages", "200000")
        .create()?;
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

impl Import {
    fn vote(&self, number: u32, line: &[u8]) -> Result<ImportedVote, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err(format!("the line is longer than {LINE_BYTES_MAX} bytes"));
        }
        let Event { participant, at } = serde_json::from_slice(line).map_err(|error| error.to_string())?;
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

impl Notes {
    fn beside(args: &ImportArgs) -> Self {
        let beside = |what: &str| {
            let mut name = args.file.clone().into_os_string();
            name.push(format!(".import-{}.{what}", args.import));
            PathBuf::from(name)
        };
        Self { progress: beside("progress"), errors: beside("errors") }
    }

    fn lines_done(&self) -> Result<u32> {
        match fs::read_to_string(&self.progress) {
            Ok(text) => text.trim().parse().with_context(|| format!("{} holds no number", self.progress.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error).with_context(|| format!("can't read {}", self.progress.display())),
        }
    }

    /// Replaces the note whole: half a number would be another number.
    fn note(&self, lines: u32) -> Result<()> {
        let new = self.progress.with_extension("new");
        fs::write(&new, lines.to_string())?;
        Ok(fs::rename(&new, &self.progress)?)
    }

    /// Errors of lines up to `done` stay; later ones were found by a run that was interrupted, and will be found again.
    fn errors_from(&self, done: u32) -> Result<BufWriter<File>> {
        let before = if done == 0 { String::new() } else { fs::read_to_string(&self.errors).unwrap_or_default() };
        let is_kept = |line: &&str| {
            line.split_once('\t').is_some_and(|(number, _)| number.parse().is_ok_and(|number: u32| number <= done))
        };
        let mut errors = BufWriter::new(File::create(&self.errors)?);
        for line in before.lines().filter(is_kept) {
            writeln!(errors, "{line}")?;
        }
        Ok(errors)
    }
}
