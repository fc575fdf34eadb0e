//! The pages, for browsers with and without JavaScript.

pub mod assets;
mod photos;
mod telao;
mod templates;
mod voting;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::api::BODY_BYTES_MAX;
use crate::app::App;

/// The routes of the pages.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(voting::list))
        .route("/paredoes/{slug}", get(voting::show))
        .route("/paredoes/{slug}/telao", get(telao::show))
        .route("/paredoes/{slug}/ballots", post(voting::issue).get(voting::begin_again))
        .route("/paredoes/{slug}/votes", post(voting::cast).get(voting::begin_again))
        .route("/problems/{name}", get(voting::explain))
        .route("/photos/{hash}", get(photos::photo))
        .merge(assets::router())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .fallback(voting::not_found)
        .method_not_allowed_fallback(voting::method_not_allowed)
}
