//! `cargo xtask test`: everything that must hold before a change is accepted.

use std::fmt::{self, Display, Formatter, Write as _};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use dev_stack::daemon::Lifetime;
use dev_stack::kafka::{Kafka, KafkaOptions};
use dev_stack::port;
use dev_stack::postgres::{Postgres, PostgresOptions};

use crate::{chaos, folder, interrupt, jars, lock, manifests, provision, run, say, simulate, supply_chain};

/// All that is built and tested. Examples in doc comments aren't: there are none.
const TARGETS: [&str; 3] = ["--lib", "--bins", "--tests"];

/// How one step went.
struct Step {
    name: &'static str,
    took: Duration,
    passed: bool,
}

/// How many tests were run, summed over all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

/// A Kafka and a Postgres that only the tests of this run use; both end with it.
pub(crate) struct TestBackends {
    kafka: Kafka,
    postgres: Postgres,
    libs: PathBuf,
}

/// Runs every check, also after one has failed, and sums up at the end.
pub(crate) fn test() -> Result<()> {
    let _lock = lock::take("test")?;
    let mut steps = Vec::new();
    let mut counts = Counts::default();
    let checked = run_steps(&mut steps, &mut counts);
    println!("\n{}", table(&steps));
    checked?;
    let failures: Vec<_> = steps.iter().filter(|step| !step.passed).map(|step| step.name).collect();
    if !failures.is_empty() {
        bail!("these steps failed: {} ({counts})", failures.join(", "));
    }
    println!("{counts}");
    Ok(())
}

fn run_steps(steps: &mut Vec<Step>, counts: &mut Counts) -> Result<()> {
    let mut timed = |name, work: &mut dyn FnMut() -> Result<()>| {
        interrupt::check()?;
        eprintln!("\n── {name}");
        let start = Instant::now();
        let result = work();
        steps.push(Step { name, took: start.elapsed(), passed: result.is_ok() });
        interrupt::check()?;
        if let Err(error) = &result {
            say::error(error);
        }
        Ok::<bool, anyhow::Error>(result.is_ok())
    };
    if !timed("provision", &mut provision::for_tests)? {
        return Ok(());
    }
    let mut backends = None;
    let mut start = || {
        backends = Some(TestBackends::start()?);
        Ok(())
    };
    if !timed("Kafka and Postgres", &mut start)? {
        return Ok(());
    }
    timed("fmt", &mut || run::run(&mut run::cargo(&["fmt", "--all", "--check"])))?;
    timed("clippy", &mut || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        run::run(run::cargo(&arguments).env("SQLX_OFFLINE", "true"))
    })?;
    timed("manifests", &mut manifests::check)?;
    timed("dependencies", &mut supply_chain::check_offline)?;
    // The tests of the whole system start the services' programs, and drive a browser. Programs and tests are built at once:
    // apart, the tests' additional features would have most dependencies compiled again.
    timed("build", &mut || {
        run::run(run::cargo(&["build", "--workspace"]).args(TARGETS).env("SQLX_OFFLINE", "true"))?;
        install_browser_tests()
    })?;
    timed("simulate", &mut simulate::for_tests)?;
    timed("test", &mut || test_at_once(backends.as_ref().context("they were started above")?, counts))?;
    timed("speed", &mut || test_when_idle(backends.as_ref().context("they were started above")?, counts))?;
    // It needs both processors, and has a Kafka and a Postgres of its own.
    drop(backends);
    timed("chaos", &mut chaos::short)?;
    Ok(())
}

