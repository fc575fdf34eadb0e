//! A dry run or a replay: what would become of the records, the confirmation, and what became of them.

use askama::Template;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use voting_commons::adapters::texts::{Text, Texts};

use super::super::{minute, page};
use super::query::ListQuery;
use super::words;
use crate::app::{App, Zone};
use crate::auth::{Operator, Producer};
use crate::dead_letters::replays::{self, Order, REPLAY_IDS_MAX};
use crate::dead_letters::{ReplayState, ReplayView};
use crate::error::Error;

#[derive(Template)]
#[template(path = "parked_replay.html")]
struct ReplayPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    replay: &'a ReplayView,
    zone: &'a Zone,
}

impl ReplayPage<'_> {
    /// How many records had one of these outcomes.
    fn count(&self, outcomes: &[&str]) -> i64 {
        let counts = self.replay.counts.iter();
        counts.filter(|count| outcomes.contains(&count.outcome.as_str())).map(|count| count.count).sum()
    }

    /// How many would be counted, or were.
    fn counted(&self) -> i64 {
        self.count(&["would_replay", "replayed"])
    }

    /// How many count already, by themselves or by a copy.
    fn counted_before(&self) -> i64 {
        self.count(&["already_replayed", "counted", "ballot_replayed"])
    }

    /// How many there are.
    fn total(&self) -> i64 {
        self.replay.counts.iter().map(|count| count.count).sum()
    }

    /// How many aren't counted.
    fn left(&self) -> i64 {
        self.total() - self.counted() - self.counted_before()
    }

    /// How many of them are listed.
    fn listed(&self) -> i64 {
        i64::try_from(self.replay.outcomes.len()).expect("they are few")
    }

    /// Which records it is about.
    fn subject(&self) -> Text {
        let ReplayView { ids, reason, .. } = self.replay;
        match (ids, reason) {
            (Some(ids), _) => self.t.text("replay-of-ids").with("count", ids.len()),
            (None, Some(reason)) => self.t.text("replay-of-reason").with("reason", words::reason(&self.t, reason)),
            (None, None) => self.t.text("replay-of-all"),
        }
    }

    /// Whether it can be confirmed.
    fn may_be_confirmed(&self) -> bool {
        let may = self.producer.is_some_and(Producer::operates);
        may && self.replay.dry_run && self.replay.state == ReplayState::Done && self.counted() > 0
    }
}

pub(super) async fn show(
    producer: Producer,
    t: Texts,
    State(app): State<App>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Response, Error> {
    let Path(id) = id.map_err(|_| Error::NotFound)?;
    let replay = replays::find(&app.pool, id).await?;
    Ok(page(StatusCode::OK, &ReplayPage { t, producer: Some(&producer), replay: &replay, zone: &app.zone }))
}

/// What the list's form sends: `id` once per record that was ticked, or `all` where all that the filter lets through are meant.
struct Chosen {
    ids: Vec<i64>,
    all: bool,
}

impl Chosen {
    fn read(fields: &[(String, String)]) -> Result<Self, Error> {
        let mut chosen = Self { ids: Vec::new(), all: false };
        for (name, value) in fields {
            match (name.as_str(), value.parse()) {
                ("id", Ok(id)) => chosen.ids.push(id),
                ("all", _) => chosen.all = true,
                _ => return Err(Error::FormMalformed(format!("the field {name:?} isn't expected"))),
            }
        }
        Ok(chosen)
    }
}

/// Asks for a dry run, and leads to what it says.
pub(super) async fn try_out(
    Operator(producer): Operator,
    State(app): State<App>,
    query: Result<Query<ListQuery>, QueryRejection>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let Form(fields) = form.map_err(Error::refused_form)?;
    let Chosen { ids, all } = Chosen::read(&fields)?;
    let order = match (all, ids.len()) {
        (true, _) => Order::of(&app.pool, &query.filter(&app.zone.tz)?, true).await?,
        (false, 0) => return Err(Error::ReplayNoneChosen),
        (false, 1..=REPLAY_IDS_MAX) => Order { ids: Some(ids), reason: None, dry_run: true },
        (false, _) => return Err(Error::ReplayTooMany),
    };
    Ok(see(&replays::request(&app.pool, &order, &producer).await?))
}

/// Has those counted of which a dry run said that they would be.
pub(super) async fn execute(
    Operator(producer): Operator,
    State(app): State<App>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Response, Error> {
    let Path(id) = id.map_err(|_| Error::NotFound)?;
    Ok(see(&replays::request_tried(&app.pool, id, &producer).await?))
}

fn see(replay: &ReplayView) -> Response {
    Redirect::to(&format!("/separados/reprocessamentos/{}", replay.id)).into_response()
}
