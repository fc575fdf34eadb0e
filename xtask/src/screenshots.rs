//! `cargo xtask screenshots`: pictures of the screens, for the README.

use std::fs;

use anyhow::Result;

use crate::test::{TestBackends, build_all, install_browser_tests};
use crate::{folder, lock, provision, run};

/// Starts a system of its own, gives it a day's votes, and writes `docs/screenshots`.
pub(crate) fn screenshots() -> Result<()> {
    let _lock = lock::take("test")?;
    provision::for_tests()?;
    build_all()?;
    install_browser_tests()?;
    let backends = TestBackends::start()?;
    let pictures = folder::workspace().join("docs/screenshots");
    folder::remove(&pictures)?;
    fs::create_dir_all(&pictures)?;
    let mut command = run::cargo(&["run", "--package", "end-to-end", "--example", "screenshots"]);
    backends.tell(&mut command);
    run::run(&mut command)
}
