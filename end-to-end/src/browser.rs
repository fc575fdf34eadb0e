//! What drives a browser: scripts for Node in `browser-tests`, which learn from their environment where the system is.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{PASSWORD, Plan, System};

/// Node with `arguments`, in the folder of the scripts, told where `system` is.
///
/// # Panics
/// When the scripts' packages aren't installed.
pub fn node(system: &System, arguments: &[&str]) -> Command {
    let folder = folder();
    assert!(folder.join("node_modules").exists(), "run `npm ci` in browser-tests first, as `cargo xtask test` does");
    let mut node = Command::new("node");
    node.args(arguments)
        .current_dir(folder)
        .env("VOTERS_URL", &system.voters.url)
        .env("PRODUCTION_URL", &system.production.url)
        .env("PRODUCTION_TOKEN", &system.production.token)
        .env("PASSWORD", PASSWORD)
        .env("PAREDAO", "final");
    node
}

/// Runs files of tests on a system that they share, with an open paredão, `final`.
///
/// # Panics
/// When one of the tests fails.
pub async fn in_a_browser(captcha: &'static str, files: &[&str]) {
    let system = System::start(&Plan { captcha, ..Plan::shared() }).await;
    system.open_paredao("final").await;
    run(&system, files).await;
}

/// Runs files of tests one after the other, also after one has failed, where voters see the paredão `final`.
///
/// # Panics
/// When one of the tests fails.
pub async fn run(system: &System, files: &[&str]) {
    let mut failures = String::new();
    for file in files {
        let mut node = node(system, &["--test", file]);
        let output =
            tokio::task::spawn_blocking(move || node.output()).await.expect("it ends").expect("Node is installed");
        if !output.status.success() {
            failures.push_str(&String::from_utf8_lossy(&output.stdout));
        }
    }
    assert!(failures.is_empty(), "{failures}");
    system.settle().await;
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../browser-tests")
}
