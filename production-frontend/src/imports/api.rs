//! The API of imports: register, begin, look.

use std::num::NonZeroU16;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ImportView, store};
use crate::app::App;
use crate::auth::{Operator, Producer};
use crate::error::Error;

/// The longest description, in characters.
const WHAT_CHARS_MAX: usize = 200;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(register)).routes(routes!(begin))
}

/// Lists imports, the newest first.
#[utoipa::path(
    get, path = "/api/v1/imports",
    responses((status = 200, description = "at most 200 of them", body = Vec<ImportView>))
)]
async fn list(_: Producer, State(pool): State<PgPool>) -> Result<Json<Vec<ImportView>>, Error> {
    Ok(Json(store::list(&pool).await?))
}

/// Shows an import, and how many of its lines were counted.
#[utoipa::path(
    get, path = "/api/v1/imports/{id}",
    params(("id" = i32, Path, description = "its number")),
    responses(
        (status = 200, description = "the import", body = ImportView),
        (status = 404, description = "no such import"),
    )
)]
async fn get(
    _: Producer,
    State(pool): State<PgPool>,
    id: Result<Path<i32>, PathRejection>,
) -> Result<Json<ImportView>, Error> {
    let Path(id) = id.map_err(|_| Error::ImportUnknown)?;
    Ok(Json(store::get(&pool, id).await?))
}

/// What to import.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewImport {
    /// The paredão that the votes count in
    paredao: String,
    /// What it is: 1 to 200 characters
    what: String,
}

/// Lets a file's votes count, each line once, without ballots and whatever their minute.
#[utoipa::path(
    post, path = "/api/v1/imports", request_body = NewImport, security(("bearer" = ["operator"])),
    responses(
        (status = 201, description = "registered", body = ImportView),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "its result was published"),
        (status = 415, description = "it isn't application/json"),
        (status = 422, description = "it has no description"),
    )
)]
async fn register(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    import: Result<Json<NewImport>, JsonRejection>,
) -> Result<(StatusCode, Json<ImportView>), Error> {
    let Json(NewImport { paredao, what }) = import.map_err(Error::refused_json)?;
    let what = what.trim();
    if !(1..=WHAT_CHARS_MAX).contains(&what.chars().count()) || what.contains(char::is_control) {
        return Err(Error::ImportInvalid);
    }
    let view = store::register(&pool, &producer, &paredao, what).await?;
    tracing::info!(import = view.id, paredao = view.paredao, by = producer.name, "an import was registered");
    Ok((StatusCode::CREATED, Json(view)))
}

/// How an import is begun.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Beginning {
    /// How many partitions the topic has now
    #[schema(value_type = u16, minimum = 1)]
    partitions: NonZeroU16,
    /// The file's SHA-256: 64 hexadecimal digits in lower case
    file_sha256: String,
}

/// Begins an import, or goes on with one: what is answered says over how many partitions its lines are spread, which the first
/// beginning fixes, of which file they are, and since when, which no vote of it may be after.
#[utoipa::path(
    post, path = "/api/v1/imports/{id}/begin", request_body = Beginning, security(("bearer" = ["operator"])),
    params(("id" = i32, Path, description = "its number")),
    responses(
        (status = 200, description = "begun", body = ImportView),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "no such import"),
        (status = 409, description = "it was begun with another file, or the result was published"),
        (status = 415, description = "it isn't application/json"),
        (status = 422, description = "the file's SHA-256 isn't one"),
    )
)]
async fn begin(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    id: Result<Path<i32>, PathRejection>,
    beginning: Result<Json<Beginning>, JsonRejection>,
) -> Result<Json<ImportView>, Error> {
    let Path(id) = id.map_err(|_| Error::ImportUnknown)?;
    let Json(Beginning { partitions, file_sha256 }) = beginning.map_err(Error::refused_json)?;
    let is_hash = file_sha256.len() == 64 && file_sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hash {
        return Err(Error::FileHashInvalid);
    }
    let import = store::begin(&pool, &producer, id, partitions.get().into(), &file_sha256).await?;
    Ok(Json(import))
}
