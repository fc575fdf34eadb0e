//! The admin endpoints of every service: `/livez`, `/readyz` and `/metrics`, on a port of their own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{http, telemetry};

/// How often measurements are sorted into their buckets.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Connections of whoever watches.
const CONNECTIONS_MAX: usize = 256;

/// Where a service is watched.
#[derive(Debug, Clone, Args)]
pub struct AdminArgs {
    /// Address of /livez, /readyz and /metrics; keep it off the public network
    #[arg(long, env = "ADMIN_LISTEN")]
    pub admin_listen: SocketAddr,
}

/// What keeps a service from being ready: a reason per part of it. Ready when there are none.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<String, String>>>);

impl Readiness {
    /// A service that isn't ready until `part` is cleared.
    pub fn waiting_for(part: &str) -> Self {
        let readiness = Self::default();
        readiness.block(part, "starting");
        readiness
    }

    /// Says why `part` keeps the service from being ready; the last reason given stands.
    pub fn block(&self, part: &str, reason: impl Into<String>) {
        self.reasons().insert(part.to_owned(), reason.into());
    }

    /// Says that `part` is well.
    pub fn clear(&self, part: &str) {
        self.reasons().remove(part);
    }

    /// Whether nothing stands in the way.
    pub fn is_ready(&self) -> bool {
        self.reasons().is_empty()
    }

    fn reasons(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) -> String {
        self.reasons().iter().map(|(part, reason)| format!("{part}: {reason}\n")).collect()
    }
}

#[derive(Clone)]
struct Admin {
    readiness: Readiness,
    metrics: PrometheusHandle,
}

/// Serves the admin endpoints until `shutdown`.
///
/// # Errors
/// When the listener fails.
pub async fn run(listener: TcpListener, readiness: Readiness, shutdown: CancellationToken) -> std::io::Result<()> {
    let admin = Admin { readiness, metrics: telemetry::metrics_handle() };
    tokio::spawn(keep_metrics_small(admin.metrics.clone(), shutdown.clone()));
    let router = Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(admin);
    http::serve(listener, router, CONNECTIONS_MAX, shutdown).await
}

async fn readyz(State(admin): State<Admin>) -> (StatusCode, String) {
    let report = admin.readiness.report();
    if report.is_empty() { (StatusCode::OK, "ready\n".to_owned()) } else { (StatusCode::SERVICE_UNAVAILABLE, report) }
}

async fn metrics(State(admin): State<Admin>) -> String {
    admin.metrics.render()
}

/// Histograms keep each measurement until upkeep sorts it into its bucket: with nobody watching they would only grow.
async fn keep_metrics_small(metrics: PrometheusHandle, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(UPKEEP_INTERVAL)).await.is_some() {
        metrics.run_upkeep();
    }
}
