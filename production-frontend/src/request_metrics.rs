//! How many requests are answered how, and how fast.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};

use crate::measures::{HTTP_REQUEST, HTTP_REQUESTS};

/// Counts and times a request by its route's pattern, so that the number of series stays small.
pub(crate) async fn measure(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    let response = next.run(request).await;
    let route = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let status = response.status().as_u16().to_string();
    histogram!(HTTP_REQUEST, "route" => route.clone()).record(started.elapsed().as_secs_f64());
    counter!(HTTP_REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    response
}

/// Whoever asks may invent methods, and each would be a series.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}
