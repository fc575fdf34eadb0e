//! One private Postgres, reached over TCP on 127.0.0.1: without a password, or guarded by a keyring.

use std::fs::{self, DirBuilder};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::{self, Signal};
use nix::unistd::{Pid, User, geteuid};
use tempfile::TempDir;

use crate::daemon::{self, Daemon, Lifetime};
use crate::keyring::{DATABASE, Keyring, MIGRATIONS, SERVICES};
use crate::private_file::write_private;
use crate::{port, wait_until};

const START_PATIENCE: Duration = Duration::from_secs(60);
const STOP_PATIENCE: Duration = Duration::from_secs(60);
const CONNECTIONS_MAX: u32 = 400;
/// Who may do everything.
pub const SUPERUSER: &str = "postgres";

/// Where a server lives.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Its folder: log and data.
    pub dir: PathBuf,
    /// Where clients connect, on 127.0.0.1.
    pub port: u16,
    /// Whether it may outlive this process.
    pub lifetime: Lifetime,
    /// Whether what it acknowledged outlives the machine's power failure, and not only its own end. Waiting for the disk makes it slow.
    pub durable: bool,
    /// Whose passwords are asked for, and by which certificate it shows itself; `None` where everybody may do everything.
    pub keyring: Option<Keyring>,
}

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Open transactions are rolled back, everything is written out.
    Fast,
    /// At once, as if the power were cut: the next start recovers from the write-ahead log.
    Immediate,
}

/// A running server; one that lives no longer than its parent is killed when dropped.
#[derive(Debug)]
pub struct Postgres {
    options: PostgresOptions,
    daemon: Daemon,
    /// Kept for its `Drop`, which removes the folder.
    _temporary: Option<TempDir>,
}

impl Postgres {
    /// Starts a server and returns once it serves; a detached one that already runs is taken as it is.
    pub fn start(options: PostgresOptions) -> Result<Self> {
        if let Lifetime::Detached { pidfile } = &options.lifetime
            && let Some(daemon) = Daemon::find("Postgres", &log(&options), pidfile)?
        {
            return Ok(Self::new(options, daemon));
        }
        initialise(&options)?;
        let daemon = spawn(&options)?;
        Ok(Self::new(options, daemon))
    }

    /// A server of one's own for a test, on a free port and in a temporary folder.
    pub fn temporary() -> Result<Self> {
        Self::temporary_with(None)
    }

    /// The same, guarded.
    pub fn temporary_guarded(keyring: &Keyring) -> Result<Self> {
        Self::temporary_with(Some(keyring.clone()))
    }

    fn temporary_with(keyring: Option<Keyring>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        give_to_owner(folder.path())?;
        let mut postgres = Self::start(PostgresOptions {
            dir: folder.path().join("postgres"),
            port: port::free()?,
            lifetime: Lifetime::Parent,
            durable: false,
            keyring,
        })?;
        postgres._temporary = Some(folder);
        Ok(postgres)
    }

    /// Starts a server that streams, asynchronously, whatever the primary at `primary_port` of 127.0.0.1 writes. Its
    /// folder's data, if any, is replaced by a copy of the primary's.
    pub fn start_standby(options: PostgresOptions, primary_port: u16) -> Result<Self> {
        copy_primary(&options, primary_port)?;
        let daemon = spawn(&options)?;
        Ok(Self::new(options, daemon))
    }

