//! The list of paredões, and the form that makes one.

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::Timestamp;
use voting_commons::Visibility;
use voting_commons::adapters::texts::{Text, Texts};

use super::{page, text};
use crate::app::{App, Zone};
use crate::auth::{Operator, Producer};
use crate::error::Error;
use crate::paredao::draft::PARTICIPANTS_MAX;
use crate::paredao::form::{self, FORM_BYTES_MAX, Form, FormParticipant};
use crate::paredao::{ParedaoView, Status, api, store};

/// Rows for participants that the form begins with.
const ROWS_MIN: usize = 3;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/paredoes", get(list).post(create))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .route("/novo", get(new))
}

/// A status in words.
pub(super) fn status_name(status: &Status) -> &'static str {
    match status {
        Status::Draft => "rascunho",
        Status::Scheduled => "agendado",
        Status::Open => "aberto",
        Status::Closed => "encerrado",
    }
}

/// From when on voters see percentages, in words.
fn visibility_text(visibility: &Visibility) -> &'static str {
    match visibility {
        Visibility::Always => "sempre",
        Visibility::AfterVoting => "depois de votar",
        Visibility::AfterClosing => "depois do encerramento",
        Visibility::Production => "nunca: só a produção",
    }
}

/// The same for the name by which the API knows it.
pub(super) fn visibility_of(name: &str) -> &'static str {
    name.parse().map_or("", |visibility| visibility_text(&visibility))
}

/// When the paredão opens and closes, in words.
pub(super) fn times(paredao: &ParedaoView, zone: &Zone) -> String {
    let at = |timestamp: Timestamp| text::minute(&timestamp, &zone.tz);
    let opening = match (paredao.status, paredao.opens_at) {
        (_, None) => "sem abertura marcada".to_owned(),
        (Status::Scheduled, Some(opens_at)) => format!("abre em {}", at(opens_at)),
        (_, Some(opens_at)) => format!("aberto em {}", at(opens_at)),
    };
    match (paredao.status, paredao.closes_at) {
        (_, None) => opening,
        (Status::Closed, Some(closes_at)) => format!("{opening}, encerrado em {}", at(closes_at)),
        (_, Some(closes_at)) => format!("{opening}, encerra em {}", at(closes_at)),
    }
}

#[derive(Template)]
#[template(path = "paredoes.html")]
struct ListPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    paredoes: &'a [ParedaoView],
    zone: &'a Zone,
}

async fn list(t: Texts, producer: Producer, State(app): State<App>) -> Result<Response, Error> {
    let paredoes = store::list(&app.pool).await?;
    let template = ListPage { t, producer: Some(&producer), paredoes: &paredoes, zone: &app.zone };
    Ok(page(StatusCode::OK, &template))
}

#[derive(Template)]
#[template(path = "new.html")]
struct NewPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    form: &'a Form,
    error: Option<Text>,
    zone: &'a str,
    participants_max: usize,
}

impl<'a> NewPage<'a> {
    fn of(t: Texts, producer: &'a Producer, form: &'a mut Form, error: Option<Text>, app: &'a App) -> Self {
        if form.participants.len() < ROWS_MIN {
            form.participants.resize_with(ROWS_MIN, FormParticipant::default);
        }
        let zone = &app.zone.name;
        Self { t, producer: Some(producer), form, error, zone, participants_max: PARTICIPANTS_MAX }
    }
}

async fn new(t: Texts, Operator(producer): Operator, State(app): State<App>) -> Response {
    page(StatusCode::OK, &NewPage::of(t, &producer, &mut Form::default(), None, &app))
}

async fn create(
    t: Texts,
    Operator(producer): Operator,
    State(app): State<App>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Error> {
    let _place = app.uploads.acquire().await.map_err(anyhow::Error::from)?;
    let mut form = form::read(multipart.map_err(|_| Error::UnsupportedMediaType)?).await?;
    match api::create_from(&app, &producer, &form).await {
        Ok(paredao) => Ok(Redirect::to(&format!("/paredoes/{}", paredao.slug)).into_response()),
        Err(error @ (Error::ParedaoInvalid(_) | Error::PictureRefused { .. } | Error::SlugTaken)) => {
            Ok(page(error.status(), &NewPage::of(t, &producer, &mut form, Some(error.say(t)), &app)))
        }
        Err(error) => Err(error),
    }
}
