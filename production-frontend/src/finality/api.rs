//! The API of finality.

use axum::Json;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{FinalityView, store};
use crate::app::App;
use crate::auth::Producer;
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(finality))
}

/// Says whether a paredão's count is final, and if not, what it waits for.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/finality", params(("slug" = String, Path)),
    responses(
        (status = 200, description = "all of one snapshot of the database", body = FinalityView),
        (status = 404, description = "no such paredão"),
    )
)]
async fn finality(_: Producer, State(app): State<App>, Path(slug): Path<String>) -> Result<Json<FinalityView>, Error> {
    Ok(Json(store::finality(&app, &slug).await?))
}
