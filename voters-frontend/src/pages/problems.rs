//! Problems that were met before a page was asked for, or instead of a file: a browser is told of them by a page, too.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::middleware::Next;
use axum::response::Response;

use super::voting::refuse;
use crate::app::App;
use crate::language::Place;
use crate::problem::Error;

/// Shows the problems that were left without words, where somebody waits for a page.
pub(crate) async fn show_problems(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let place = awaits_page(&request).then(|| Place::of(request.uri()));
    let mut response = next.run(request).await;
    let Some(place) = place else { return response };
    match response.extensions_mut().remove::<Error>() {
        Some(error) => refuse(&app, &place, error.problem, "/", None),
        None => response,
    }
}

fn awaits_page(request: &Request) -> bool {
    let accepts_page = |accepted: &str| accepted.contains("text/html");
    let accepted = request.headers().get(ACCEPT).and_then(|header| header.to_str().ok());
    accepted.is_some_and(accepts_page) && !request.uri().path().starts_with("/api/")
}
