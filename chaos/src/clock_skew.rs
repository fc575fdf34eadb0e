//! The library that shows a process another time of day, compiled for this run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

const SOURCE: &str = include_str!("../clock/skew.c");

/// Compiles the library into `folder`.
pub(crate) fn compile(folder: &Path) -> Result<PathBuf> {
    let (source, library) = (folder.join("skew.c"), folder.join("skew.so"));
    fs::write(&source, SOURCE)?;
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
    let output = compiler.output().context("cc could not be started")?;
    if !output.status.success() {
        bail!("skew.c could not be compiled: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(library)
}

/// What a process needs in its environment for a clock that is off by `seconds`.
pub(crate) fn environment(library: &Path, seconds: i64) -> Vec<(&'static str, String)> {
    vec![("LD_PRELOAD", library.display().to_string()), ("SKEW_SECONDS", seconds.to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_another_time_of_day() {
        let folder = std::env::temp_dir().join(format!("chaos-skew-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let library = compile(&folder).unwrap();
        let shown = |seconds| {
            let environment = environment(&library, seconds);
            let output = Command::new("date").arg("+%s").envs(environment).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().parse::<i64>().unwrap()
        };
        let now = jiff::Timestamp::now().as_second();
        for seconds in [-300, 0, 20] {
            assert!((shown(seconds) - now - seconds).abs() < 10, "{seconds}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
