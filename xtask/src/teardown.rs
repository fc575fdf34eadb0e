//! `cargo xtask down` and `reset`.

use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use anyhow::{Result, anyhow};
use dev_stack::daemon::Daemon;
use dev_stack::{kafka, postgres};
use nix::sys::signal::Signal;

use crate::{folder, lock, say};

/// A service has 10 s to end; a little more before it is killed.
const SERVICE_STOP: (Signal, Duration) = (Signal::SIGTERM, Duration::from_secs(15));

/// Stops everything that runs.
pub(crate) fn down() -> Result<()> {
    let _lock = lock::take("stack")?;
    if names()?.is_empty() {
        say::note("nothing is running");
    }
    stop_all()
}

/// Stops everything that runs and removes all state.
pub(crate) fn reset() -> Result<()> {
    let _lock = lock::take("stack")?;
    let _test_lock = lock::take("test")?;
    let _chaos_lock = lock::take("chaos")?;
    stop_all()?;
    folder::remove(&folder::dev().join("test"))?;
    folder::remove(&folder::dev().join("chaos"))?;
    folder::remove(&folder::secure())?;
    folder::remove(&folder::dev())?;
    say::note("forgotten: .dev is gone");
    Ok(())
}

/// Stops the services, then Kafka, then Postgres.
pub(crate) fn stop_all() -> Result<()> {
    stop_all_but(&[])
}

/// The same, but what is named goes on.
pub(crate) fn stop_all_but(spared: &[String]) -> Result<()> {
    let mut names = names()?;
    names.retain(|name| !spared.contains(name));
    // What others stand on goes last.
    names.sort_by_key(|name| match name.as_str() {
        "postgres" => 2,
        "kafka" => 1,
        _ => 0,
    });
    let mut failures = 0;
    for name in names {
        if let Err(error) = stop(&name) {
            // Go on: the rest is to be stopped all the same.
            say::error(&error);
            failures += 1;
        }
    }
    match failures {
        0 => Ok(()),
        _ => Err(anyhow!("not everything could be stopped cleanly")),
    }
}

/// Stops one program if it runs.
pub(crate) fn stop(name: &str) -> Result<()> {
    let pidfile = folder::pidfile(name);
    let mut stopped = Ok(());
    if let Some(mut daemon) = Daemon::find(name, &folder::log(name), &pidfile)? {
        let (signal, patience) = match name {
            "kafka" => kafka::STOP,
            "postgres" => postgres::STOP,
            _ => SERVICE_STOP,
        };
        stopped = say::step(&format!("stopping {name}"), || daemon.stop(signal, patience));
    }
    match fs::remove_file(pidfile) {
        // Another task has stopped it at the same time.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        removed => removed?,
    }
    stopped
}

/// The names of all programs that were started and not stopped.
pub(crate) fn names() -> Result<Vec<String>> {
    let Ok(entries) = fs::read_dir(folder::dev().join("run")) else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for entry in entries {
        let file = entry?.file_name();
        if let Some(name) = file.to_str().and_then(|file| file.strip_suffix(".pid")) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The names of all programs that run.
pub(crate) fn running() -> Result<Vec<String>> {
    let mut running = names()?;
    let mut found = Ok(());
    running.retain(|name| match Daemon::find(name, &folder::log(name), &folder::pidfile(name)) {
        Ok(daemon) => daemon.is_some(),
        Err(error) => {
            found = Err(error);
            false
        }
    });
    found.map(|()| running)
}
