//! The pages: each renders the view that the API returns. They work without scripts.

mod dashboard;
mod paredoes;
mod pipeline;
mod sign_in;
mod text;

use askama::Template;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use voting_commons::adapters::texts::{Text, Texts};

use crate::app::App;
use crate::auth::Producer;
use crate::error::{Error, Said};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/paredoes") }))
        .merge(sign_in::routes())
        .merge(paredoes::routes())
        .merge(dashboard::routes())
        .merge(pipeline::routes())
}

/// Renders a page.
fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => Error::Internal(error.into()).into_response(),
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    heading: Text,
    said: Text,
}

/// Says the errors, wherever in the service they come from, in the asker's language: to programs as problem details, to
/// people as a page or as the way to the sign-in.
pub(crate) async fn show_errors(t: Texts, request: Request, next: Next) -> Response {
    let is_page = !["/api", "/photos"].iter().any(|root| is_below(request.uri().path(), root));
    let mut response = next.run(request).await;
    let Some(Said(error)) = response.extensions_mut().remove() else { return response };
    if is_page && error.status() == StatusCode::UNAUTHORIZED {
        return Redirect::to("/entrar").into_response();
    }
    let said = if is_page { error_page(t, &error) } else { error.details(t).into_response() };
    (response.into_parts().0.headers, said).into_response()
}

fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn error_page(t: Texts, error: &Error) -> Response {
    let heading = match error.status() {
        StatusCode::NOT_FOUND => "error-not-found",
        StatusCode::INTERNAL_SERVER_ERROR => "error-internal",
        StatusCode::SERVICE_UNAVAILABLE => "error-unavailable",
        _ => "error-refused",
    };
    page(error.status(), &ErrorPage { t, producer: None, heading: t.text(heading), said: error.say(t) })
}
