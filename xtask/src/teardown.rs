//! `cargo xtask down` and `reset`.

use std::fs;

use anyhow::Result;
use dev_stack::daemon::Daemon;
use dev_stack::{kafka, postgres};
use nix::sys::signal::Signal;
use std::time::Duration;

use crate::{folder, say};

/// A service has 10 s to end; a little more before it is killed.
const SERVICE_STOP: (Signal, Duration) = (Signal::SIGTERM, Duration::from_secs(15));

/// Stops the services, then Kafka, then Postgres.
pub(crate) fn down() -> Result<()> {
    let mut names = running()?;
    if names.is_empty() {
        say::note("nothing was running");
        return Ok(());
    }
    // What others stand on goes last.
    names.sort_by_key(|name| match name.as_str() {
        "postgres" => 2,
        "kafka" => 1,
        _ => 0,
    });
    let mut failure = Ok(());
    for name in names {
        if let Err(error) = stop(&name) {
            // Go on: the rest is to be stopped all the same.
            say::error(&error);
            failure = Err(error);
        }
    }
    failure
}

/// Stops everything and removes all state.
pub(crate) fn reset() -> Result<()> {
    down()?;
    folder::remove(&folder::dev())?;
    say::note("forgotten: .dev is gone");
    Ok(())
}

/// Stops one program if it runs.
pub(crate) fn stop(name: &str) -> Result<()> {
    let pidfile = folder::pidfile(name);
    if let Some(mut daemon) = Daemon::find(name, &folder::log(name), &pidfile)? {
        let (signal, patience) = match name {
            "kafka" => kafka::STOP,
            "postgres" => postgres::STOP,
            _ => SERVICE_STOP,
        };
        say::step(&format!("stopping {name}"), || daemon.stop(signal, patience))?;
    }
    fs::remove_file(pidfile)?;
    Ok(())
}

/// The names of all programs that have a pidfile.
fn running() -> Result<Vec<String>> {
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
