//! The form that makes a paredão. Refused, it comes back with what was typed, and with each mistake beside its field.

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use voting_commons::Visibility;
use voting_commons::adapters::texts::{Text, Texts};

use super::{page, text};
use crate::app::{App, Zone};
use crate::auth::{Operator, Producer};
use crate::error::Error;
use crate::paredao::api;
use crate::paredao::draft::{PARTICIPANTS_MAX, PARTICIPANTS_MIN};
use crate::paredao::form::{self, FORM_BYTES_MAX, Form, FormParticipant};
use crate::paredao::mistake::{Field, Mistake, Why};

/// Rows for participants that the form begins with.
const ROWS_MIN: usize = 3;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/paredoes", post(create)).layer(DefaultBodyLimit::max(FORM_BYTES_MAX)).route("/novo", get(new))
}

#[derive(Template)]
#[template(path = "new.html")]
struct NewPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    form: &'a Form,
    mistakes: &'a [Mistake],
    zone: &'a Zone,
}

impl NewPage<'_> {
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

/// From when on voters see percentages, in words.
pub(super) fn visibility_text(t: &Texts, visibility: &Visibility) -> Text {
    t.text(match visibility {
        Visibility::Always => "new-see-always",
        Visibility::AfterVoting => "new-see-after-voting",
        Visibility::AfterClosing => "new-see-after-closing",
        Visibility::Production => "new-see-production",
    })
}

async fn new(t: Texts, Operator(producer): Operator, State(app): State<App>) -> Response {
    show(StatusCode::OK, t, &producer, Form::default(), &[], &app)
}

fn show(
    status: StatusCode,
    t: Texts,
    producer: &Producer,
    mut form: Form,
    mistakes: &[Mistake],
    app: &App,
) -> Response {
    if form.participants.len() < ROWS_MIN {
        form.participants.resize_with(ROWS_MIN, FormParticipant::default);
    }
    page(status, &NewPage { t, producer: Some(producer), form: &form, mistakes, zone: &app.zone })
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
    let mistakes = match &error {
        Error::ParedaoInvalid(mistakes) => mistakes.clone(),
        Error::SlugTaken => vec![Mistake { field: Field::Slug, why: Why::SlugTaken }],
        Error::PictureRefused { row, source, .. } => {
            vec![Mistake { field: Field::Photo(*row), why: Why::PictureRefused(source.text_id()) }]
        }
        _ => return Err(error),
    };
    Ok(show(error.status(), t, &producer, form, &mistakes, &app))
}
