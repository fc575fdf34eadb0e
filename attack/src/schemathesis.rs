//! Requests made from the APIs' descriptions, and from what contradicts them.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::Options;

/// How long it may take, beside the requests that every run sends.
const SECONDS: u64 = 15;
const SECONDS_LONG: u64 = 180;
/// Of each operation.
const EXAMPLES: &str = "20";
const EXAMPLES_LONG: &str = "300";

/// Whether the API at `url` answered none of them with a 5xx but 503. What is found goes to the terminal.
///
/// # Errors
/// When it can't be started.
pub(crate) async fn holds(options: &Options, name: &str, url: &str, token: Option<&str>) -> Result<bool> {
    let (seconds, examples) = if options.long { (SECONDS_LONG, EXAMPLES_LONG) } else { (SECONDS, EXAMPLES) };
    let mut command = Command::new(&options.schemathesis);
    command.arg("--config-file").arg(&options.schemathesis_config).arg("run");
    command.args(["--max-time", &seconds.to_string(), "--max-examples", examples, "--warnings", "off"]);
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    command.arg(format!("{url}/api/openapi.json")).current_dir(&options.dir);
    // Its cache of what it found must not change the next run.
    let output = command.stdin(Stdio::null()).output().await.context("schemathesis can't be started")?;
    if !output.status.success() {
        println!("{name}:\n{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    say_where(&options.dir, name, &output.stdout)?;
    Ok(output.status.success())
}

fn say_where(dir: &Path, name: &str, report: &[u8]) -> Result<()> {
    std::fs::write(dir.join(format!("schemathesis-{name}.txt")), report).context("its report can't be written")
}
