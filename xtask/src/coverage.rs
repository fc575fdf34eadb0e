//! `cargo xtask coverage`: which share of the lines the tests run.

use anyhow::Result;

use crate::test::{Counts, TestBackends, run_tests};
use crate::{lock, provision, run, say};

/// What is measured is what voters and the production team use.
const TOOLS: [&str; 5] = ["chaos", "dev-stack", "simulator", "test-support", "xtask"];

/// Runs all tests with cargo-tarpaulin, which ends with the line coverage.
pub(crate) fn coverage() -> Result<()> {
    let _lock = lock::take("test")?;
    provision::for_tests()?;
    install()?;
    let backends = TestBackends::start()?;
    // LLVM's engine sees through child processes and needs none of LLVM's tools. Instrumented programs go to a folder
    // of their own, so that the next ordinary build finds its own unchanged.
    let mut command = run::cargo(&["tarpaulin", "--workspace", "--engine", "llvm", "--skip-clean", "--out", "stdout"]);
    command.args(["--follow-exec", "--target-dir", "target/tarpaulin", "--timeout", "600"]);
    for tool in TOOLS {
        command.args(["--exclude-files", &format!("{tool}/*")]);
    }
    backends.tell(&mut command);
    run_tests(&mut command, &mut Counts::default())
}

fn install() -> Result<()> {
    let found = run::cargo(&["tarpaulin", "--version"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    say::step("installing cargo-tarpaulin (takes some minutes)", || {
        let arguments = ["install", "cargo-tarpaulin", "--locked", "--no-default-features"];
        run::run(&mut run::cargo(&arguments))
    })
}
