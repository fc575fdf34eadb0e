//! `cargo xtask attack`: both frontends, attacked from outside while voters vote.

use std::fs;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::test::{TestBackends, build_all};
use crate::{folder, lock, provision, run, say, tools};

/// What it tries.
#[derive(Args)]
pub(crate) struct AttackArguments {
    /// Attack for more than ten minutes, and see that no memory is lost on the way
    #[arg(long)]
    long: bool,
}

/// Builds what it takes and runs it.
pub(crate) fn attack(arguments: &AttackArguments) -> Result<()> {
    let _lock = lock::take("test")?;
    provision::for_tests()?;
    build_all()?;
    run_against(&TestBackends::start()?, arguments.long)
}

/// Runs what was built, for as short as tells anything.
pub(crate) fn short(backends: &TestBackends) -> Result<()> {
    run_against(backends, false)
}

fn run_against(backends: &TestBackends, is_long: bool) -> Result<()> {
    let home = folder::dev().join("attack");
    folder::remove(&home)?;
    fs::create_dir_all(&home)?;
    let sources = folder::workspace().join("attack");
    let mut command = Command::new(folder::programs(false)?.join("attack"));
    backends.tell(&mut command);
    for (option, path) in [
        ("--schemathesis", tools::python("schemathesis", &sources.join("requirements.txt"))?.join("bin/schemathesis")),
        ("--schemathesis-config", sources.join("schemathesis.toml")),
        ("--dir", home.clone()),
    ] {
        command.arg(option).arg(path);
    }
    if is_long {
        command.arg("--long");
    }
    let held = run::run(&mut command);
    if held.is_err() {
        say::note(&format!(
            "the services' log and what schemathesis found lie in {} until the next run",
            home.display()
        ));
    }
    held
}
