//! The four services: how each is started, and whether what runs is what was built last.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::port;
use nix::sys::signal::Signal;

use crate::backends::Backends;
use crate::secrets::Secrets;
use crate::{folder, http, interrupt, say, teardown};

/// Where voters vote.
pub(crate) const VOTERS_URL: &str = "http://127.0.0.1:8080";
/// Where the production team works.
pub(crate) const PRODUCTION_URL: &str = "http://127.0.0.1:8081";

const READY_PATIENCE: Duration = Duration::from_secs(60);
/// hCaptcha publishes these for tests: every answer passes.
const HCAPTCHA_TEST_KEYS: [(&str, &str); 2] = [
    ("HCAPTCHA_SITE_KEY", "10000000-ffff-ffff-ffff-000000000001"),
    ("HCAPTCHA_SECRET", "0x0000000000000000000000000000000000000000"),
];

/// What voters have to solve.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Captcha {
    /// Proof of work, served by ourselves
    Altcha,
    /// hCaptcha with its published test keys, or with HCAPTCHA_SITE_KEY and HCAPTCHA_SECRET if set
    Hcaptcha,
    /// Nothing: for load tests
    Off,
}

/// A service and how it is run.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    arguments: &'static [&'static str],
    /// Its own address, if it has one besides the admin endpoints.
    listen: Option<u16>,
    admin: u16,
    variables: Vec<(&'static str, String)>,
}

/// The programs that `up` builds.
pub(crate) const NAMES: [&str; 4] = ["production-frontend", "votes-register", "votes-aggregator", "voters-frontend"];

/// The services in the order in which they are started.
pub(crate) fn all(backends: &Backends, secrets: &mut Secrets, captcha: Captcha) -> Result<[Service; 4]> {
    let service = |name, arguments, listen, admin| -> Result<Service> {
        let variables = common_variables(backends, name, listen, admin)?;
        Ok(Service { name, arguments, listen, admin, variables })
    };
    let [production, register, aggregator, voters] = NAMES;
    let mut services = [
        service(production, &["serve"][..], Some(8081), 9181)?,
        service(register, &["run"], None, 9182)?,
        service(aggregator, &["watch", "--every", "1s"], None, 9183)?,
        service(voters, &["serve"], Some(8080), 9180)?,
    ];
    let result_signing_key = secrets.result_signing_key()?.display().to_string();
    services[0].variables.push(("RESULT_SIGNING_KEY", result_signing_key));
    services[3].variables.extend([("BALLOT_KEYS", secrets.ballot_keys()?), ("ALTCHA_KEY", secrets.altcha_key()?)]);
    services[3].variables.push(("PUBLIC_URL", VOTERS_URL.to_owned()));
    services[3].variables.extend(captcha.variables());
    Ok(services)
}

fn common_variables(
    backends: &Backends,
    name: &str,
    listen: Option<u16>,
    admin: u16,
) -> Result<Vec<(&'static str, String)>> {
    let mut variables = backends.variables(name)?;
    variables.push(("ADMIN_LISTEN", format!("127.0.0.1:{admin}")));
    variables.extend(listen.map(|port| ("LISTEN", format!("127.0.0.1:{port}"))));
    Ok(variables)
}

impl Captcha {
    fn variables(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Altcha => vec![("CAPTCHA", "altcha".to_owned())],
            Self::Hcaptcha => {
                let keys = HCAPTCHA_TEST_KEYS.map(|(name, test)| (name, env::var(name).unwrap_or(test.to_owned())));
                let mut variables = vec![("CAPTCHA", "hcaptcha".to_owned())];
                variables.extend(keys);
                variables
            }
            Self::Off => vec![("CAPTCHA", "off".to_owned()), ("CAPTCHA_OFF_CONFIRMED", "yes".to_owned())],
        }
    }
}

impl Service {
    /// Another command of the same program, with the same settings.
    pub(crate) fn command(&self, programs: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(programs.join(self.name));
        // A shell may know another stack's.
        command
            .args(arguments)
            .env_remove("DATABASE_URL")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Fails if another program listens where this service would.
    pub(crate) fn check_ports(&self) -> Result<()> {
        if self.running()?.is_some() {
            return Ok(());
        }
        for port in self.listen.into_iter().chain([self.admin]) {
            port::require_free(port, self.name)?;
        }
        Ok(())
    }

    /// The one that runs, if it does.
    pub(crate) fn running(&self) -> Result<Option<Daemon>> {
        Daemon::find(self.name, &folder::log(self.name), &folder::pidfile(self.name))
    }

    /// Starts it, or starts it anew if its program or settings have changed since; says whether it had to.
    pub(crate) fn start(&self, programs: &Path) -> Result<bool> {
        interrupt::check()?;
        let identity = self.identity(programs)?;
        let identity_file = folder::pidfile(self.name).with_extension("identity");
        if self.running()?.is_some() {
            if fs::read_to_string(&identity_file).is_ok_and(|running| running == identity) {
                return Ok(false);
            }
            teardown::stop(self.name)?;
        }
        self.check_ports()?;
        say::step(self.name, || {
            let lifetime = Lifetime::Detached { pidfile: folder::pidfile(self.name) };
            let command = self.command(programs, self.arguments);
            let log = folder::log(self.name);
            let mut daemon = Daemon::spawn(command, self.name, &log, &lifetime, Signal::SIGTERM)?;
            fs::write(identity_file, identity)?;
            self.wait_until_ready(&mut daemon)
        })?;
        Ok(true)
    }

    fn wait_until_ready(&self, daemon: &mut Daemon) -> Result<()> {
        let client = http::client();
        let url = format!("http://127.0.0.1:{}/readyz", self.admin);
        let mut reason = String::new();
        let ready = daemon.wait_until_ready(READY_PATIENCE, |_| {
            interrupt::check()?;
            // While nothing listens there is nothing to report either.
            let Ok(mut response) = client.get(&url).call() else {
                return Ok(false);
            };
            reason = response.body_mut().read_to_string().unwrap_or_default();
            Ok(response.status() == 200)
        });
        // What never answered has nothing to say but in its log.
        match reason.trim() {
            "" => ready,
            reason => ready.with_context(|| format!("{} is not ready ({reason})", self.name)),
        }
    }

    /// Changes whenever the program or its settings do.
    fn identity(&self, programs: &Path) -> Result<String> {
        let program = programs.join(self.name);
        let file = program.metadata().with_context(|| format!("cannot find {}", program.display()))?;
        let mut hasher = DefaultHasher::new();
        (file.mtime(), file.mtime_nsec(), file.len(), file.ino()).hash(&mut hasher);
        (self.arguments, &self.variables).hash(&mut hasher);
        Ok(format!("{:016x}", hasher.finish()))
    }
}
