//! The services' processes: two frontends, three registers, one aggregator.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::{port, wait_until};
use nix::sys::signal::Signal;
use ureq::Agent;

use crate::database::Database;
use crate::http;
use crate::proxy::{Proxy, Route};

/// How many registers there are.
pub(crate) const REGISTERS: usize = 3;
const READY_PATIENCE: Duration = Duration::from_secs(90);
const READY_TIMEOUT: Duration = Duration::from_millis(800);
/// The longest a service may take to end after SIGTERM; Kubernetes would wait as long.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// What a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Frontend,
    Register,
    Aggregator,
}

impl Kind {
    fn program(self) -> &'static str {
        match self {
            Self::Frontend => "voters-frontend",
            Self::Register => "votes-register",
            Self::Aggregator => "votes-aggregator",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Frontend => &["serve"],
            Self::Register => &["run"],
            Self::Aggregator => &["watch", "--every", "1s"],
        }
    }
}

/// One process and how to start it again.
pub(crate) struct Service {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Where it serves voters, if it does, on 127.0.0.1.
    pub(crate) listen: u16,
    /// Its own way to Postgres.
    pub(crate) postgres: Route,
    admin: u16,
    program: PathBuf,
    environment: Vec<(String, String)>,
    log: PathBuf,
    daemon: Daemon,
    agent: Agent,
    /// It was started with more in its environment than usual.
    is_altered: bool,
}

impl Service {
    fn start(
        kind: Kind,
        number: usize,
        folders: (&Path, &Path),
        environment: &[(String, String)],
        proxy: &Proxy,
        postgres: u16,
    ) -> Result<Self> {
        let (binaries, logs) = folders;
        let name = format!("{}-{number}", kind.program());
        let postgres = proxy.route(&name, postgres)?;
        let (listen, admin) = (port::free()?, port::free()?);
        let mut environment = environment.to_vec();
        let own = [
            ("DATABASE_URL", Database::url_at(postgres.port)),
            ("LISTEN", format!("127.0.0.1:{listen}")),
            ("ADMIN_LISTEN", format!("127.0.0.1:{admin}")),
        ];
        environment.extend(own.map(|(variable, value)| (variable.to_owned(), value)));
        if kind == Kind::Register {
            environment.push(("NODE_NAME".to_owned(), name.clone()));
        }
        let program = binaries.join(kind.program());
        let log = logs.join(format!("{name}.log"));
        let daemon = spawn(kind, &name, &program, &environment, &[], &log)?;
        let agent = http::agent(READY_TIMEOUT);
        Ok(Self { kind, name, listen, postgres, admin, program, environment, log, daemon, agent, is_altered: false })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        self.daemon.pid()
    }

    /// Starts it again with more in its environment, after it has ended.
    pub(crate) fn start_again(&mut self, more: &[(&str, String)]) -> Result<()> {
        if self.daemon.is_running() {
            bail!("{} already runs", self.name);
        }
        self.daemon = spawn(self.kind, &self.name, &self.program, &self.environment, more, &self.log)?;
        self.is_altered = !more.is_empty();
        Ok(())
    }

    pub(crate) fn kill(&mut self) -> Result<()> {
        self.daemon.kill()
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> Result<()> {
        self.daemon.signal(signal)
    }

    /// SIGTERM, and how long it then took to end; an error when it had to be killed or ended with a failure.
    pub(crate) fn terminate(&mut self) -> Result<Duration> {
        let start = Instant::now();
        self.daemon.stop(Signal::SIGTERM, STOP_PATIENCE)?;
        match self.daemon.exit_code() {
            Some(0) => Ok(start.elapsed()),
            code => bail!("{} ended with {code:?} after SIGTERM: {}", self.name, self.daemon.log_tail()),
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.daemon.is_running()
    }

    /// Where `/readyz` is.
    pub(crate) fn ready_url(&self) -> String {
        format!("http://127.0.0.1:{}/readyz", self.admin)
    }

    /// What stands in the way of its being ready: nothing, or what `/readyz` says.
    pub(crate) fn unready(&self) -> Option<String> {
        match http::get(&self.agent, &self.ready_url()) {
            Some((200, _)) => None,
            Some((_, report)) => Some(report.trim().replace('\n', "; ")),
            None => Some("no answer".to_owned()),
        }
    }

    pub(crate) fn wait_until_ready(&mut self) -> Result<()> {
        let waited = wait_until("it was not ready", READY_PATIENCE, || Ok(self.unready().is_none().then_some(())));
        if waited.is_err() {
            let unready = self.unready().unwrap_or_default();
            bail!("{} was not ready within {} s: {unready}", self.name, READY_PATIENCE.as_secs());
        }
        Ok(())
    }

    /// The last lines of its log.
    pub(crate) fn log_tail(&self) -> String {
        self.daemon.log_tail()
    }
}

fn spawn(
    kind: Kind,
    name: &str,
    program: &Path,
    environment: &[(String, String)],
    more: &[(&str, String)],
    log: &Path,
) -> Result<Daemon> {
    let mut command = Command::new(program);
    command.args(kind.arguments()).env("RUST_LOG", "info");
    command.envs(environment.iter().cloned()).envs(more.iter().cloned());
    Daemon::spawn(command, name, log, &Lifetime::Parent, Signal::SIGKILL)
}

/// All of them.
pub(crate) struct Services(Vec<Service>);

impl Services {
    /// Starts two frontends, three registers and an aggregator, each with its own route to Postgres.
    pub(crate) fn start(
        binaries: &Path,
        logs: &Path,
        environment: &[(String, String)],
        proxy: &Proxy,
        postgres: u16,
    ) -> Result<Self> {
        let mut services = Vec::new();
        for (kind, count) in [(Kind::Register, REGISTERS), (Kind::Aggregator, 1), (Kind::Frontend, 2)] {
            for number in 1..=count {
                services.push(Service::start(kind, number, (binaries, logs), environment, proxy, postgres)?);
            }
        }
        for service in &mut services {
            service.wait_until_ready()?;
        }
        Ok(Self(services))
    }

    pub(crate) fn all(&mut self) -> &mut [Service] {
        &mut self.0
    }

    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &Service> {
        self.0.iter().filter(move |service| service.kind == kind)
    }

    /// One of a kind, drawn.
    pub(crate) fn draw(&mut self, kind: Kind, rng: &mut fastrand::Rng) -> &mut Service {
        let indices: Vec<_> = (0..self.0.len()).filter(|&index| self.0[index].kind == kind).collect();
        let index = rng.choice(indices).expect("there is one of each kind");
        &mut self.0[index]
    }

    /// Every way from a service to Postgres.
    pub(crate) fn postgres_routes(&self) -> Vec<Route> {
        self.0.iter().map(|service| service.postgres.clone()).collect()
    }

    /// Starts those again that ended of their own accord, as an orchestrator would; their names and last words.
    pub(crate) fn revive(&mut self) -> Result<Vec<String>> {
        let mut ended = Vec::new();
        for service in &mut self.0 {
            if service.is_altered && service.is_running() {
                service.kill()?;
                service.start_again(&[])?;
            }
            if !service.is_running() {
                ended.push(format!("{} ended by itself: {}", service.name, service.log_tail().trim()));
                service.start_again(&[])?;
            }
        }
        Ok(ended)
    }
}
