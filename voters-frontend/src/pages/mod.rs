//! The pages, for browsers with and without JavaScript.

pub mod assets;
mod photos;
mod problems;
mod share;
mod telao;
mod templates;
mod voting;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use voting_commons::Language;

use crate::api::BODY_BYTES_MAX;
use crate::app::App;
use crate::language::address;

pub(crate) use problems::show_problems;
pub(crate) use templates::moment;

/// The routes of the pages.
pub(crate) fn router() -> Router<Arc<App>> {
    let pages = Language::ALL.into_iter().fold(Router::new(), |router, language| {
        let at = |path: &str| address(language, path);
        router
            .route(&at("/"), get(voting::list))
            .route(&at("/paredoes/{slug}"), get(voting::show))
            .route(&at("/paredoes/{slug}/telao"), get(telao::show))
            .route(&at("/paredoes/{slug}/compartilhar.jpg"), get(share::picture))
            .route(&at("/paredoes/{slug}/ballots"), post(voting::issue).get(voting::begin_again))
            .route(&at("/paredoes/{slug}/votes"), post(voting::cast).get(voting::begin_again))
            .route(&at("/problems/{name}"), get(voting::explain))
    });
    pages
        .route("/en", get(voting::list_in_english))
        .route("/photos/{hash}", get(photos::photo))
        .merge(assets::router())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .fallback(voting::not_found)
        .method_not_allowed_fallback(voting::method_not_allowed)
}
