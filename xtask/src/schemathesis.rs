//! Schemathesis, which makes requests from the description of an API, in a Python environment of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{folder, run, say};

/// Its program; installed when the pinned versions have changed since the last time.
pub(crate) fn install() -> Result<PathBuf> {
    let requirements = folder::workspace().join("attack/requirements.txt");
    let home = folder::dev().join("schemathesis");
    let program = home.join("bin/schemathesis");
    // Written last, so that an installation that was cut short is done again.
    let stamp = home.join("requirements.txt");
    let wanted = fs::read(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(program);
    }
    say::step("installing schemathesis from PyPI (about 60 MB)", || {
        folder::remove(&home)?;
        run::run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        let mut pip = Command::new(home.join("bin/pip"));
        run::run(pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements))?;
        fs::write(&stamp, wanted)?;
        Ok(())
    })?;
    Ok(program)
}
