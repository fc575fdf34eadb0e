//! How many requests are answered how, and how fast.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};

/// Counts and times a request by its route's pattern, so that the number of series stays small.
pub(crate) async fn measure(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().to_string();
    let response = next.run(request).await;
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let status = response.status().as_u16().to_string();
    histogram!("http_request_seconds", "route" => route.clone()).record(started.elapsed().as_secs_f64());
    counter!("http_requests_total", "method" => method, "route" => route, "status" => status).increment(1);
    response
}
