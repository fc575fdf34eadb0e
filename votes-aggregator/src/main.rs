//! The command line of the aggregator.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use votes_aggregator::{Aggregator, AggregatorArgs, Outcome, ReconcileArgs, WatchArgs, reconcile};
use voting_commons::adapters::admin::{self, AdminArgs, Readiness};
use voting_commons::adapters::failure;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::secret::parse_arguments;
use voting_commons::adapters::shutdown;
use voting_commons::adapters::telemetry::{self, LogArgs};

/// A look, and the one that takes its place.
const RECONCILE_CONNECTIONS_MAX: u32 = 2;

/// Keeps the cached totals and percentages up to date, and old buckets few.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    postgres: PostgresArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    aggregator: AggregatorArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run once, as cron does
    Once,
    /// Run again and again; of several watchers one works and the others stand by
    Watch {
        #[command(flatten)]
        watch: WatchArgs,
        #[command(flatten)]
        reconcile: ReconcileArgs,
        #[command(flatten)]
        admin: AdminArgs,
    },
    /// Reconcile only; `watch` does it too, and of several one works and the others stand by
    Reconcile {
        #[command(flatten)]
        reconcile: ReconcileArgs,
        #[command(flatten)]
        admin: AdminArgs,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli: Cli = parse_arguments();
    telemetry::init_logs(&cli.log);
    match execute(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("votes-aggregator: {}", failure::sentence(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: Cli) -> anyhow::Result<()> {
    let aggregator = Aggregator::new(&cli.postgres, &cli.aggregator)?;
    match cli.command {
        Command::Once => match aggregator.once().await? {
            Outcome::Busy => println!("another aggregator is at work: nothing to do"),
            Outcome::Done(run) => println!("{run}"),
        },
        Command::Watch { watch, reconcile, admin } => {
            let shutdown = shutdown::on_signal()?;
            let listener = TcpListener::bind(admin.admin_listen).await?;
            let pool = cli.postgres.pool("votes-reconciliation", RECONCILE_CONNECTIONS_MAX)?;
            let reconciling = tokio::spawn(reconcile::run(pool, reconcile, shutdown.clone()));
            votes_aggregator::run(listener, aggregator, watch.every, shutdown).await?;
            reconciling.await?;
        }
        Command::Reconcile { reconcile, admin } => {
            let shutdown = shutdown::on_signal()?;
            let listener = TcpListener::bind(admin.admin_listen).await?;
            let pool = cli.postgres.pool("votes-reconciliation", RECONCILE_CONNECTIONS_MAX)?;
            let admin = tokio::spawn(admin::run(listener, Readiness::default(), shutdown.clone()));
            reconcile::run(pool, reconcile, shutdown).await;
            admin.await??;
        }
    }
    Ok(())
}
