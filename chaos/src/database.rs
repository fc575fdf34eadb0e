//! A Postgres primary and its asynchronous standby; the clients' way to the primary leads through the proxy.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use dev_stack::daemon::Lifetime;
use dev_stack::postgres::{Postgres, PostgresOptions};
use dev_stack::{port, wait_until};
use tokio_postgres::{Client, NoTls};
use voting_commons::adapters::postgres::{self as migrations, PostgresArgs};

use crate::proxy::{Proxy, Route};

const NAME: &str = "votes";
const STREAM_PATIENCE: Duration = Duration::from_secs(60);
/// How much the primary keeps for a standby that was cut off, so that it need not be copied again.
const WAL_KEPT_MIB: u32 = 512;

/// The two servers.
pub(crate) struct Database {
    pub(crate) primary: Postgres,
    pub(crate) standby: Postgres,
    /// The standby's own way to the primary.
    pub(crate) replication: Route,
    folders: [(PathBuf, u16); 2],
    /// Which folder is the primary's.
    primary_index: usize,
    place: Place,
}

/// Where the primary is now, for those who only read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    port: Arc<AtomicU16>,
    failovers: Arc<AtomicU64>,
}

impl Place {
    /// A connection of one's own to the primary, not through the proxy.
    pub(crate) async fn connect(&self) -> Result<Client> {
        let url = format!("postgres://postgres@127.0.0.1:{}/{NAME}", self.port.load(Ordering::Relaxed));
        let mut config: tokio_postgres::Config = url.parse()?;
        config.connect_timeout(Duration::from_secs(3)).application_name("chaos");
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// How often the standby has taken over.
    pub(crate) fn failovers(&self) -> u64 {
        self.failovers.load(Ordering::Relaxed)
    }
}

impl Database {
    /// Starts the primary with the schema in it, and its standby. `folders` lie where Postgres's user may enter.
    pub(crate) async fn start(folder: &Path, proxy: &Proxy) -> Result<Self> {
        let folders = [(folder.join("a"), port::free()?), (folder.join("b"), port::free()?)];
        let (primary, standby, replication) = tokio::task::block_in_place(|| {
            let primary = Postgres::start(options(&folders[0]))?;
            primary.create_database(NAME)?;
            primary.sql(&format!("ALTER SYSTEM SET wal_keep_size = '{WAL_KEPT_MIB}MB'"))?;
            primary.sql("SELECT pg_reload_conf()")?;
            let replication = proxy.route("replication", primary.port())?;
            let standby = Postgres::start_standby(options(&folders[1]), replication.port)?;
            Ok::<_, anyhow::Error>((primary, standby, replication))
        })?;
        let args = PostgresArgs::open(primary.url_of(NAME));
        migrations::migrate(&args.pool("chaos", 1)?).await?;
        let place = Place::default();
        place.port.store(primary.port(), Ordering::Relaxed);
        Ok(Self { primary, standby, replication, folders, primary_index: 0, place })
    }

    /// The URL of the database behind a port of 127.0.0.1.
    pub(crate) fn url_at(port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/{NAME}")
    }

    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// The primary dies and the standby takes its place; what the old one had not sent is lost. Clients are still led
    /// to the old one.
    pub(crate) fn promote_standby(&mut self) -> Result<()> {
        self.primary.kill()?;
        self.standby.promote()?;
        std::mem::swap(&mut self.primary, &mut self.standby);
        self.primary_index = 1 - self.primary_index;
        self.place.failovers.fetch_add(1, Ordering::Relaxed);
        self.place.port.store(self.primary.port(), Ordering::Relaxed);
        Ok(())
    }

    /// Leads `routes` to the primary, and the next standby too.
    pub(crate) fn lead_clients(&self, proxy: &Proxy, routes: &[Route]) -> Result<()> {
        for route in routes.iter().chain([&self.replication]) {
            proxy.lead_to(route, self.primary.port())?;
        }
        proxy.open(&self.replication)
    }

    /// Has both servers run and the standby follow.
    pub(crate) fn heal(&mut self, proxy: &Proxy) -> Result<()> {
        proxy.mend_if_hurt(&self.replication)?;
        self.primary.thaw()?;
        if !self.primary.is_running() {
            self.primary.start_again()?;
        }
        if !self.standby.is_running() {
            self.renew_standby()?;
        }
        self.wait_until_streaming()
    }

    /// Makes a new standby in the old primary's place.
    pub(crate) fn renew_standby(&mut self) -> Result<()> {
        if self.standby.is_running() {
            self.standby.kill()?;
        }
        let folder = &self.folders[1 - self.primary_index];
        self.standby = Postgres::start_standby(options(folder), self.replication.port)?;
        Ok(())
    }

    /// Waits until the standby streams what the primary writes.
    pub(crate) fn wait_until_streaming(&self) -> Result<()> {
        wait_until("the standby did not stream", STREAM_PATIENCE, || {
            Ok(self.is_streaming().unwrap_or(false).then_some(()))
        })
    }

    fn is_streaming(&self) -> Result<bool> {
        let near = "SELECT count(*) FROM pg_stat_replication
                    WHERE state = 'streaming' AND pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) < 1048576";
        Ok(self.primary.sql(near)? == "1")
    }
}

fn options((dir, port): &(PathBuf, u16)) -> PostgresOptions {
    PostgresOptions { dir: dir.clone(), port: *port, lifetime: Lifetime::Parent, durable: true, keyring: None }
}

/// The timeline of the server: up by one with each failover.
pub(crate) const TIMELINE: &str = "('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer";

/// One number from the primary.
pub(crate) async fn number(client: &Client, statement: &str) -> Result<i64> {
    client.query_one(statement, &[]).await?.try_get(0).context("a number was asked for")
}
