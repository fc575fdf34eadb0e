//! The API's stream of live numbers.

use std::convert::Infallible;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Sse;
use axum::response::sse::Event;
use futures::Stream;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use voting_commons::adapters::texts::Texts;

use super::{LiveView, Reading, read, watch};
use crate::app::App;
use crate::auth::Credentials;
use crate::error::Error;
use crate::paredao::store;
use crate::totals::Grain;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(live))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LiveQuery {
    /// How long a span each row of the table covers
    #[serde(default)]
    granularity: Grain,
}

/// A paredão's numbers as they change: an event each second.
///
/// While the database is away the last ones are sent again, with their age. The stream ends with the session or the token.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/live", params(("slug" = String, Path), LiveQuery),
    responses(
        (status = 200, description = "server-sent events, each of one snapshot of the database",
         body = LiveView, content_type = "text/event-stream"),
        (status = 400, description = "a parameter is unknown or can't be read"),
        (status = 404, description = "no such paredão"),
    )
)]
async fn live(
    t: Texts,
    credentials: Credentials,
    State(app): State<App>,
    Path(slug): Path<String>,
    query: Result<Query<LiveQuery>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    store::find(&app.pool, &slug).await?;
    let place = watch::place(&app)?;
    let (reader, name) = (app.clone(), slug.clone());
    let read = move || {
        let (app, slug) = (reader.clone(), name.clone());
        async move { read(&app, &slug).await }
    };
    let feed = app.feeds.paredoes.follow(&slug, &app.shutdown, read);
    let tell = move |reading: &Reading| reading.view(query.granularity, t);
    Ok(Sse::new(watch::events(&app, place, feed, credentials, tell)))
}
