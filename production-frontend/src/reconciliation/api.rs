//! The API of reconciliation.

use axum::Json;
use axum::extract::State;
use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ReconciliationView, store};
use crate::app::App;
use crate::auth::Producer;
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(reconciliation))
}

/// Says whether the votes that frontends sent, the topic and the tables agree.
#[utoipa::path(
    get, path = "/api/v1/reconciliation",
    responses((status = 200, description = "the last verdict, with where it doesn't", body = ReconciliationView))
)]
async fn reconciliation(_: Producer, State(pool): State<PgPool>) -> Result<Json<ReconciliationView>, Error> {
    Ok(Json(store::show(&pool).await?))
}
