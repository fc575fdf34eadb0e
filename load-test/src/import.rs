//! Bringing in a file's votes.
//!
//! Registers count each line once, by its number, as long as a partition's lines come in the file's order. So the producer may
//! neither leave a line out nor overtake one, and waits for Kafka for as long as it takes. Interrupted, the import goes on
//! where lines were last noted as acknowledged; what is written a second time is a duplicate. It ends once registers have counted the file.

mod lines;
mod notes;
mod production;
mod topic;
mod vote;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use self::lines::Lines;
use self::notes::Notes;
use self::production::Production;
use self::topic::Topic;
use self::vote::Import;
use crate::import_report::ImportReport;
use crate::options::ImportArgs;

/// How many lines are written between two notes of how far it is.
const LINES_BETWEEN_NOTES: u64 = 200_000;
/// In bytes.
const READ_AT_ONCE: usize = 1 << 16;
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
    let reported = notes::beside(args, "report");
    // An earlier run's would be taken for this one's.
    ImportReport::remove(&reported)?;
    let production = Production::of(args)?;
    let file_sha256 = tokio::task::block_in_place(|| sha256_of(&args.file))?;
    // What may fail here fails before production is told: what that fixes is fixed for good.
    let mut notes = Notes::open(args)?;
    let topic = Topic::new(&args.kafka)?;
    let partitions = tokio::task::block_in_place(|| topic.partitions())?;
    let import = production.begin(args.import, &file_sha256, partitions).await?;
    let Written { votes, votes_before, refused } =
        tokio::task::block_in_place(|| write(&args.file, &import, &mut notes, &topic))?;
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
    report.write(&reported)?;
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

fn write(file: &Path, import: &Import, notes: &mut Notes, topic: &Topic) -> Result<Written> {
    let done = notes.lines_done(import);
    let mut lines = Lines::of(open(file)?).with_context(|| cannot_read(file))?;
    notes.begin()?;
    let (mut last, mut noted, mut written, mut said) = (0, done, Written::default(), Instant::now());
    while let Some((number, line)) = lines.read().with_context(|| cannot_read(file))? {
        match import.vote(number, line) {
            Ok(_) if number <= done => written.votes_before += 1,
            Ok(vote) => {
                topic.send(&vote)?;
                written.votes += 1;
            }
            Err(reason) => {
                notes.refuse(number, &reason)?;
                written.refused += 1;
            }
        }
        last = number;
        if last >= noted + LINES_BETWEEN_NOTES {
            topic.acknowledged()?;
            notes.note(import, last)?;
            noted = last;
        }
        if said.elapsed() >= SAY_EVERY {
            eprintln!("{last} lines");
            said = Instant::now();
        }
    }
    topic.acknowledged()?;
    notes.note(import, last)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;

    use crate::options::Cli;

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
            assert_eq!(refusal(file, production).await, told);
        }
    }

    /// Why the import of `file` fails, where no Kafka is.
    async fn refusal(file: &str, production: &str) -> String {
        let brokers = ["--kafka-brokers", "127.0.0.1:1"];
        let args = ["load-test", "import", file, "--import", "1", "--token", "t", "--production", production];
        let cli = Cli::parse_from(args.iter().chain(&brokers));
        format!("{:#}", crate::run(&cli).await.unwrap_err())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn files_that_cannot_be_written_are_told_before_kafka_or_production_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("votes.jsonl").to_str().unwrap().to_owned();
        let [errors, progress] = ["errors", "progress"].map(|what| format!("{file}.import-1.{what}"));
        fs::write(&file, "").unwrap();
        fs::create_dir(&errors).unwrap();
        let told = refusal(&file, "http://127.0.0.1:1").await;
        assert_eq!(told, format!("can't write {errors}: Is a directory (os error 21)"));
        fs::write(&progress, "200000").unwrap();
        let told = refusal(&file, "http://127.0.0.1:1").await;
        assert_eq!(told, format!("{progress} isn't what this program writes"));
    }
}
