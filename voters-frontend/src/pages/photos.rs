//! Pictures, from memory.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

use crate::app::App;
use crate::problem::Problem;
use crate::segment::Segment;

/// A picture is named by its content's hash, so a browser may keep it for ever: a year, in seconds.
const KEEP: &str = "public, max-age=31536000, immutable";

pub(super) async fn photo(State(app): State<Arc<App>>, Segment(hash): Segment) -> Result<impl IntoResponse, Problem> {
    let snapshot = app.snapshot()?;
    let photo = snapshot.photo(&hash).ok_or(Problem::NotFound)?;
    let headers = [(CONTENT_TYPE, photo.content_type.clone()), (CACHE_CONTROL, KEEP.to_owned())];
    Ok((headers, photo.bytes.clone()))
}
