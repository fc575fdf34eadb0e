//! Waiting for a request's body.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use futures::{StreamExt, stream};

use super::Refusal;

/// How long a body may take to arrive, or as much of it as is read here.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// `request` once its body is here; of one larger than `bytes_max`, once more than that is here, so that whoever reads it
/// with that limit never waits.
pub(super) async fn gather(request: Request, bytes_max: usize) -> Result<Request, Refusal> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let mut rest = body.into_data_stream();
    let mut here = Vec::new();
    let arrive = async {
        while here.len() <= bytes_max {
            match rest.next().await {
                Some(Ok(chunk)) => here.extend_from_slice(&chunk),
                Some(Err(_)) => return Err(Refusal::BodyBroken),
                None => return Ok(true),
            }
        }
        Ok(false)
    };
    let is_whole = tokio::time::timeout(BODY_TIMEOUT, arrive).await.map_err(|_| Refusal::BodyTooSlow)??;
    let body = if is_whole {
        Body::from(here)
    } else {
        Body::from_stream(stream::once(async { Ok(here.into()) }).chain(rest))
    };
    Ok(Request::from_parts(parts, body))
}
