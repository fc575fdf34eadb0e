//! What drives a browser: scripts for Node in `browser-tests`, which learn from their environment where the system is.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{PASSWORD, System};

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

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../browser-tests")
}
