//! The program.

use std::process::ExitCode;

use load_test::options::Cli;
use voting_commons::adapters::secret::parse_arguments;

/// Nothing can be said about the votes; arguments that make no sense end with it too.
const CANNOT_RUN: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    match load_test::run(&parse_arguments::<Cli>()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load-test: {error:#}");
            ExitCode::from(CANNOT_RUN)
        }
    }
}
