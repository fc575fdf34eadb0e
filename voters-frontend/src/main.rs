//! The program: reads the arguments, listens, and serves until SIGTERM.

use std::process::ExitCode;

use anyhow::Context;
use tokio::net::TcpListener;
use voters_frontend::options::{Cli, Command, Options};
use voting_commons::adapters::secret::parse_arguments;
use voting_commons::adapters::{failure, shutdown, telemetry};

/// Votes are allocated by one thread and freed by another: see `docs/decisions/0007`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve(options) = parse_arguments::<Cli>().command;
    telemetry::init_logs(&options.logs);
    match serve(*options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("voters-frontend: {}", failure::sentence(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signal()?;
    let listen = async |address| TcpListener::bind(address).await.with_context(|| format!("can't listen on {address}"));
    let (public, admin) = (listen(options.listen).await?, listen(options.admin.admin_listen).await?);
    voters_frontend::run(public, admin, options, shutdown).await
}
