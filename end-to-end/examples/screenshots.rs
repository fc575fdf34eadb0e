//! Takes the pictures in `docs/screenshots`, by `browser-tests/screenshots.mjs`. `cargo xtask screenshots` runs it.

use anyhow::{Result, ensure};
use end_to_end::{Plan, System, browser, stage};

#[tokio::main]
async fn main() -> Result<()> {
    let system = System::start(&Plan { captcha: "altcha", ..Plan::shared() }).await;
    stage::set(&system).await?;
    let status = browser::node(&system, &["screenshots.mjs"]).status()?;
    ensure!(status.success(), "the browser failed ({status})");
    Ok(())
}
