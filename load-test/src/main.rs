//! The program.

use std::process::ExitCode;

use clap::Parser;
use load_test::options::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match load_test::run(&Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load-test: {error:#}");
            ExitCode::FAILURE
        }
    }
}
