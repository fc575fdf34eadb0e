//! Changing a paredão: the form, and the buttons that take its opening back, move its closing or delete it.

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::rejection::FormRejection;
use axum::extract::{self, DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use voting_commons::adapters::texts::Texts;

use super::form_fields::{FormFields, mistakes_of};
use super::{page, text};
use crate::app::{App, Zone};
use crate::auth::{Operator, Producer};
use crate::error::Error;
use crate::paredao::form::{self, FORM_BYTES_MAX, Form, FormParticipant};
use crate::paredao::mistake::Mistake;
use crate::paredao::{ParedaoView, Status, changes, changes_api, store};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/paredoes/{slug}/editar", get(form_of).post(edit))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .route("/paredoes/{slug}/desmarcar", post(unschedule))
        .route("/paredoes/{slug}/apagar", post(delete))
        .route("/paredoes/{slug}/remarcar", post(reschedule))
}

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    fields: FormFields<'a>,
}

fn show(status: StatusCode, t: Texts, producer: &Producer, form: Form, mistakes: &[Mistake], app: &App) -> Response {
    let fields = FormFields::new(t, form, mistakes, &app.zone, false);
    page(status, &EditPage { t, producer: Some(producer), fields })
}

/// What the form says before anybody changes it.
fn filled(paredao: &ParedaoView, zone: &Zone) -> Form {
    let participants = paredao.participants.iter().map(|participant| FormParticipant {
        name: participant.name.clone(),
        photo: None,
        photo_kept: participant.photo_hash().map(str::to_owned),
    });
    Form {
        slug: paredao.slug.clone(),
        title: paredao.title.clone(),
        opens_at: text::field(&paredao.opens_at, &zone.tz),
        closes_at: text::field(&paredao.closes_at, &zone.tz),
        // As whoever makes one leaves it, unless there is something to be seen.
        shards: if paredao.shards == 1 { String::new() } else { paredao.shards.to_string() },
        visibility: paredao.visibility.to_owned(),
        revision: paredao.revision.clone(),
        participants: participants.collect(),
    }
}

async fn form_of(
    t: Texts,
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    let paredao = store::find(&app.pool, &slug).await?.view;
    if !matches!(paredao.status, Status::Draft | Status::Scheduled) {
        return Err(Error::NotEditable);
    }
    Ok(show(StatusCode::OK, t, &producer, filled(&paredao, &app.zone), &[], &app))
}

async fn edit(
    t: Texts,
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Error> {
    let _place = app.uploads.acquire().await.map_err(anyhow::Error::from)?;
    let form = form::read(multipart.map_err(|_| Error::UnsupportedMediaType)?).await?;
    let error = match changes_api::edit_from(&app, &producer, &slug, form.clone()).await {
        Ok(_) => return Ok(to(&slug)),
        Err(error) => error,
    };
    let status = error.status();
    Ok(show(status, t, &producer, Form { slug, ..form }, &mistakes_of(error)?, &app))
}

async fn unschedule(
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    changes::unschedule(&app.pool, &producer, &slug).await?;
    Ok(to(&slug))
}

async fn delete(
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    changes::delete(&app.pool, &producer, &slug).await?;
    Ok(Redirect::to("/paredoes").into_response())
}

#[derive(Deserialize)]
struct Closing {
    closes_at: String,
}

async fn reschedule(
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
    closing: Result<extract::Form<Closing>, FormRejection>,
) -> Result<Response, Error> {
    let extract::Form(Closing { closes_at }) = closing.map_err(Error::refused_form)?;
    changes_api::reschedule_to(&app, &producer, &slug, &closes_at).await?;
    Ok(to(&slug))
}

fn to(slug: &str) -> Response {
    Redirect::to(&format!("/paredoes/{slug}")).into_response()
}
