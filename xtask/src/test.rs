//! `cargo xtask test`: everything that must hold before a change is accepted.

use std::fmt::{self, Display, Formatter};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use dev_stack::daemon::Lifetime;
use dev_stack::kafka::{Kafka, KafkaOptions};
use dev_stack::port;
use dev_stack::postgres::{Postgres, PostgresOptions};

use crate::steps::Steps;
use crate::{attack, chaos, folder, jars, lock, manifests, provision, run, say, simulate, supply_chain};

/// All that is built and tested. Examples in doc comments aren't: there are none.
const TARGETS: [&str; 3] = ["--lib", "--bins", "--tests"];

/// More of them run at once than there are processors, for they wait for minutes to end.
const WHOLE_SYSTEM: [&str; 5] = ["--test", "whole_system", "--", "--test-threads", "4"];

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
    let (steps, counts) = (Steps::begin(), Mutex::default());
    let checked = run_steps(&steps, &counts);
    println!("\n{}", steps.table());
    checked?;
    let counts = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failures = steps.failures();
    if !failures.is_empty() {
        bail!("these steps failed: {} ({counts})", failures.join(", "));
    }
    println!("{counts}");
    Ok(())
}

fn run_steps(steps: &Steps, counts: &Mutex<Counts>) -> Result<()> {
    if !steps.run("provision", provision::for_tests)? {
        return Ok(());
    }
    let mut started = None;
    steps.run("Kafka and Postgres", || {
        started = Some(TestBackends::start()?);
        Ok(())
    })?;
    let Some(backends) = started else { return Ok(()) };
    steps.run("fmt", || run::run(&mut run::cargo(&["fmt", "--all", "--check"])))?;
    // The tests of the whole system start the services' programs, drive a browser, and ask a check of the manifests.
    steps.run("build", || {
        build_all()?;
        install_browser_tests()
    })?;
    steps.run("manifests", manifests::check)?;
    steps.run("simulate", simulate::for_tests)?;
    let tests = |which: &[&str]| run_and_count(&mut tests(&backends, which), counts);
    thread::scope(|scope| {
        // They mostly wait, while what is beside them mostly computes.
        let whole_system = scope.spawn(|| steps.run("whole system", || tests(&WHOLE_SYSTEM)));
        // Only those of the whole system have a name that begins so.
        steps.run("test", || tests(&["--lib", "--bins", "--test", "[!w]*"]))?;
        steps.run("dependencies", supply_chain::check_offline)?;
        // Not before the tests have begun: it keeps the folder of what is built to itself.
        steps.run("clippy", || {
            let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
            run::run(run::cargo(&arguments).env("SQLX_OFFLINE", "true"))
        })?;
        whole_system.join().unwrap_or_else(|_| bail!("the tests of the whole system came to no end"))
    })?;
    steps.run("speed", || tests(&["--test", "when_idle"]))?;
    steps.run("attack", || attack::short(&backends))?;
    // It needs both processors, and has a Kafka and a Postgres of its own.
    drop(backends);
    steps.run("chaos", chaos::short)?;
    Ok(())
}

/// Builds programs and tests at once: apart, the tests' additional features would have most dependencies compiled again.
pub(crate) fn build_all() -> Result<()> {
    run::run(run::cargo(&["build", "--workspace"]).args(TARGETS).env("SQLX_OFFLINE", "true"))
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
                    durable: false,
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

fn tests(backends: &TestBackends, which: &[&str]) -> Command {
    let mut command = run::cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.args(which);
    backends.tell(&mut command);
    command
}

fn run_and_count(command: &mut Command, counts: &Mutex<Counts>) -> Result<()> {
    let mut more = Counts::default();
    let passed = run_tests(command, &mut more);
    counts.lock().unwrap_or_else(PoisonError::into_inner).sum(&more);
    passed
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
}
