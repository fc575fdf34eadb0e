//! The JSON API.

pub(crate) mod body;
mod endpoints;
pub mod views;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::problem::Problem;

/// The largest body that is read, in bytes.
pub const BODY_BYTES_MAX: usize = 4 * 1024;
/// Swagger UI's page brings its own styles and pictures along, inline.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           frame-ancestors 'none'; base-uri 'none'";

#[derive(OpenApi)]
#[openapi(info(
    title = "Voters' API",
    description = "Ask for a ballot, solve its captcha, cast it; on 408, 429 or 503 cast the same ballot again.",
    version = "1"
))]
struct Description;

/// The routes below `/api`, with their description.
pub(crate) fn router() -> Router<Arc<App>> {
    let (api, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(endpoints::list_paredoes))
        .routes(routes!(endpoints::issue_ballot))
        .routes(routes!(endpoints::cast_vote))
        .routes(routes!(endpoints::show_state))
        .routes(routes!(endpoints::show_panorama))
        .routes(routes!(endpoints::follow))
        .routes(routes!(endpoints::follow_publicly))
        .split_for_parts();
    let docs: Router<Arc<App>> = SwaggerUi::new("/api/docs")
        .url("/api/openapi.json", description)
        .config(Config::default().validator_url("none"))
        .into();
    let policy = SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY));
    api.layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(docs.layer(policy))
        .route("/api/{*rest}", axum::routing::any(|| async { Problem::NotFound }))
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
}
