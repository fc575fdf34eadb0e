//! Takes votes from browsers and writes them to Kafka.
//!
//! [`app`] is what the service does; [`api`] and [`pages`] are the two ways to reach it. A vote's way through it:
//! [`ballot`] fixes it, [`seal`] keeps it unchanged while a browser holds it, [`captcha`] asks for a person,
//! [`votes_log`] stores it, [`accounts`] keeps account of it, and [`clock_watch`] sees that it lies where it counts.
//! [`snapshot`] is all that is known of Postgres, [`visibility`] who is shown percentages, [`live`] follows them, and
//! [`share`] draws the picture of a shared link. Every refusal is a [`problem`], and `language` is in what language it is
//! told.

pub mod accounts;
pub mod api;
pub mod app;
pub mod ballot;
pub mod captcha;
pub mod clock;
pub mod clock_watch;
mod language;
pub mod live;
pub mod measures;
pub mod options;
pub mod pages;
pub mod problem;
pub mod public_url;
mod publish_accounts;
pub mod seal;
mod segment;
pub mod share;
pub mod snapshot;
pub mod visibility;
mod voted;
pub mod votes_log;
mod watch;
mod web;

use std::sync::Arc;

use anyhow::Context;
use metrics::gauge;
use quick_cache::sync::Cache;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use voting_commons::adapters::admin::{self, Readiness};
use voting_commons::adapters::traces::Traces;
use voting_commons::adapters::{http, telemetry};

use crate::accounts::Accounts;
use crate::app::{App, RECEIPTS_MAX};
use crate::ballot::Issuer;
use crate::clock_watch::ClockWatch;
use crate::live::Live;
use crate::options::{Options, Provider};
use crate::pages::assets;
use crate::publish_accounts::Publisher;
use crate::seal::Sealer;
use crate::votes_log::VotesLog;

/// Connections to Postgres: one reads snapshots, one is there while the other is being given up.
const CONNECTIONS_MAX: u32 = 2;

/// Serves voters on `public` and the admin endpoints on `admin` until `shutdown`, then lets requests under way end
/// and waits for Kafka's last acknowledgements.
///
/// # Errors
/// When the options can't be used, in one sentence; or when the producer can never send again.
pub async fn run(
    public: TcpListener,
    admin: TcpListener,
    options: Options,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    telemetry::metrics_handle();
    measures::describe();
    let readiness = Readiness::waiting_for(snapshot::PART);
    readiness.block(watch::PART, "starting");
    let accounts = Arc::new(Accounts::random());
    // Whatever ends first, of its own accord or by the caller's wish, ends the rest.
    let stop = shutdown.child_token();
    let _stop_all = stop.clone().drop_guard();
    let app = Arc::new(app(&options, &readiness, Arc::clone(&accounts), stop.clone())?);
    let traces = app.traces.clone();
    let publisher = Publisher::new(&options.kafka, accounts, options.clock.clone(), Arc::clone(&app.clock_watch))
        .context("the Kafka producer of the accounts can't be made")?;
    let pool = options.postgres.pool("voters-frontend", CONNECTIONS_MAX).context("DATABASE_URL can't be read")?;
    gauge!(measures::CAPTCHA_OFF).set(if options.captcha.captcha == Provider::Off { 1.0 } else { 0.0 });

    let snapshots =
        snapshot::keep_fresh(pool, Arc::clone(&app.snapshot), app.clock.clone(), readiness.clone(), stop.clone());
    let watch = tokio::spawn(watch::watch(Arc::clone(&app), readiness.clone(), stop.clone()));
    let publisher = tokio::spawn(publisher.run(stop.clone()));
    tokio::spawn(snapshots);
    tokio::spawn(admin::run(admin, readiness, stop.clone()));

    tracing::info!(address = %public.local_addr()?, captcha = app.captcha.provider().name(), "serving voters");
    let router = web::router(Arc::clone(&app), &options.edge, options.requests_max);
    http::serve(public, router, options.edge.connections_max, stop.clone()).await?;
    stop.cancel();
    let watched = watch.await?;
    tokio::task::spawn_blocking(move || app.log.flush()).await?;
    publisher.await?.end().await;
    traces.end().await;
    watched
}

fn app(
    options: &Options,
    readiness: &Readiness,
    accounts: Arc<Accounts>,
    stop: CancellationToken,
) -> anyhow::Result<App> {
    Ok(App {
        snapshot: Arc::default(),
        log: VotesLog::new(&options.kafka, options.queue_votes_max, accounts)
            .context("the Kafka producer can't be made")?,
        sealer: Sealer::parse(&options.ballot_keys)?,
        captcha: captcha::from_args(&options.captcha, options.environment)?,
        issuer: Issuer::random(),
        receipts: Cache::new(RECEIPTS_MAX),
        traces: Traces::new(&options.traces, "voters-frontend", options.otel_traces_sampler_arg)
            .context("OTEL_EXPORTER_OTLP_ENDPOINT can't be used")?,
        clock: options.clock.clone(),
        clock_watch: Arc::new(ClockWatch::new(options.clock.clone(), readiness.clone())),
        live: Live::new(options.live_streams_max, stop),
        cookie_secure: options.cookie_secure,
        public_url: options.public_url.clone(),
        share_pictures: Arc::default(),
        assets: assets::folder(),
    })
}
