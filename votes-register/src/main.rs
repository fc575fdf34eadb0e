//! The register's process.

use std::process::ExitCode;

use anyhow::Context;
use tokio::net::TcpListener;
use votes_register::commands;
use votes_register::options::{Command, Options, RunArgs};
use voting_commons::adapters::secret::parse_arguments;
use voting_commons::adapters::traces::Traces;
use voting_commons::adapters::{admin, failure, shutdown, telemetry};

/// A command that answers a question has no answer; 1 is one of the answers.
const NO_ANSWER: u8 = 2;

/// Frontends have chosen which votes are traced: of those, each flush is.
const TRACES_SHARE: f64 = 1.0;

/// Records are allocated by one thread and freed by another: see `docs/decisions/0007`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let options: Options = parse_arguments();
    telemetry::init_logs(&options.logs);
    let failed = match options.command {
        Command::Run(_) | Command::CreateTopic(_) => ExitCode::FAILURE,
        _ => ExitCode::from(NO_ANSWER),
    };
    match execute(options.command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("votes-register: {}", failure::sentence(error.as_ref()));
            failed
        }
    }
}

async fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(args) => run(*args).await?,
        Command::CreateTopic(args) => args.kafka.create_topic(args.partitions, args.replication).await?,
        Command::Recount(args) => return Ok(commands::recount(&args).await?),
        Command::Parked(command) => return commands::parked(command).await,
        steering => return commands::control(steering).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run(args: RunArgs) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signal()?;
    let readiness = admin::Readiness::waiting_for("kafka");
    let traces = Traces::new(&args.traces, "votes-register", TRACES_SHARE)
        .context("OTEL_EXPORTER_OTLP_ENDPOINT can't be used")?;
    let listener = TcpListener::bind(args.admin.admin_listen).await?;
    let watched = tokio::spawn(admin::run(listener, readiness.clone(), shutdown.clone()));
    let RunArgs { kafka, postgres, counting, .. } = &args;
    votes_register::run(kafka, postgres, counting, traces.clone(), readiness, shutdown.clone()).await?;
    shutdown.cancel();
    watched.await??;
    traces.end().await;
    Ok(())
}
