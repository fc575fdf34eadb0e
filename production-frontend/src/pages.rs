//! The pages: each renders the view that the API returns. They work without scripts.

mod dashboard;
mod paredoes;
mod pipeline;
mod sign_in;
mod text;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

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
    producer: Option<&'a Producer>,
    heading: &'a str,
    said: &'a str,
}

/// Makes pages of the errors that people meet, wherever in the service they come from: a page that says so, or the way
/// to the sign-in.
pub(crate) async fn show_errors(request: Request, next: Next) -> Response {
    let is_page = !["/api", "/photos"].iter().any(|root| is_below(request.uri().path(), root));
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Said>() {
        Some(_) if is_page && response.status() == StatusCode::UNAUTHORIZED => Redirect::to("/entrar").into_response(),
        Some(said) if is_page => error_page(response, &said),
        _ => response,
    }
}

fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The same answer, with its headers, as a page.
fn error_page(problem: Response, Said(said): &Said) -> Response {
    let heading = match problem.status() {
        StatusCode::NOT_FOUND => "Não encontrado",
        StatusCode::INTERNAL_SERVER_ERROR => "Erro interno",
        StatusCode::SERVICE_UNAVAILABLE => "Indisponível agora",
        _ => "Pedido recusado",
    };
    let (mut parts, _) = problem.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    match (ErrorPage { producer: None, heading, said }).render() {
        Ok(html) => {
            parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            Response::from_parts(parts, Body::from(html))
        }
        Err(error) => Error::Internal(error.into()).into_response(),
    }
}
