//! A program that runs in the background, its output in a file.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::wait_until;

/// How long a killed process may take to disappear.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
/// A log larger than this is emptied before its program starts again.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How much of a log an error shows.
const LOG_TAIL_LINES: usize = 15;

/// How long a program lives.
#[derive(Clone, Debug)]
pub enum Lifetime {
    /// It ends, at the latest, when this process ends, however this one ends.
    Parent,
    /// It goes on without this process, and the file says how to find it again.
    Detached {
        /// Where the process id and its start time are kept.
        pidfile: PathBuf,
    },
}

/// A running program, started here or found by its pidfile.
#[derive(Debug)]
pub struct Daemon {
    name: String,
    pid: Pid,
    started_at: String,
    /// Absent when another process started it.
    child: Option<Child>,
    log: PathBuf,
    /// Where this run begins in the log.
    log_start: u64,
}

impl Daemon {
    /// Starts `command` in its own process group, so that a Ctrl-C in the terminal leaves it to us to stop it.
    ///
    /// `death_signal` is what it gets when a parent it shall not outlive ends.
    pub fn spawn(
        mut command: Command,
        name: &str,
        log: &Path,
        lifetime: &Lifetime,
        death_signal: Signal,
    ) -> Result<Self> {
        let (output, log_start) = open_log(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
        if matches!(lifetime, Lifetime::Parent) {
            die_with_parent(&mut command, death_signal);
        }
        let child = spawn_on_lasting_thread(command).with_context(|| format!("{name} could not be started"))?;
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        let mut daemon = Self {
            name: name.to_owned(),
            pid,
            started_at: started_at(pid).unwrap_or_default(),
            child: Some(child),
            log: log.to_owned(),
            log_start,
        };
        if let Lifetime::Detached { pidfile } = lifetime
            && let Err(error) = daemon.save(pidfile)
        {
            daemon.kill()?;
            return Err(error);
        }
        Ok(daemon)
    }

    /// The program a pidfile speaks of, if it still runs: never a stranger that got its process id later.
    pub fn find(name: &str, log: &Path, pidfile: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(pidfile) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {}", pidfile.display()))?,
        };
        let Some((pid, recorded)) =
            text.split_once(' ').and_then(|(pid, started)| Some((pid.parse().ok()?, started.trim_end())))
        else {
            return Ok(None);
        };
        let pid = Pid::from_raw(pid);
        let Some(started_at) = started_at(pid).filter(|started| started == recorded) else {
            return Ok(None);
        };
        let log_start = 0;
        Ok(Some(Self { name: name.to_owned(), pid, started_at, child: None, log: log.to_owned(), log_start }))
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => started_at(self.pid).is_some_and(|started| started == self.started_at),
        }
    }

    /// With what code it ended by itself; `None` while it runs, after a signal, and when another process started it.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.as_mut()?.try_wait().ok()??.code()
    }

    /// Sends a signal; to a program that has ended, nothing.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        if !self.is_running() {
            return Ok(());
        }
        signal::kill(self.pid, signal).with_context(|| format!("{} could not be sent {signal}", self.name))
    }

    /// Asks it to end with `signal` and waits; one that has not ended after `patience` is killed, which is an error.
    pub fn stop(&mut self, signal: Signal, patience: Duration) -> Result<()> {
        self.signal(signal)?;
        if self.wait(patience).is_ok() {
            return Ok(());
        }
        self.kill()?;
        bail!("{} did not end within {} s of {signal} and was killed", self.name, patience.as_secs())
    }

    /// Kills it with SIGKILL and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::SIGKILL)?;
        self.wait(KILL_PATIENCE)
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self, patience: Duration) -> Result<()> {
        let what = format!("{} did not end", self.name);
        wait_until(&what, patience, || Ok((!self.is_running()).then_some(())))
    }

    /// Waits until `check` is content, and fails at once when the program ends before that.
    pub fn wait_until_ready(&mut self, patience: Duration, mut check: impl FnMut(&Self) -> Result<bool>) -> Result<()> {
        let what = format!("{} did not get ready", self.name);
        let result = wait_until(&what, patience, || {
            let running = self.is_running();
            if check(self)? {
                return Ok(Some(()));
            }
            if !running {
                bail!("{} ended while it started", self.name);
            }
            Ok(None)
        });
        // The log comes last, for it takes many lines.
        result.map_err(|error| anyhow!("{error:#}; its log {} ends with:\n{}", self.log.display(), self.log_tail()))
    }

    /// What this run has written so far.
    pub fn output(&self) -> Result<String> {
        let bytes = fs::read(&self.log)?;
        let start = usize::try_from(self.log_start)?.min(bytes.len());
        Ok(String::from_utf8_lossy(&bytes[start..]).into_owned())
    }

    /// The last lines it wrote, indented.
    pub fn log_tail(&self) -> String {
        let output = self.output().unwrap_or_default();
        let lines: Vec<_> = output.lines().collect();
        let from = lines.len().saturating_sub(LOG_TAIL_LINES);
        lines[from..].iter().map(|l| format!("  {l}")).collect::<Vec<_>>().join("\n")
    }

    fn save(&self, pidfile: &Path) -> Result<()> {
        if let Some(folder) = pidfile.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(pidfile, format!("{} {}\n", self.pid, self.started_at))
            .with_context(|| format!("cannot write {}", pidfile.display()))
    }
}

