//! Participants' pictures. Their name is their content's hash, so browsers keep them for ever.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sqlx::PgPool;

use crate::app::App;
use crate::error::Error;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/photos/{hash}", get(photo))
}

async fn photo(State(pool): State<PgPool>, Path(hash): Path<String>) -> Result<Response, Error> {
    let photo = sqlx::query!("SELECT content_type, bytes FROM photo WHERE hash = $1", hash)
        .fetch_optional(&pool)
        .await?
        .ok_or(Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, photo.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
    ];
    Ok((headers, photo.bytes).into_response())
}
