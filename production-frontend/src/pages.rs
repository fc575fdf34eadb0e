//! The pages: each renders the view that the API returns. They work without scripts.

mod dashboard;
mod paredoes;
mod sign_in;
mod text;

use askama::Template;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::app::App;
use crate::auth::Producer;
use crate::error::Error;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/paredoes") }))
        .merge(sign_in::routes())
        .merge(paredoes::routes())
        .merge(dashboard::routes())
}

/// Renders a page.
fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => Error::Internal(error.into()).into_response(),
    }
}

/// An error on a page: a page that says so, or the way to the sign-in.
#[derive(Debug)]
struct PageError(Error);

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    producer: Option<&'a str>,
    title: &'a str,
    detail: String,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        if matches!(self.0, Error::Unauthenticated) {
            return Redirect::to("/entrar").into_response();
        }
        self.0.log();
        let detail = self.0.to_string();
        page(self.0.status(), &ErrorPage { producer: None, title: self.0.title(), detail })
    }
}

/// A producer who looks at a page; whoever isn't one is led to the sign-in.
struct Visitor(Producer);

impl FromRequestParts<App> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        Ok(Self(Producer::from_request_parts(parts, app).await?))
    }
}

/// Nothing is here, said as the asker expects it.
pub(crate) async fn not_found(uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        Error::NotFound.into_response()
    } else {
        PageError(Error::NotFound).into_response()
    }
}