    /// A standby of this server for a test, on a free port and in a temporary folder.
    pub fn temporary_standby(&self) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        give_to_owner(folder.path())?;
        let options = PostgresOptions {
            dir: folder.path().join("postgres"),
            port: port::free()?,
            lifetime: Lifetime::Parent,
            durable: false,
            keyring: None,
        };
        let mut postgres = Self::start_standby(options, self.options.port)?;
        postgres._temporary = Some(folder);
        Ok(postgres)
    }

    /// Makes a standby a primary of its own, on the next timeline; returns once it takes writes.
    pub fn promote(&self) -> Result<()> {
        let promoted = self.sql("SELECT pg_promote(true, 60)")?;
        if promoted != "t" {
            bail!("the standby was not promoted within 60 s");
        }
        Ok(())
    }

    fn new(options: PostgresOptions, daemon: Daemon) -> Self {
        Self { options, daemon, _temporary: None }
    }

    /// The maintenance database, as its superuser.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// A database of this server, as its superuser.
    pub fn url_of(&self, database: &str) -> String {
        let port = self.options.port;
        format!("postgres://{SUPERUSER}@127.0.0.1:{port}/{database}")
    }

    /// Creates a database unless it is there.
    pub fn create_database(&self, name: &str) -> Result<()> {
        let found = self.sql(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?;
        if found.is_empty() {
            self.sql(&format!("CREATE DATABASE \"{name}\""))?;
        }
        Ok(())
    }

    /// Makes a role for each service and for the migrations, and the database that the latter own, unless they are there. What
    /// the services may do in it, migrations say.
    pub fn create_guarded_database(&self, keyring: &Keyring) -> Result<()> {
        for role in SERVICES.into_iter().chain([MIGRATIONS]) {
            if self.sql(&format!("SELECT 1 FROM pg_roles WHERE rolname = '{role}'"))?.is_empty() {
                let password = keyring.password(role)?;
                self.feed(&format!("CREATE ROLE \"{role}\" LOGIN PASSWORD '{password}'"))?;
            }
        }
        // Nobody has any business there.
        self.sql("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")?;
        if self.sql(&format!("SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"))?.is_empty() {
            self.sql(&format!("CREATE DATABASE \"{DATABASE}\" OWNER \"{MIGRATIONS}\""))?;
        }
        Ok(())
    }

    /// Drops a database, whoever is connected to it.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        self.sql(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))?;
        Ok(())
    }

    /// Runs one statement in the maintenance database through `psql`, and gives what it printed.
    pub fn sql(&self, statement: &str) -> Result<String> {
        let output = self.psql()?.args(["-c", statement]).output()?;
        if !output.status.success() {
            bail!("Postgres refused `{statement}`: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Runs one statement that holds a secret: everybody sees the arguments of a process, and errors are shown.
    fn feed(&self, statement: &str) -> Result<()> {
        let mut psql =
            self.psql()?.args(["-v", "ON_ERROR_STOP=1"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        psql.stdin.take().context("it is piped")?.write_all(statement.as_bytes())?;
        if !psql.wait()?.success() {
            bail!("Postgres refused to make a role");
        }
        Ok(())
    }

    fn psql(&self) -> Result<Command> {
        let mut psql = Command::new(program("psql")?);
        psql.args(["-X", "-q", "-A", "-t", "-d", &self.url()]);
        if let Some(keyring) = &self.options.keyring {
            psql.env("PGPASSWORD", keyring.password(SUPERUSER)?);
            psql.env("PGSSLMODE", "verify-full").env("PGSSLROOTCERT", keyring.ca());
        }
        Ok(psql)
    }

    /// Stops it and waits until it has ended.
    pub fn stop(&mut self, how: Stop) -> Result<()> {
        let signal = match how {
            Stop::Fast => Signal::SIGINT,
            Stop::Immediate => Signal::SIGQUIT,
        };
        self.daemon.stop(signal, STOP_PATIENCE)
    }

    /// Where clients connect, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.options.port
    }

    /// The process id of the server, the parent of its sessions.
    pub fn pid(&self) -> i32 {
        self.daemon.pid()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.daemon.is_running()
    }

    /// The process ids of the server, which comes first, and of each of its sessions and helpers.
    pub fn processes(&self) -> Vec<i32> {
        let children = daemon::children(self.daemon.pid());
        std::iter::once(self.daemon.pid()).chain(children.into_iter().map(Pid::as_raw)).collect()
    }

    /// Freezes the server and each of its processes with SIGSTOP: connections stay open and nothing answers.
    pub fn freeze(&mut self) -> Result<()> {
        self.daemon.signal(Signal::SIGSTOP)?;
        self.signal_children(Signal::SIGSTOP);
        Ok(())
    }

    /// Lets a frozen one go on.
    pub fn thaw(&mut self) -> Result<()> {
        self.signal_children(Signal::SIGCONT);
        self.daemon.signal(Signal::SIGCONT)
    }

    fn signal_children(&self, signal: Signal) {
        for child in daemon::children(self.daemon.pid()) {
            // It may have ended already.
            let _ = signal::kill(child, signal);
        }
    }

    /// Kills the server and each of its sessions with SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        // Sessions would end by themselves when they notice, but until then they block the next start.
        let sessions = daemon::children(self.daemon.pid());
        self.daemon.kill()?;
        for &session in &sessions {
            // It may have ended already.
            let _ = signal::kill(session, Signal::SIGKILL);
        }
        wait_until("Postgres' sessions did not end", STOP_PATIENCE, || {
            let left = sessions.iter().any(|&session| daemon::is_alive(session));
            Ok((!left).then_some(()))
        })
    }

    /// Starts it again on the same port and data, after [`Self::stop`] or [`Self::kill`].
    pub fn start_again(&mut self) -> Result<()> {
        if self.daemon.is_running() {
            bail!("Postgres already runs");
        }
        self.daemon = spawn(&self.options)?;
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if matches!(self.options.lifetime, Lifetime::Parent) {
            // Nothing is left to do about a failure here. Not SIGKILL, which would leave its sessions behind.
            let _ = self.stop(Stop::Immediate);
        }
    }
}

/// The signal that ends a server cleanly, and how long it may take.
pub const STOP: (Signal, Duration) = (Signal::SIGINT, STOP_PATIENCE);

fn log(options: &PostgresOptions) -> PathBuf {
    options.dir.join("postgres.log")
}

fn data(options: &PostgresOptions) -> PathBuf {
    options.dir.join("data")
}

/// Creates the data folder, once.
fn initialise(options: &PostgresOptions) -> Result<()> {
    let (dir, data) = (&options.dir, data(options));
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    // Written last, so that an initdb that was cut short is done again.
    let initialised = dir.join("initialised");
    if initialised.exists() {
        return Ok(());
    }
    make_data(options)?;
    if let Some(owner) = owner()?
        && !is_reachable(dir, &owner)
    {
        bail!(
            "Postgres refuses to run as root and the user {} cannot enter {}: use a folder that others may enter",
            owner.name,
            dir.display()
        );
    }
    let mut initdb = as_owner(Command::new(program("initdb")?))?;
    let password = dir.join("superuser.password");
    match &options.keyring {
        None => initdb.arg("--auth=trust"),
        Some(keyring) => {
            write_private(&password, &keyring.password(SUPERUSER)?)?;
            give_to_owner(&password)?;
            initdb.arg("--auth=scram-sha-256").arg("--pwfile").arg(&password)
        }
    };
    let output = initdb
        .args(["--username", SUPERUSER, "--no-locale"])
        // Nothing is lost yet if the power fails here; the running server does sync.
        .args(["--encoding=UTF8", "--no-sync", "--no-instructions", "-D"])
        .arg(&data)
        .current_dir("/")
        .output()?;
    if !output.status.success() {
        bail!("Postgres' data folder could not be created: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    if options.keyring.is_some() {
        fs::remove_file(password)?;
    }
    fs::write(initialised, "")?;
    Ok(())
}

/// Puts the certificate where the server finds it, and lets in nobody who doesn't sign in over TLS.
fn guard(data: &Path, keyring: &Keyring) -> Result<()> {
    let put = |name: &str, text: &str| {
        let path = data.join(name);
        write_private(&path, text)?;
        give_to_owner(&path)
    };
    put("server.crt", &fs::read_to_string(keyring.certificate())?)?;
    put("server.key", &fs::read_to_string(keyring.key())?)?;
    put("pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256\n")
}

/// Makes the data folder anew, empty.
fn make_data(options: &PostgresOptions) -> Result<()> {
    let data = data(options);
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    fs::create_dir_all(&options.dir)?;
    // Postgres refuses a folder that others may enter.
    DirBuilder::new().mode(0o700).create(&data)?;
    give_to_owner(&data)
}

/// Fills the data folder with a copy of a running primary's, set up to follow it.
fn copy_primary(options: &PostgresOptions, primary_port: u16) -> Result<()> {
    make_data(options)?;
    let output = as_owner(Command::new(program("pg_basebackup")?))?
        .args(["--host=127.0.0.1", "--username", SUPERUSER, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
        .arg(format!("--port={primary_port}"))
        .arg("--pgdata")
        .arg(data(options))
        .current_dir("/")
        .output()?;
    if !output.status.success() {
        bail!("the primary could not be copied: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn spawn(options: &PostgresOptions) -> Result<Daemon> {
    let port = options.port;
    port::require_free(port, "Postgres")?;
    let data = data(options);
    let mut command = as_owner(Command::new(program("postgres")?))?;
    command.current_dir("/").arg("-D").arg(&data);
    for setting in [
        &format!("port={port}"),
        &format!("max_connections={CONNECTIONS_MAX}"),
        &format!("fsync={}", options.durable),
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "log_line_prefix=%m [%p] %d ",
        // Connections made and dropped by the thousand are the tests' daily bread.
        "log_connections=off",
    ] {
        command.args(["-c", setting]);
    }
    if let Some(keyring) = &options.keyring {
        guard(&data, keyring)?;
        command.args(["-c", "ssl=on"]);
    }
    let mut daemon = Daemon::spawn(
        command,
        "Postgres",
        &log(options),
        &options.lifetime,
        // An immediate shutdown, which ends the sessions too.
        Signal::SIGQUIT,
    )?;
    let ready =
        daemon.wait_until_ready(START_PATIENCE, |daemon| Ok(is_ready(&data.join("postmaster.pid"), daemon.pid())));
    if let Err(error) = ready {
        daemon.stop(Signal::SIGQUIT, STOP_PATIENCE)?;
        return Err(error);
    }
    Ok(daemon)
}

/// Reads what `pg_ctl` reads: the first line is the server's process id, the eighth its state.
fn is_ready(postmaster_pid: &Path, pid: i32) -> bool {
    let text = fs::read_to_string(postmaster_pid).unwrap_or_default();
    let mut lines = text.lines();
    lines.next() == Some(pid.to_string().as_str())
        && lines.nth(6).is_some_and(|state| matches!(state.trim(), "ready" | "standby"))
}

/// A program of the newest Postgres installed.
pub fn program(name: &str) -> Result<PathBuf> {
    let from_pg_config = Command::new("pg_config").arg("--bindir").output().ok();
    let pg_config = from_pg_config
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|folder| PathBuf::from(folder.trim()));
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev().map(|(_, folder)| folder);
    // Debian's pg_config is there with the client alone, so a folder counts only with the server in it.
    newest_first
        .chain(pg_config)
        .find(|folder| folder.join("initdb").exists())
        .map(|folder| folder.join(name))
        .ok_or_else(|| anyhow!("no Postgres server is installed: `initdb` was not found"))
}

/// Whom the server runs as: Postgres refuses root, so root hands over to a user of little power.
fn owner() -> Result<Option<User>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("Postgres refuses to run as root and there is no user `postgres` or `nobody` to run it as")
}

fn as_owner(mut command: Command) -> Result<Command> {
    if let Some(user) = owner()? {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    Ok(command)
}

fn give_to_owner(folder: &Path) -> Result<()> {
    if let Some(user) = owner()? {
        chown(folder, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .with_context(|| format!("cannot hand {} to {}", folder.display(), user.name))?;
    }
    Ok(())
}

/// Whether a server started by this user could live in `folder`.
///
/// A root's home is often closed to others, and with it all that is below.
pub fn can_live_in(folder: &Path) -> Result<bool> {
    Ok(owner()?.is_none_or(|owner| is_reachable(folder, &owner)))
}

fn is_reachable(folder: &Path, user: &User) -> bool {
    folder.ancestors().all(|ancestor| {
        // A relative path ends in an empty ancestor; a folder that is yet to be made will be open.
        let Ok(metadata) = ancestor.metadata() else {
            return true;
        };
        let search_bit = if metadata.uid() == user.uid.as_raw() {
            0o100
        } else if metadata.gid() == user.gid.as_raw() {
            0o010
        } else {
            0o001
        };
        metadata.mode() & search_bit != 0
    })
}
