//! The API of totals.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Selection};
use super::{Grain, TotalsView};
use crate::app::App;
use crate::auth::Producer;
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(totals))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TotalsQuery {
    /// O tamanho de cada ponto da série
    #[serde(default)]
    granularity: Grain,
    /// Só votos a partir deste instante (RFC 3339)
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Só votos antes deste instante (RFC 3339)
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// Os totais exatos de um paredão, contados agora.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/totals", params(("slug" = String, Path), TotalsQuery),
    responses((status = 200, body = TotalsView), (status = 400), (status = 404), (status = 422))
)]
async fn totals(
    _: Producer,
    State(app): State<App>,
    Path(slug): Path<String>,
    query: Result<Query<TotalsQuery>, QueryRejection>,
) -> Result<Json<TotalsView>, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let selection = Selection { granularity: query.granularity, from: query.from, to: query.to };
    let (_, totals) = store::totals(&app, &slug, selection).await?;
    Ok(Json(totals))
}
