//! Toxiproxy, built by Go from its pinned module.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::tools;

/// The newest that the Go of the oldest supported Debian, 1.19, can build.
const VERSION: &str = "v2.7.0";
const PACKAGE: &str = "github.com/Shopify/toxiproxy/v2/cmd/server";

/// The proxy's server.
pub(crate) fn install() -> Result<PathBuf> {
    tools::go(Path::new("go"), "toxiproxy", PACKAGE, "server", VERSION)
}
