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
use voting_commons::Visibility;
use voting_commons::adapters::texts::Texts;

use super::new::visibility_text;
use super::{page, text};
use crate::app::{App, Zone};
use crate::auth::{Operator, Producer};
use crate::error::Error;
use crate::paredao::draft::{PARTICIPANTS_MAX, PARTICIPANTS_MIN};
use crate::paredao::form::{self, FORM_BYTES_MAX, Form, FormParticipant};
use crate::paredao::mistake::{Field, Mistake, Why};
use crate::paredao::{ParedaoView, Status, changes, changes_api, store};

/// Rows for more participants that the form ends with.
const ROWS_MORE: usize = 2;

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
    form: &'a Form,
    mistakes: &'a [Mistake],
    zone: &'a Zone,
}

impl EditPage<'_> {
    /// What is wrong with the field of this id; empty where nothing is.
    fn wrong(&self, id: &str) -> String {
        let mistakes = self.mistakes.iter().filter(|mistake| mistake.field.id() == id);
        mistakes.map(|mistake| self.t.say(&mistake.why.message())).collect::<Vec<_>>().join(" ")
    }

    /// The same of the field `name` in a row for a participant.
    fn wrong_in_row(&self, name: &str, row: &usize) -> String {
        self.wrong(&format!("{name}-{row}"))
    }
}

fn show(
    status: StatusCode,
    t: Texts,
    producer: &Producer,
    mut form: Form,
    mistakes: &[Mistake],
    app: &App,
) -> Response {
    let rows = (form.participants.len() + ROWS_MORE).min(PARTICIPANTS_MAX).max(form.participants.len());
    form.participants.resize_with(rows, FormParticipant::default);
    page(status, &EditPage { t, producer: Some(producer), form: &form, mistakes, zone: &app.zone })
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
        shards: paredao.shards.to_string(),
        visibility: paredao.visibility.to_owned(),
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
    let mistakes = match &error {
        Error::ParedaoInvalid(mistakes) => mistakes.clone(),
        Error::PictureRefused { row, source, .. } => {
            vec![Mistake { field: Field::Photo(*row), why: Why::PictureRefused(source.text_id()) }]
        }
        _ => return Err(error),
    };
    Ok(show(error.status(), t, &producer, Form { slug, ..form }, &mistakes, &app))
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
