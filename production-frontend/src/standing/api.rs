//! The API of standings.

use axum::Json;
use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{StandingView, store};
use crate::app::App;
use crate::auth::Producer;
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(standing))
}

/// How a paredão stands: total, votes per minute, leader and margin, how old and how sure the numbers are.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/standing", params(("slug" = String, Path)),
    responses(
        (status = 200, description = "all of one snapshot of the database", body = StandingView),
        (status = 404, description = "no such paredão"),
    )
)]
async fn standing(_: Producer, State(app): State<App>, Path(slug): Path<String>) -> Result<Json<StandingView>, Error> {
    Ok(Json(store::standing(&app, &slug).await?))
}
