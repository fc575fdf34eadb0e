//! The list of paredões.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use voting_commons::adapters::texts::{Text, Texts};
use voting_commons::percentages::Percent;

use super::page;
use crate::app::{App, Zone};
use crate::auth::Producer;
use crate::error::Error;
use crate::paredao::{ParedaoView, Status, store};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/paredoes", get(list))
}

/// A status in words.
pub(super) fn status_text(t: &Texts, status: &Status) -> Text {
    t.text(match status {
        Status::Draft => "status-draft",
        Status::Scheduled => "status-scheduled",
        Status::Open => "status-open",
        Status::Closed => "status-closed",
        Status::Published => "status-published",
    })
}

/// A status as the style sheet calls it.
pub(super) const fn status_class(status: &Status) -> &'static str {
    match status {
        Status::Draft => "rascunho",
        Status::Scheduled => "agendado",
        Status::Open => "aberto",
        Status::Closed => "encerrado",
        Status::Published => "publicado",
    }
}

/// A share with two decimals, `33.30`, as the language writes it.
pub(super) fn percent(t: &Texts, share: &str) -> String {
    let hundredths = share.replace('.', "").parse::<i32>().ok().and_then(|number| Percent::try_from(number).ok());
    hundredths.map_or_else(|| share.to_owned(), |share| t.percent(&share))
}

/// When the paredão opens and closes, in words.
pub(super) fn times(t: &Texts, paredao: &ParedaoView, zone: &Zone) -> String {
    let at = |timestamp: Timestamp| t.minute(&timestamp.to_zoned(zone.tz.clone()));
    let opening = match (paredao.status, paredao.opens_at) {
        (_, None) => t.text("times-no-opening"),
        (Status::Scheduled, Some(opens_at)) => t.text("times-opens").with("at", at(opens_at)),
        (_, Some(opens_at)) => t.text("times-opened").with("at", at(opens_at)),
    };
    let closing = match (paredao.status, paredao.closes_at) {
        (_, None) => return opening.to_string(),
        (Status::Closed | Status::Published, Some(closes_at)) => t.text("times-closed").with("at", at(closes_at)),
        (_, Some(closes_at)) => t.text("times-closes").with("at", at(closes_at)),
    };
    format!("{opening}, {closing}")
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
