//! Reaching Postgres: arguments, pools whose waits are bounded, and the schema's migrations.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};

/// The schema's only home.
static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// The longest any statement may take.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest a statement may wait for a lock.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest a transaction may sit idle; a frozen process must not keep its locks.
pub const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest to wait for a connection of the pool.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The advisory lock that each of the aggregator's runs holds, "PANORAMA" in ASCII. Whoever else rewrites buckets takes
/// it too.
pub const AGGREGATOR_LOCK: i64 = i64::from_be_bytes(*b"PANORAMA");

/// Which database.
#[derive(Clone, Args)]
pub struct PostgresArgs {
    /// The database, as postgres://user:password@host:port/name
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// PEM file of the certificates that vouch for the database; with it all is encrypted, without it sslmode of the URL decides
    #[arg(long, env = "DATABASE_CA")]
    pub database_ca: Option<PathBuf>,
}

impl std::fmt::Debug for PostgresArgs {
    /// Without the URL, which holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresArgs").finish_non_exhaustive()
    }
}

/// The session settings that every connection of every service sets, as names and values in milliseconds.
pub fn session_timeouts() -> [(&'static str, String); 3] {
    let millis = |time: Duration| time.as_millis().to_string();
    [
        ("statement_timeout", millis(STATEMENT_TIMEOUT)),
        ("lock_timeout", millis(LOCK_TIMEOUT)),
        ("idle_in_transaction_session_timeout", millis(IDLE_IN_TRANSACTION_TIMEOUT)),
    ]
}

impl PostgresArgs {
    /// A database that shows nobody who it is.
    pub fn open(database_url: String) -> Self {
        Self { database_url, database_ca: None }
    }

    /// A pool of at most `connections_max`, which connects when it is first used.
    ///
    /// # Errors
    /// When the URL can't be read.
    pub fn pool(&self, application: &str, connections_max: u32) -> Result<PgPool, sqlx::Error> {
        let mut options =
            PgConnectOptions::from_str(&self.database_url)?.application_name(application).options(session_timeouts());
        if let Some(ca) = &self.database_ca {
            options = options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(ca);
        }
        let pool = PgPoolOptions::new().max_connections(connections_max).acquire_timeout(ACQUIRE_TIMEOUT);
        Ok(pool.connect_lazy_with(options))
    }
}

/// Brings the database's schema up to date; safe to run again, and from several places at once.
///
/// # Errors
/// When the database can't be reached or a migration fails.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    MIGRATIONS.run(pool).await
}

/// Whether the schema is what this program needs, as a query with [`schema_version`] as its parameter.
pub const HAS_SCHEMA: &str = "SELECT EXISTS (SELECT FROM _sqlx_migrations WHERE version >= $1)";

/// The newest migration that this program knows of, after which it works; later ones leave it working.
pub fn schema_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Whether the schema is what this program needs.
///
/// # Errors
/// When the database can't be asked, or no migration was ever made.
pub async fn has_schema(pool: &PgPool) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(HAS_SCHEMA).bind(schema_version()).fetch_one(pool).await
}

/// Gives each service's role the rights that it needs in this database, and takes all others away from it and from everybody;
/// safe to run again.
///
/// # Errors
/// When a role isn't there, or the database belongs to somebody else.
pub async fn grant_rights(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(include_str!("rights.sql")).execute(pool).await?;
    Ok(())
}
