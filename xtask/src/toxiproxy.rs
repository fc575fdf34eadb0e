//! Toxiproxy, built by Go from its pinned module.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{folder, run, say};

/// The newest that the Go of the oldest supported Debian, 1.19, can build.
const VERSION: &str = "v2.7.0";

/// The proxy's server; built when the version has changed since the last time.
pub(crate) fn install() -> Result<PathBuf> {
    let folder = folder::dev().join("toxiproxy").join(VERSION);
    let server = folder.join("server");
    if server.exists() {
        return Ok(server);
    }
    say::step("building toxiproxy with Go", || {
        fs::create_dir_all(&folder)?;
        let module = format!("github.com/Shopify/toxiproxy/v2/cmd/server@{VERSION}");
        run::run(Command::new("go").args(["install", &module]).env("GOBIN", &folder))
    })?;
    Ok(server)
}
