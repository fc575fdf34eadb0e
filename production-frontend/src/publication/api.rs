//! The API of publishing.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{PublicationView, ResultKeyView, store};
use crate::app::App;
use crate::auth::{Director, Producer};
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(publication))
        .routes(routes!(propose))
        .routes(routes!(confirm))
        .routes(routes!(withdraw))
        .routes(routes!(counted))
        .routes(routes!(json))
        .routes(routes!(signature))
        .routes(routes!(csv))
        .routes(routes!(keys))
        .routes(routes!(key))
}

/// Says what is to be published of a paredão, or was.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/publication", params(("slug" = String, Path)),
    responses(
        (status = 200, description = "a proposal, a publication or neither", body = PublicationView),
        (status = 404, description = "no such paredão"),
    )
)]
async fn publication(
    _: Producer,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Json<PublicationView>, Error> {
    Ok(Json(store::show(&app.pool, &slug).await?))
}

/// Proposes to publish what is counted now; for directors who signed in.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/publication/propose", params(("slug" = String, Path)),
    security(("session" = ["director"])),
    responses(
        (status = 200, description = "somebody else may confirm it", body = PublicationView),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "the count isn't final, a proposal stands already, or it was published"),
    )
)]
async fn propose(
    Director(producer): Director,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Json<PublicationView>, Error> {
    Ok(Json(store::propose(&app, &producer, &slug).await?))
}

/// What a second person confirms.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// The hash of what was counted, as the proposal shows it
    counted_sha256: String,
}

/// Publishes what somebody else proposed; for directors who signed in. It can't be taken back.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/publication/confirm", params(("slug" = String, Path)),
    security(("session" = ["director"])),
    request_body = Confirmation,
    responses(
        (status = 200, description = "it is published", body = PublicationView),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "nothing is proposed, it is one's own proposal, one of the two was let in within the \
            last 24 hours, the counts changed since, the count isn't final any more, no key signs results, or it was published"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
    )
)]
async fn confirm(
    Director(producer): Director,
    State(app): State<App>,
    Path(slug): Path<String>,
    confirmation: Result<Json<Confirmation>, JsonRejection>,
) -> Result<Json<PublicationView>, Error> {
    let Json(Confirmation { counted_sha256 }) = confirmation.map_err(Error::refused_json)?;
    Ok(Json(store::confirm(&app, &producer, &slug, &counted_sha256).await?))
}

/// Takes a proposal back.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/publication/withdraw", params(("slug" = String, Path)),
    security(("session" = ["director"])),
    responses(
        (status = 200, description = "nothing is proposed any more", body = PublicationView),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "nothing is proposed, or it was published"),
    )
)]
async fn withdraw(
    Director(producer): Director,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Json<PublicationView>, Error> {
    Ok(Json(store::withdraw(&app.pool, &producer, &slug).await?))
}

/// What was counted, as the text whose SHA-256 is in the result, until old minutes are compacted.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/counted", params(("slug" = String, Path)),
    responses(
        (status = 200, description = "a line per bucket before the cut", content_type = "text/plain", body = String),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "no closing is set"),
    )
)]
async fn counted(_: Producer, State(app): State<App>, Path(slug): Path<String>) -> Result<String, Error> {
    store::counted(&app.pool, &slug).await
}

/// The published result: the bytes that were signed.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/result.json", params(("slug" = String, Path)),
    responses(
        (status = 200, description = "as it was published", content_type = "application/json", body = Vec<u8>),
        (status = 404, description = "nothing was published of such a paredão"),
    )
)]
pub(crate) async fn json(_: Producer, State(app): State<App>, Path(slug): Path<String>) -> Result<Response, Error> {
    let files = store::files(&app.pool, &slug).await?;
    Ok(file(&format!("{slug}-resultado.json"), "application/json", files.json))
}

/// Its signature: 64 bytes of Ed25519.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/result.json.sig", params(("slug" = String, Path)),
    responses(
        (status = 200, description = "of the JSON's bytes", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, description = "nothing was published of such a paredão"),
    )
)]
pub(crate) async fn signature(
    _: Producer,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    let files = store::files(&app.pool, &slug).await?;
    Ok(file(&format!("{slug}-resultado.json.sig"), "application/octet-stream", files.signature))
}

/// The published result for spreadsheets; its SHA-256 stands in what was signed.
#[utoipa::path(
    get, path = "/api/v1/paredoes/{slug}/result.csv", params(("slug" = String, Path)),
    responses(
        (status = 200, description = "as it was published", content_type = "text/csv", body = Vec<u8>),
        (status = 404, description = "nothing was published of such a paredão"),
    )
)]
pub(crate) async fn csv(_: Producer, State(app): State<App>, Path(slug): Path<String>) -> Result<Response, Error> {
    let files = store::files(&app.pool, &slug).await?;
    Ok(file(&format!("{slug}-resultado.csv"), "text/csv; charset=utf-8; header=present", files.csv))
}

/// The keys that sign results, and those that did. For everybody.
#[utoipa::path(
    get, path = "/api/v1/result-keys", security(()),
    responses((status = 200, description = "the current one first", body = Vec<ResultKeyView>))
)]
async fn keys(State(app): State<App>) -> Result<Json<Vec<ResultKeyView>>, Error> {
    Ok(Json(store::keys(&app.pool, app.result_key.as_deref()).await?))
}

/// One of those keys as a PEM file. For everybody.
#[utoipa::path(
    get, path = "/api/v1/result-keys/{key_id}", params(("key_id" = String, Path)), security(()),
    responses(
        (status = 200, description = "the public key", content_type = "application/x-pem-file", body = String),
        (status = 404, description = "no such key"),
    )
)]
async fn key(State(app): State<App>, Path(key_id): Path<String>) -> Result<Response, Error> {
    let keys = store::keys(&app.pool, app.result_key.as_deref()).await?;
    let key = keys.into_iter().find(|key| key.key_id == key_id).ok_or(Error::NotFound)?;
    Ok(file(&format!("{key_id}.pem"), "application/x-pem-file", key.public_key.into_bytes()))
}

/// A slug and a key's name hold nothing that a header can't.
fn file(name: &str, content_type: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}
