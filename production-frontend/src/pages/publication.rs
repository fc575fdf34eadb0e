//! Publishing a result with buttons, its files, and the page of it that is printed.

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;
use voting_commons::adapters::texts::Texts;

use super::paredoes::percent;
use super::{page, text};
use crate::app::{App, Zone};
use crate::auth::{Director, Producer};
use crate::error::Error;
use crate::publication::package::SignedResult;
use crate::publication::{PublishedView, api, store};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/paredoes/{slug}/propor", post(propose))
        .route("/paredoes/{slug}/publicar", post(confirm))
        .route("/paredoes/{slug}/retirar", post(withdraw))
        .route("/paredoes/{slug}/resultado", get(printed))
        .route("/paredoes/{slug}/resultado.json", get(api::json))
        .route("/paredoes/{slug}/resultado.json.sig", get(api::signature))
        .route("/paredoes/{slug}/resultado.csv", get(api::csv))
}

async fn propose(
    Director(producer): Director,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    store::propose(&app, &producer, &slug).await?;
    Ok(to(&slug))
}

#[derive(Deserialize)]
struct Confirmation {
    counted_sha256: String,
}

async fn confirm(
    Director(producer): Director,
    State(app): State<App>,
    Path(slug): Path<String>,
    confirmation: Result<Form<Confirmation>, FormRejection>,
) -> Result<Response, Error> {
    let Form(Confirmation { counted_sha256 }) = confirmation.map_err(Error::refused_form)?;
    store::confirm(&app, &producer, &slug, &counted_sha256).await?;
    Ok(to(&slug))
}

async fn withdraw(
    Director(producer): Director,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    store::withdraw(&app.pool, &producer, &slug).await?;
    Ok(to(&slug))
}

#[derive(Template)]
#[template(path = "resultado.html")]
struct PrintedPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    published: &'a PublishedView,
    signed: &'a SignedResult,
    zone: &'a Zone,
}

impl PrintedPage<'_> {
    fn minute(&self, at: &Timestamp) -> String {
        self.t.minute(&at.to_zoned(self.zone.tz.clone()))
    }
}

async fn printed(
    t: Texts,
    producer: Producer,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    let published = store::show(&app.pool, &slug).await?.published.ok_or(Error::NotPublished)?;
    let (signed, zone) = (&published.signed, &app.zone);
    let template = PrintedPage { t, producer: Some(&producer), published: &published, signed, zone };
    Ok(page(StatusCode::OK, &template))
}

fn to(slug: &str) -> Response {
    Redirect::to(&format!("/paredoes/{slug}")).into_response()
}
