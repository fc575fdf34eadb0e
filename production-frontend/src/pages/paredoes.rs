//! The list of paredões.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use voting_commons::Visibility;
use voting_commons::adapters::texts::Texts;

use super::{page, text};
use crate::app::{App, Zone};
use crate::auth::Producer;
use crate::error::Error;
use crate::paredao::{ParedaoView, Status, store};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/paredoes", get(list))
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