/// Gets what the tests in a browser are made of.
pub(crate) fn install_browser_tests() -> Result<()> {
    let folder = folder::workspace().join("browser-tests");
    run::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

impl TestBackends {
    pub(crate) fn start() -> Result<Self> {
        let libs = jars::fetch()?;
        let home = folder::dev().join("test");
        folder::remove(&home)?;
        Ok(Self {
            kafka: say::step("Kafka", || {
                Kafka::start(KafkaOptions {
                    dir: home.join("kafka"),
                    libs: libs.clone(),
                    port: port::free()?,
                    controller_port: port::free()?,
                    lifetime: Lifetime::Parent,
                    cluster: None,
                    keyring: None,
                })
            })?,
            postgres: say::step("Postgres", || {
                Postgres::start(PostgresOptions {
                    dir: folder::for_postgres(&home.join("postgres"))?,
                    port: port::free()?,
                    lifetime: Lifetime::Parent,
                    keyring: None,
                })
            })?,
            libs,
        })
    }

    /// Tells a command where they are.
    pub(crate) fn tell(&self, command: &mut Command) {
        command
            .env("KAFKA_BROKERS", self.kafka.brokers())
            .env("DATABASE_URL", self.postgres.url())
            .env("KAFKA_LIBS", &self.libs)
            // The database above is for the tests that run, not for the queries that are compiled.
            .env("SQLX_OFFLINE", "true");
    }
}

/// Runs the tests of the whole system, which mostly wait, beside all others, which mostly compute.
fn test_at_once(backends: &TestBackends, counts: &mut Counts) -> Result<()> {
    let mut whole_system = tests(backends, &["--test", "whole_system"]);
    // Only those of the whole system have a name that begins so.
    let mut others = tests(backends, &["--lib", "--bins", "--test", "[!w]*"]);
    let mut more = Counts::default();
    let passed = thread::scope(|scope| {
        let beside = scope.spawn(|| run_tests(&mut whole_system, &mut more));
        let passed = run_tests(&mut others, counts);
        let beside = beside.join().unwrap_or_else(|_| bail!("the tests of the whole system came to no end"));
        passed.and(beside)
    });
    counts.sum(&more);
    passed
}

fn test_when_idle(backends: &TestBackends, counts: &mut Counts) -> Result<()> {
    let mut more = Counts::default();
    let passed = run_tests(&mut tests(backends, &["--test", "when_idle"]), &mut more);
    counts.sum(&more);
    passed
}

fn tests(backends: &TestBackends, which: &[&str]) -> Command {
    let mut command = run::cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.args(which);
    backends.tell(&mut command);
    command
}

/// Runs `cargo test` or the like, passing on what it prints and counting the tests.
pub(crate) fn run_tests(command: &mut Command, counts: &mut Counts) -> Result<()> {
    command.stdout(Stdio::piped()).process_group(0);
    let mut child = run::start(command)?;
    let stdout = child.stdout.take().context("a pipe was asked for")?;
    thread::scope(|scope| {
        let counting = scope.spawn(|| pass_on(stdout));
        let result = run::finish(command, child);
        *counts = counting.join().unwrap_or_default();
        result
    })?;
    if counts.passed == 0 {
        bail!("not a single test was run");
    }
    Ok(())
}

fn pass_on(output: impl Read) -> Counts {
    let mut counts = Counts::default();
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    // Bytes, because a test may print what is not UTF-8.
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        counts.add(&text);
        line.clear();
    }
    counts
}

impl Display for Counts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.ignored > 0 {
            write!(f, ", {} ignored", self.ignored)?;
        }
        Ok(())
    }
}

impl Counts {
    fn sum(&mut self, more: &Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.ignored += more.ignored;
    }

    /// Reads `test result: ok. 3 passed; 0 failed; 0 ignored; …`; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some((_, result)) = line.split_once("test result: ") else {
            return;
        };
        let words: Vec<_> = result.split([' ', ';']).filter(|w| !w.is_empty()).collect();
        for pair in words.windows(2) {
            let number = pair[0].parse().unwrap_or(0);
            match pair[1] {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

fn table(steps: &[Step]) -> String {
    let mut text = String::new();
    let mut total = Duration::ZERO;
    for step in steps {
        let verdict = if step.passed { "ok" } else { "FAILED" };
        let seconds = step.took.as_secs_f64();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<20}{verdict:<8}{seconds:>8.1} s", step.name);
        total += step.took;
    }
    let _ = writeln!(text, "{:<28}{:>8.1} s", "total", total.as_secs_f64());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_tests_of_every_binary() {
        let output = "\
running 3 tests
test a ... ok
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.36s
test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s
";
        let expected = Counts { passed: 13, failed: 2, ignored: 1 };
        let counts = pass_on(output.as_bytes());
        assert_eq!(counts.to_string(), "13 passed, 2 failed, 1 ignored");
        assert_eq!(counts, expected);
    }

    #[test]
    fn the_table_says_what_failed() {
        let steps = [
            Step { name: "fmt", took: Duration::from_millis(1500), passed: true },
            Step { name: "test", took: Duration::from_secs(61), passed: false },
        ];
        let expected = "\
fmt                 ok           1.5 s
test                FAILED      61.0 s
total                           62.5 s
";
        assert_eq!(table(&steps), expected);
    }
}
