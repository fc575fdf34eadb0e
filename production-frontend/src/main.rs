//! The command line of the production frontend.

use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use production_frontend::{Listeners, Options, Role, audit, commands};
use tokio::net::TcpListener;
use voting_commons::adapters::admin::AdminArgs;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::secret::parse_arguments;
use voting_commons::adapters::telemetry::{self, LogArgs};
use voting_commons::adapters::{failure, shutdown};

/// The memory of each password that was checked would stay with the thread that checked it: see `docs/decisions/0007`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where the production team makes, opens, closes and follows paredões.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages and the API
    Serve {
        /// Address of the pages and the API
        #[arg(long, env = "LISTEN")]
        listen: SocketAddr,
        #[command(flatten)]
        postgres: PostgresArgs,
        #[command(flatten)]
        admin: AdminArgs,
        #[command(flatten)]
        options: Options,
    },
    /// Bring the database's schema up to date
    Migrate {
        #[command(flatten)]
        postgres: PostgresArgs,
        /// Give each service's role the rights that it needs and take all others away; the roles must be there
        #[arg(long, env = "SERVICE_ROLES")]
        service_roles: bool,
    },
    /// People who sign in
    #[command(subcommand)]
    User(Add),
    /// Tokens of scripts
    #[command(subcommand)]
    Token(Add),
    /// Say whether a published result is genuine; needs no database
    VerifyResult {
        /// The result in JSON, and its CSV if that is to be checked too
        #[arg(required = true, num_args = 1..=2)]
        files: Vec<PathBuf>,
        /// The signature; without it, the file beside the JSON whose name ends in .sig
        #[arg(long)]
        signature: Option<PathBuf>,
        /// The public key in PEM, got from somewhere you trust
        #[arg(long)]
        key: PathBuf,
    },
}

#[derive(Subcommand)]
enum Add {
    /// A user's password is read from standard input; a token is printed. One of this name is replaced
    Add(Named),
}

#[derive(Args)]
struct Named {
    #[command(flatten)]
    postgres: PostgresArgs,
    /// The name, 1 to 100 characters
    #[arg(long)]
    name: String,
    /// What they may do; without it, one of this name keeps what they may, a new user is a director and a new token an operator
    #[arg(long, value_enum)]
    role: Option<Role>,
    /// In whose name, for the audit
    #[arg(long, env = "USER", default_value = audit::NOBODY)]
    who: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli: Cli = parse_arguments();
    telemetry::init_logs(&cli.log);
    match execute(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("production-frontend: {}", failure::sentence(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve { listen, postgres, admin, options } => {
            let shutdown = shutdown::on_signal()?;
            let bind = |address| async move {
                TcpListener::bind(address).await.with_context(|| format!("can't listen on {address}"))
            };
            let listeners = Listeners { pages: bind(listen).await?, admin: bind(admin.admin_listen).await? };
            production_frontend::run(listeners, &postgres, options, shutdown).await
        }
        Command::Migrate { postgres, service_roles } => commands::migrate(&postgres, service_roles).await,
        Command::User(Add::Add(Named { postgres, name, role, who })) => {
            let mut password = String::new();
            std::io::stdin().take(commands::PASSWORD_INPUT_BYTES_MAX).read_to_string(&mut password)?;
            commands::add_user(&postgres, &who, &name, role, password.trim_end_matches(['\r', '\n'])).await
        }
        Command::Token(Add::Add(Named { postgres, name, role, who })) => {
            println!("{}", commands::add_token(&postgres, &who, &name, role).await?);
            Ok(())
        }
        Command::VerifyResult { files, signature, key } => {
            println!("{}", commands::verify_result(&files, signature, &key)?);
            Ok(())
        }
    }
}
