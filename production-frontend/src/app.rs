//! The service: its options, its routes with their limits, and how it runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{DefaultBodyLimit, FromRef, RawPathParams, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use clap::Args;
use jiff::tz::TimeZone;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;
use voting_commons::adapters::admin::{self, Readiness};
use voting_commons::adapters::edge::headers::secured;
use voting_commons::adapters::edge::{EdgeArgs, Gate, Limits, Refusal};
use voting_commons::adapters::http;
use voting_commons::adapters::postgres::PostgresArgs;
use voting_commons::adapters::telemetry;

use crate::auth::attempts::Attempts;
use crate::auth::password::Passwords;
use crate::error::Error;
use crate::live::feeds::Feeds;
use crate::publication::key::ResultKey;
use crate::{language, measures, openapi, pages, photo_route, request_metrics, watch_postgres};

/// Connections to Postgres; answers wait for one rather than take more.
const CONNECTIONS_MAX: u32 = 8;
/// The longest a request may take, the upload of pictures included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How many requests may be under way, most of which wait for Postgres.
const REQUESTS_MAX: usize = 512;
/// The largest body of a request without pictures, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Paredões with pictures that are taken in at once: a decoded picture of the largest size takes up to 250 MB.
const UPLOADS_AT_ONCE_MAX: usize = 1;

/// Everything a page needs comes from this service, and no script or style is inline.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How the pages behave.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The zone of civil days, and of the times on the pages
    #[arg(long, env = "ZONE", default_value = "America/Sao_Paulo")]
    pub zone: String,
    /// Send cookies over HTTPS only, and tell browsers to come back over it
    #[arg(long, env = "COOKIE_SECURE")]
    pub cookie_secure: bool,
    /// How this service meets the world.
    #[command(flatten)]
    pub edge: EdgeArgs,
    /// The Ed25519 key that signs results, a PEM file; without it nothing can be published
    #[arg(long, env = "RESULT_SIGNING_KEY")]
    pub result_signing_key: Option<PathBuf>,
}

/// Where the service listens.
#[derive(Debug)]
pub struct Listeners {
    /// For the pages and the API.
    pub pages: TcpListener,
    /// For the admin endpoints.
    pub admin: TcpListener,
}

/// What every handler may use.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) pool: PgPool,
    pub(crate) zone: Zone,
    pub(crate) cookie_secure: bool,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) uploads: Arc<Semaphore>,
    pub(crate) feeds: Arc<Feeds>,
    /// Signs results.
    pub(crate) result_key: Option<Arc<ResultKey>>,
    /// Ends what would otherwise go on for ever.
    pub(crate) shutdown: CancellationToken,
}

/// The zone of civil days, as Postgres and as this program know it.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(crate) name: Arc<str>,
    pub(crate) tz: TimeZone,
}

impl FromRef<App> for PgPool {
    fn from_ref(app: &App) -> Self {
        app.pool.clone()
    }
}

/// Serves until `shutdown`.
///
/// # Errors
/// When the options can't be used or a listener fails. While Postgres is away the service isn't ready, and lives.
pub async fn run(
    listeners: Listeners,
    postgres: &PostgresArgs,
    options: Options,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let tz = TimeZone::get(&options.zone).with_context(|| format!("the zone {:?} isn't known", options.zone))?;
    let result_key = options.result_signing_key.as_deref().map(ResultKey::read).transpose()?.map(Arc::new);
    let pool = postgres.pool("production-frontend", CONNECTIONS_MAX).context("DATABASE_URL can't be read")?;
    // What is measured before a recorder stands is lost.
    telemetry::metrics_handle();
    measures::describe();
    let app = App {
        pool: pool.clone(),
        zone: Zone { name: options.zone.into(), tz },
        cookie_secure: options.cookie_secure,
        passwords: Arc::new(Passwords::new()?),
        attempts: Arc::new(Attempts::new()),
        uploads: Arc::new(Semaphore::new(UPLOADS_AT_ONCE_MAX)),
        feeds: Arc::new(Feeds::new()),
        result_key,
        shutdown: shutdown.clone(),
    };
    let readiness = Readiness::waiting_for("postgres");
    let watch = tokio::spawn(watch_postgres::run(pool, readiness.clone(), shutdown.clone()));
    let admin = tokio::spawn(admin::run(listeners.admin, readiness, shutdown.clone()));
    http::serve(listeners.pages, router(app, &options.edge), options.edge.connections_max, shutdown).await?;
    watch.await?;
    admin.await??;
    Ok(())
}

fn router(app: App, edge: &EdgeArgs) -> Router {
    let limits =
        Limits { requests_max: REQUESTS_MAX, request_time_max: REQUEST_TIMEOUT, body_bytes_max: BODY_BYTES_MAX };
    let gate = Arc::new(Gate::new(edge, limits));
    let safe = secured(PAGE_POLICY, app.cookie_secure);
    // What depends on who asks stays with them.
    let unkept = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Router::new()
        .merge(openapi::api_routes())
        .merge(pages::routes())
        .merge(photo_route::routes())
        .merge(language::routes())
        .with_state(app.clone())
        .merge(openapi::docs_routes())
        .nest("/assets", memory_serve::load!().index_file(None).into_router())
        .fallback(|| async { Error::NotFound })
        .method_not_allowed_fallback(pages::refuse_method)
        .layer(middleware::from_fn(refuse_odd_paths))
        // Not needed by bearer tokens, which no browser sends by itself; and whatever isn't a browser sends neither
        // Origin nor Sec-Fetch-Site, and passes.
        .layer(CsrfLayer::new().with_rejection_response(|_: ProtectionError| Error::CrossSite.into_response()))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(gate, let_in))
        .layer(middleware::from_fn_with_state(app, pages::show_errors))
        .layer(middleware::from_fn(language::find))
        .layer(safe)
        .layer(unkept)
        .layer(middleware::from_fn(request_metrics::measure))
}

/// Nothing is named by what isn't UTF-8, nor by what Postgres can't hold as text.
async fn refuse_odd_paths(
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response {
    let is_odd = match &params {
        Ok(params) => params.iter().any(|(_, value)| value.contains('\0')),
        // A route without parameters has none to be missed.
        Err(rejection) => !matches!(rejection, RawPathParamsRejection::MissingPathParams(_)),
    };
    if is_odd { Error::NotFound.into_response() } else { next.run(request).await }
}

async fn let_in(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    gate.pass(request, next).await.unwrap_or_else(|refusal| {
        let error = match refusal {
            Refusal::TooMany => Error::TooManyRequests,
            Refusal::Full | Refusal::TimedOut => Error::Busy,
            Refusal::BodyTooSlow => Error::BodyTooSlow,
            Refusal::BodyBroken => Error::BodyMalformed("it broke off".to_owned()),
        };
        error.into_response()
    })
}
