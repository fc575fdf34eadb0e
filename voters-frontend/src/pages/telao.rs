//! The big screen: for the studio's wall, or laid over the programme's picture.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use voting_commons::adapters::texts::Texts;

use super::templates::{Results, respond};
use super::voting::refuse;
use crate::api::views::ParedaoView;
use crate::app::App;
use crate::language::Place;
use crate::segment::Segment;

#[derive(Deserialize)]
pub(super) struct Look {
    /// `transparente`: only what is to be read has a ground.
    fundo: Option<String>,
}

#[derive(Template)]
#[template(path = "telao.html")]
struct TelaoPage<'a> {
    t: Texts,
    assets: &'a str,
    paredao: ParedaoView,
    results: Results,
    is_transparent: bool,
}

impl TelaoPage<'_> {
    /// The message of where the paredão stands.
    fn standing(&self) -> String {
        format!("standing-{}", self.paredao.status)
    }
}

/// Shows what somebody who hasn't voted is shown: everybody looks at this screen.
pub(super) async fn show(
    place: Place,
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
    look: Result<Query<Look>, QueryRejection>,
) -> Response {
    let is_transparent = look.is_ok_and(|Query(look)| look.fundo.as_deref() == Some("transparente"));
    match app.paredao(&slug) {
        Ok(paredao) => {
            let results = Results::of(&app, &paredao, &CookieJar::new());
            let paredao = ParedaoView::new(&paredao, app.clock.now());
            respond(StatusCode::OK, &TelaoPage { t: place.t, assets: &app.assets, paredao, results, is_transparent })
        }
        Err(problem) => refuse(&app, &place, problem, "/", None),
    }
}
