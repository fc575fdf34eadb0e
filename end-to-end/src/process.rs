//! Services as processes.

use std::fs::File;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use test_support::eventually;

use crate::environment::Environment;
use crate::{binaries, free_address};

/// One service's process, which ends with its test.
#[derive(Debug)]
pub struct Service {
    process: Child,
    name: &'static str,
    /// Where it serves, if it serves anything.
    pub url: String,
    admin: String,
}

impl Service {
    /// Starts a service on free ports.
    ///
    /// # Panics
    /// When its binary wasn't built.
    pub(crate) fn start(name: &'static str, arguments: &[&str], environment: &Environment) -> Self {
        let (listen, admin) = (free_address(), free_address());
        let mut command = command(name, arguments, environment);
        if let Some(log) = &environment.log {
            let log = File::options().append(true).create(true).open(log).expect("the log can be written");
            command.stderr(log);
        }
        let process = command
            .env("LISTEN", &listen)
            .env("ADMIN_LISTEN", &admin)
            .env("PUBLIC_URL", format!("http://{listen}"))
            .spawn()
            .unwrap_or_else(|error| panic!("{name} can't be started ({error}): build the workspace first"));
        Self { process, name, url: format!("http://{listen}"), admin: format!("http://{admin}") }
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// When the process can't be killed.
    pub fn kill(&mut self) {
        self.process.kill().expect("a child may be killed");
        self.process.wait().expect("a child may be waited for");
    }

    /// Its number among the system's processes.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it hasn't ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Waits until `/readyz` says so.
    ///
    /// # Panics
    /// When it doesn't.
    pub async fn wait_until_ready(&self) {
        eventually(&format!("{} to be ready", self.name), async || self.is_ready().await.then_some(())).await;
    }

    /// What it tells Prometheus.
    ///
    /// # Panics
    /// When it doesn't answer.
    pub async fn metrics(&self) -> String {
        let answer = reqwest::get(format!("{}/metrics", self.admin)).await.expect("it answers");
        answer.text().await.expect("it answers with text")
    }

    /// Whether `/readyz` says that it is ready.
    pub async fn is_ready(&self) -> bool {
        let answer = reqwest::get(format!("{}/readyz", self.admin)).await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a service's command to its end; what it printed.
///
/// # Panics
/// When it fails.
pub(crate) fn output(name: &'static str, arguments: &[&str], environment: &Environment) -> String {
    let output = command(name, arguments, environment)
        .stdout(Stdio::piped())
        .output()
        .unwrap_or_else(|error| panic!("{name} can't be started ({error}): build the workspace first"));
    assert!(output.status.success(), "{name} {arguments:?} failed");
    String::from_utf8(output.stdout).expect("it prints text").trim().to_owned()
}

/// Runs a service's command to its end, with `input` as its standard input.
///
/// # Panics
/// When it fails.
pub(crate) fn feed(name: &'static str, arguments: &[&str], environment: &Environment, input: &str) {
    let mut process = command(name, arguments, environment)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name} can't be started ({error}): build the workspace first"));
    let mut stdin = process.stdin.take().expect("it is piped");
    stdin.write_all(input.as_bytes()).expect("it reads its standard input");
    drop(stdin);
    assert!(process.wait().expect("a child may be waited for").success(), "{name} {arguments:?} failed");
}

fn command(name: &str, arguments: &[&str], environment: &Environment) -> Command {
    let mut command = Command::new(binaries().join(name));
    // What this process was told to reach the tests' own Kafka and Postgres by isn't for a service.
    command.args(arguments).env_remove("DATABASE_URL").envs(environment.of(name)).stdin(Stdio::null());
    command
}
