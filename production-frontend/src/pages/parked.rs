//! Records that couldn't be counted: the list, each of them, and replaying the good votes among them.

mod query;
mod record;
mod replay;
pub(super) mod words;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use voting_commons::adapters::texts::Texts;

use self::query::ListQuery;
use super::{minute, page, text};
use crate::app::{App, Zone};
use crate::auth::Producer;
use crate::dead_letters::DeadLetterPage;
use crate::dead_letters::store::{self, Slice};
use crate::error::Error;
use crate::paredao::{ParedaoView, store as paredoes};

/// Records of one page of the list.
const PAGE_ITEMS: i64 = 50;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/separados", get(list))
        .route("/separados/simular", post(replay::try_out))
        .route("/separados/{id}", get(record::show))
        .route("/separados/reprocessamentos/{id}", get(replay::show))
        .route("/separados/reprocessamentos/{id}/contar", post(replay::execute))
}

#[derive(Template)]
#[template(path = "parked.html")]
struct ListPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    letters: &'a DeadLetterPage,
    /// Those that the list can be narrowed down to.
    paredoes: &'a [ParedaoView],
    query: &'a ListQuery,
    zone: &'a Zone,
}

impl ListPage<'_> {
    fn operates(&self) -> bool {
        self.producer.is_some_and(Producer::operates)
    }

    /// Of all reasons together.
    fn of_all_reasons(&self) -> i64 {
        self.letters.reasons.iter().map(|reason| reason.count).sum()
    }

    /// How many good votes the filter lets through; replayed ones are among them, which won't be counted again.
    fn votes(&self) -> i64 {
        let asked_for = |reason: &str| self.query.reason.is_empty() || self.query.reason == reason;
        let votes = self.letters.reasons.iter().filter(|count| count.replayable && asked_for(&count.reason));
        votes.map(|count| count.count).sum()
    }

    /// Whether it is narrowed down in any way.
    fn is_filtered(&self) -> bool {
        !self.query.first_page().is_empty()
    }
}

async fn list(
    producer: Producer,
    t: Texts,
    State(app): State<App>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let slice = Slice { after: query.after()?, newest_first: true, items_max: PAGE_ITEMS };
    let letters = store::list(&app.pool, &query.filter(&app.zone.tz)?, slice).await?;
    let paredoes = paredoes::list(&app.pool).await?;
    let template = ListPage {
        t,
        producer: Some(&producer),
        letters: &letters,
        paredoes: &paredoes,
        query: &query,
        zone: &app.zone,
    };
    Ok(page(StatusCode::OK, &template))
}
