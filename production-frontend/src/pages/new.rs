//! The form that makes a paredão.

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use voting_commons::adapters::texts::Texts;

use super::form_fields::{FormFields, mistakes_of};
use super::page;
use crate::app::App;
use crate::auth::{Operator, Producer};
use crate::error::Error;
use crate::paredao::api;
use crate::paredao::form::{self, FORM_BYTES_MAX, Form};
use crate::paredao::mistake::Mistake;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/paredoes", post(create)).layer(DefaultBodyLimit::max(FORM_BYTES_MAX)).route("/novo", get(new))
}

#[derive(Template)]
#[template(path = "new.html")]
struct NewPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    fields: FormFields<'a>,
}

async fn new(t: Texts, Operator(producer): Operator, State(app): State<App>) -> Response {
    show(StatusCode::OK, t, &producer, Form::default(), &[], &app)
}

fn show(status: StatusCode, t: Texts, producer: &Producer, form: Form, mistakes: &[Mistake], app: &App) -> Response {
    let fields = FormFields::new(t, form, mistakes, &app.zone, true);
    page(status, &NewPage { t, producer: Some(producer), fields })
}

async fn create(
    t: Texts,
    Operator(producer): Operator,
    State(app): State<App>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Error> {
    let _place = app.uploads.acquire().await.map_err(anyhow::Error::from)?;
    let form = form::read(multipart.map_err(|_| Error::UnsupportedMediaType)?).await?;
    let error = match api::create_from(&app, &producer, &form).await {
        Ok(paredao) => return Ok(Redirect::to(&format!("/paredoes/{}", paredao.slug)).into_response()),
        Err(error) => error,
    };
    let status = error.status();
    Ok(show(status, t, &producer, form, &mistakes_of(error)?, &app))
}
