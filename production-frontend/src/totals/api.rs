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
#[serde(deny_unknown_fields)]
struct TotalsQuery {
    /// How long a span each point of the series covers
    #[serde(default)]
    granularity: Grain,
    /// Only votes from this instant on (RFC 3339)
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only votes before this instant (RFC 3339), which isn't before `from`
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// A paredão's exact totals, counted now.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/totals", params(("slug" = String, Path), TotalsQuery),
    responses(
        (status = 200, description = "all of one snapshot of the database", body = TotalsView),
        (status = 400, description = "a parameter is unknown or can't be read"),
        (status = 404, description = "no such paredão"),
        (status = 422, description = "the range ends before it begins, or has too many points"),
    )
)]
async fn totals(
    _: Producer,
    State(app): State<App>,
    Path(slug): Path<String>,
    query: Result<Query<TotalsQuery>, QueryRejection>,
) -> Result<Json<TotalsView>, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    if query.from.zip(query.to).is_some_and(|(from, to)| from > to) {
        return Err(Error::RangeBackwards);
    }
    let selection = Selection { granularity: query.granularity, from: query.from, to: query.to };
    let (_, totals) = store::totals(&app, &slug, selection).await?;
    Ok(Json(totals))
}
