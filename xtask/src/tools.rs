//! Programs that others made, each installed below `.dev` when its pinned version isn't there yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{folder, run, say};

/// A Python environment below `.dev/NAME` with what `requirements` pins, from PyPI; its folder.
pub(crate) fn python(name: &str, requirements: &Path) -> Result<PathBuf> {
    let home = folder::dev().join(name);
    // Written last, so that an installation that was cut short is done again.
    let stamp = home.join("requirements.txt");
    let wanted = fs::read(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(home);
    }
    say::step(&format!("installing {} from PyPI", requirements.display()), || {
        folder::remove(&home)?;
        run::run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        let mut pip = Command::new(home.join("bin/pip"));
        run::run(pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements))?;
        fs::write(&stamp, wanted)?;
        Ok(())
    })?;
    Ok(home)
}

/// The program of the Go package at `path`, which `go` builds below `.dev/NAME` and calls `program`.
pub(crate) fn go(go: &Path, name: &str, path: &str, program: &str, version: &str) -> Result<PathBuf> {
    let home = folder::dev().join(name).join(version);
    let program = home.join(program);
    if !program.exists() {
        say::step(&format!("building {name} with Go"), || {
            fs::create_dir_all(&home)?;
            let module = format!("{path}@{version}");
            run::run(Command::new(go).args(["install", &module]).env("GOBIN", &home))
        })?;
    }
    Ok(program)
}

/// The program of a crate that is called as the crate.
pub(crate) fn cargo(name: &str, version: &str) -> Result<PathBuf> {
    let home = folder::dev().join("tools").join(format!("{name}-{version}"));
    let program = home.join("bin").join(name);
    if !program.exists() {
        say::step(&format!("building {name} {version}"), || {
            fs::create_dir_all(&home)?;
            let mut install = run::cargo(&["install", "--quiet", "--debug", "--locked", "--no-track", "--root"]);
            install.arg(&home).args([name, "--version", version]);
            // It is compiled for longer than it ever runs.
            run::run(install.env("CARGO_PROFILE_DEV_DEBUG", "0"))
        })?;
    }
    Ok(program)
}
