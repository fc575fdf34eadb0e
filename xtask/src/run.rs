//! Programs that run in the foreground until they are done.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::interrupt;

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Cargo, the one that runs us, in the workspace's folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(crate::folder::workspace());
    command.args(arguments);
    command
}

/// Runs a program to its end, what it prints going to stderr; when we are interrupted, it is too.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let child = start(command.stdout(io::stderr()).process_group(0))?;
    finish(command, child)
}

/// Like [`run`], but the program keeps the terminal, so that it may ask for a password.
pub(crate) fn run_at_terminal(command: &mut Command) -> Result<()> {
    let mut child = start(command.stdout(io::stderr()))?;
    // A Ctrl-C at the terminal reaches it without our help.
    let status = child.wait()?;
    interrupt::check()?;
    if !status.success() {
        bail!("`{}` failed ({status})", line_of(command));
    }
    Ok(())
}

/// What a program that runs for a moment prints.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{}` could not be started", line_of(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", line_of(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a program for a moment, with `input` to read.
pub(crate) fn feed(command: &mut Command, input: &str) -> Result<()> {
    let mut child = start(command.stdin(Stdio::piped()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` failed ({status})", line_of(command));
    }
    Ok(())
}

/// Starts a program, and names it if that fails.
pub(crate) fn start(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("`{}` could not be started", line_of(command)))
}

/// Waits for a program that leads its own process group, and ends the whole group when we are interrupted.
pub(crate) fn finish(command: &Command, mut child: Child) -> Result<()> {
    let group = Pid::from_raw(i32::try_from(child.id())?);
    let mut passed_on = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if interrupt::asked() && !passed_on {
            signal::killpg(group, Signal::SIGTERM)?;
            passed_on = true;
        }
        thread::sleep(POLL_INTERVAL);
    };
    interrupt::check()?;
    if !status.success() {
        bail!("`{}` failed ({status})", line_of(command));
    }
    Ok(())
}

/// A command as one would type it.
pub(crate) fn line_of(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name).chain(command.get_args()).map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