fn open_log(path: &Path) -> io::Result<(fs::File, u64)> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    if file.metadata()?.len() > LOG_BYTES_MAX {
        file.set_len(0)?;
    }
    let start = file.metadata()?.len();
    Ok((file, start))
}

#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command, signal: Signal) {
    #[expect(unsafe_code, reason = "prctl is async-signal-safe and touches no memory")]
    // SAFETY: between fork and exec only one system call is made, nothing is allocated or locked.
    unsafe {
        command.pre_exec(move || Ok(nix::sys::prctl::set_pdeathsig(signal)?));
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut Command, _: Signal) {}

/// The kernel takes the *thread* that forked for the parent, so every fork happens on one that never ends: a broker
/// that one test started and others share must not die with the first test's thread.
fn spawn_on_lasting_thread(command: Command) -> io::Result<Child> {
    type Job = (Command, Sender<io::Result<Child>>);
    static SPAWNER: LazyLock<Sender<Job>> = LazyLock::new(|| {
        let (sender, jobs) = mpsc::channel::<Job>();
        thread::spawn(move || {
            for (mut command, answer) in jobs {
                // Whoever asked waits for the answer below.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, result) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts processes is gone");
    SPAWNER.send((command, answer)).map_err(|_| gone())?;
    result.recv().map_err(|_| gone())?
}

/// When a process started, in whatever unit the system counts; `None` when it has ended.
#[cfg(target_os = "linux")]
fn started_at(pid: Pid) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so count the fields after it (man 5 proc: 3 is the state, 22 the start).
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ended = matches!(*fields.first()?, "Z" | "X");
    (!ended).then(|| fields.get(19).map(ToString::to_string))?
}

#[cfg(not(target_os = "linux"))]
fn started_at(pid: Pid) -> Option<String> {
    let ps = Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    let started = String::from_utf8(ps.stdout).ok()?.trim().to_owned();
    (!started.is_empty()).then_some(started)
}

/// Whether some process has this id and has not ended.
pub(crate) fn is_alive(pid: Pid) -> bool {
    started_at(pid).is_some()
}

/// The processes that `pid` has started.
#[cfg(target_os = "linux")]
pub(crate) fn children(pid: i32) -> Vec<Pid> {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|child| child.parse().ok().map(Pid::from_raw))
        .collect()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn children(_: i32) -> Vec<Pid> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path, lifetime: &Lifetime) -> Daemon {
        let mut command = Command::new("sleep");
        command.arg("600");
        let log = folder.join("log");
        Daemon::spawn(command, "sleep", &log, lifetime, Signal::SIGKILL).unwrap()
    }

    #[test]
    fn is_found_by_its_pidfile_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let pidfile = folder.path().join("run/sleep.pid");
        let log = folder.path().join("log");
        let lifetime = Lifetime::Detached { pidfile: pidfile.clone() };
        let mut daemon = sleeper(folder.path(), &lifetime);

        let found = Daemon::find("sleep", &log, &pidfile).unwrap();
        assert_eq!(found.map(|found| found.pid()), Some(daemon.pid()));

        daemon.stop(Signal::SIGTERM, Duration::from_secs(10)).unwrap();
        assert!(Daemon::find("sleep", &log, &pidfile).unwrap().is_none());
    }

    #[test]
    fn a_stranger_with_the_same_process_id_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let pidfile = folder.path().join("sleep.pid");
        let log = folder.path().join("log");
        let mut stranger = sleeper(folder.path(), &Lifetime::Parent);
        fs::write(&pidfile, format!("{} 1\n", stranger.pid())).unwrap();

        assert!(Daemon::find("sleep", &log, &pidfile).unwrap().is_none());
        stranger.kill().unwrap();
    }

    #[test]
    fn outlives_the_thread_that_asked_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let mut daemon = thread::spawn(move || sleeper(&path, &Lifetime::Parent)).join().unwrap();
        assert!(daemon.wait(Duration::from_millis(300)).is_err());
        daemon.kill().unwrap();
    }

    #[test]
    fn a_program_that_ends_early_is_reported_with_what_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such luck; exit 3"]);
        let log = folder.path().join("log");
        let mut daemon = Daemon::spawn(command, "luck", &log, &Lifetime::Parent, Signal::SIGKILL).unwrap();
        let error = daemon.wait_until_ready(Duration::from_secs(30), |_| Ok(false));
        let message = format!("{:#}", error.unwrap_err());
        assert!(message.contains("luck ended while it started"), "{message}");
        assert!(message.contains("no such luck"), "{message}");
    }
}
