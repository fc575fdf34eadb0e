//! The pages: each renders the view that the API returns.

use axum::Router;

use crate::app::App;
use crate::error::Error;

pub(crate) fn routes() -> Router<App> {
    Router::new()
}

pub(crate) async fn not_found() -> Error {
    Error::NotFound
}
