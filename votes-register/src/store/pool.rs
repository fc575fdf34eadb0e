//! The connections to Postgres.

use std::fs;
use std::io;
use std::path::PathBuf;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use native_tls::{Certificate, TlsConnector};
use postgres_native_tls::MakeTlsConnector;
use tokio_postgres::NoTls;
use tokio_postgres::config::{Config, SslMode};
use voting_commons::adapters::postgres::{ACQUIRE_TIMEOUT, PostgresArgs, STATEMENT_TIMEOUT, session_timeouts};

/// Why nothing can connect with these settings.
#[derive(Debug, thiserror::Error)]
pub enum BadDatabase {
    /// The URL is wrong.
    #[error("DATABASE_URL can't be read: {0}")]
    Url(#[from] tokio_postgres::Error),
    /// The certificate isn't there.
    #[error("DATABASE_CA: can't read {path}: {source}")]
    CaFile {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The certificate is none.
    #[error("DATABASE_CA: no certificate in PEM: {0}")]
    Ca(#[from] native_tls::Error),
}

/// A pool of at most `connections_max`, every wait of which has an end.
pub(crate) fn pool(args: &PostgresArgs, application: &str, connections_max: usize) -> Result<Pool, BadDatabase> {
    let mut config: Config = args.database_url.parse()?;
    let timeouts: Vec<String> = session_timeouts().iter().map(|(name, millis)| format!("-c {name}={millis}")).collect();
    config
        .application_name(application)
        .options(timeouts.join(" "))
        .connect_timeout(ACQUIRE_TIMEOUT)
        .tcp_user_timeout(STATEMENT_TIMEOUT);
    let pool = Pool::builder(manager(args, config)?)
        .max_size(connections_max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(ACQUIRE_TIMEOUT))
        .create_timeout(Some(ACQUIRE_TIMEOUT))
        .recycle_timeout(Some(ACQUIRE_TIMEOUT))
        .build()
        .expect("a runtime is given, which is all that a pool with time-outs needs");
    Ok(pool)
}

fn manager(args: &PostgresArgs, mut config: Config) -> Result<Manager, BadDatabase> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let Some(path) = &args.database_ca else { return Ok(Manager::from_config(config, NoTls, recycling)) };
    let pem = fs::read(path).map_err(|source| BadDatabase::CaFile { path: path.clone(), source })?;
    // Whoever else vouches for hosts has no say about this one.
    let connector = TlsConnector::builder()
        .disable_built_in_roots(true)
        .add_root_certificate(Certificate::from_pem(&pem)?)
        .build()?;
    config.ssl_mode(SslMode::Require);
    Ok(Manager::from_config(config, MakeTlsConnector::new(connector), recycling))
}
