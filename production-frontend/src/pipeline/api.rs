//! The API of the registers: show, pause, resume.

use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Sse;
use axum::response::sse::Event;
use futures::Stream;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{PipelineView, Reading, store};
use crate::app::App;
use crate::auth::{Credentials, Operator, Producer};
use crate::error::Error;
use crate::live::watch;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(live)).routes(routes!(pause)).routes(routes!(resume))
}

/// Shows the registers, and of each partition its owner, its cursor, its lag and what is wrong with it.
#[utoipa::path(
    get, path = "/api/v1/pipeline",
    responses((status = 200, description = "as the registers said in the last two seconds", body = PipelineView))
)]
async fn show(_: Producer, State(pool): State<PgPool>) -> Result<Json<PipelineView>, Error> {
    Ok(Json(store::show(&pool).await?))
}

/// The same as it changes: an event each second.
///
/// While the database is away the last one is sent again, with its age. The stream ends with the session or the token.
#[utoipa::path(
    get, path = "/api/v1/pipeline/live",
    responses((status = 200, description = "server-sent events, each of one snapshot of the database",
               body = PipelineView, content_type = "text/event-stream"))
)]
async fn live(
    credentials: Credentials,
    State(app): State<App>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Error> {
    let place = watch::place(&app)?;
    let pool = app.pool.clone();
    let read = move || {
        let pool = pool.clone();
        async move { store::read(&pool).await }
    };
    let feed = app.feeds.pipeline.follow("pipeline", &app.shutdown, read);
    Ok(Sse::new(watch::events(&app, place, feed, credentials, |reading: &Reading| Some(reading.view()))))
}

/// Which partitions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SteerOrder {
    /// Of this topic
    #[serde(default = "votes")]
    #[schema(default = "votes")]
    topic: String,
    /// Only this one; all without it
    partition: Option<i32>,
}

fn votes() -> String {
    "votes".to_owned()
}

/// Has the registers stand still, all or one partition: they write what they hold, and take no more votes from the log,
/// which keeps them.
#[utoipa::path(
    post, path = "/api/v1/pipeline/pause", request_body = SteerOrder, security(("bearer" = ["operator"])),
    responses(
        (status = 200, description = "the registers obey within two seconds", body = PipelineView),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "no such partition was ever counted"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
    )
)]
async fn pause(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    order: Result<Json<SteerOrder>, JsonRejection>,
) -> Result<Json<PipelineView>, Error> {
    steer(&producer, &pool, order, true).await
}

/// Has them go on.
#[utoipa::path(
    post, path = "/api/v1/pipeline/resume", request_body = SteerOrder, security(("bearer" = ["operator"])),
    responses(
        (status = 200, description = "the registers obey within two seconds", body = PipelineView),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "no such partition was ever counted"),
        (status = 409, description = "all partitions are paused, not only this one"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
    )
)]
async fn resume(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    order: Result<Json<SteerOrder>, JsonRejection>,
) -> Result<Json<PipelineView>, Error> {
    steer(&producer, &pool, order, false).await
}

async fn steer(
    producer: &Producer,
    pool: &PgPool,
    order: Result<Json<SteerOrder>, JsonRejection>,
    pause: bool,
) -> Result<Json<PipelineView>, Error> {
    let Json(SteerOrder { topic, partition }) = order.map_err(Error::refused_json)?;
    store::steer(pool, &topic, partition, pause, producer).await?;
    Ok(Json(store::show(pool).await?))
}
