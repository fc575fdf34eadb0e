//! The register's process.

use std::process::ExitCode;

use clap::Parser;
use tokio::net::TcpListener;
use votes_register::options::{Command, Options, RunArgs};
use voting_commons::adapters::{admin, failure, shutdown, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    telemetry::init_logs(&options.logs);
    let done = match options.command {
        Command::Run(args) => run(*args).await,
        Command::CreateTopic(args) => {
            args.kafka.create_topic(args.partitions, args.replication).await.map_err(anyhow::Error::from)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("votes-register: {}", failure::sentence(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: RunArgs) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signal()?;
    let readiness = admin::Readiness::waiting_for("kafka");
    let listener = TcpListener::bind(args.admin.admin_listen).await?;
    let watched = tokio::spawn(admin::run(listener, readiness.clone(), shutdown.clone()));
    votes_register::run(&args.kafka, &args.postgres, &args.counting, readiness, shutdown.clone()).await?;
    shutdown.cancel();
    watched.await??;
    Ok(())
}
