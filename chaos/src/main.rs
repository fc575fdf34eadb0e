//! The program; `cargo xtask chaos` finds its arguments.

use std::process;

use chaos::Options;
use clap::Parser;

#[tokio::main]
async fn main() {
    let held = chaos::run(&Options::parse()).await;
    if let Err(error) = &held {
        eprintln!("chaos: {error:#}");
    }
    // Voters may still be waiting for answers that nobody will give.
    process::exit(i32::from(!held.unwrap_or(false)));
}
