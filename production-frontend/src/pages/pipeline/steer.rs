//! Having the registers stand still or go on: a page that says what follows from it, and the button.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use voting_commons::adapters::texts::{Text, Texts};

use super::super::page;
use crate::app::App;
use crate::auth::{Operator, Producer};
use crate::error::Error;
use crate::paredao::{self, Status};
use crate::pipeline::store;

/// Which partitions: one, or all of a topic.
#[derive(Deserialize)]
pub(super) struct Which {
    topic: String,
    partition: Option<i32>,
}

#[derive(Template)]
#[template(path = "steer.html")]
struct SteerPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    which: &'a Which,
    is_pause: bool,
    /// Records that wait to be counted; none while no register says.
    waiting: Option<i64>,
    /// The titles of the paredões that are open now.
    open: Vec<String>,
}

impl SteerPage<'_> {
    fn heading(&self) -> Text {
        match (self.is_pause, self.which.partition) {
            (true, None) => self.t.text("steer-pause-all"),
            (true, Some(partition)) => self.t.text("steer-pause-one").with("partition", partition),
            (false, None) => self.t.text("steer-resume-all"),
            (false, Some(partition)) => self.t.text("steer-resume-one").with("partition", partition),
        }
    }

    /// What follows from it.
    fn consequence(&self) -> Text {
        self.t.text(match (self.is_pause, self.which.partition) {
            (true, None) => "steer-pause-all-means",
            (true, Some(_)) => "steer-pause-one-means",
            (false, _) => "steer-resume-means",
        })
    }
}

pub(super) async fn ask_pause(
    producer: Operator,
    t: Texts,
    State(app): State<App>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Error> {
    ask(&producer, t, &app, which, true).await
}

pub(super) async fn ask_resume(
    producer: Operator,
    t: Texts,
    State(app): State<App>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Error> {
    ask(&producer, t, &app, which, false).await
}

async fn ask(
    Operator(producer): &Operator,
    t: Texts,
    app: &App,
    which: Result<Query<Which>, QueryRejection>,
    is_pause: bool,
) -> Result<Response, Error> {
    let Query(which) = which.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let pipeline = store::show(&app.pool).await?;
    let mut steered = pipeline.partitions.iter().filter(|partition| partition.topic == which.topic);
    let partitions: Vec<_> = match which.partition {
        Some(number) => steered.find(|partition| partition.partition == number).into_iter().collect(),
        None => steered.collect(),
    };
    if partitions.is_empty() {
        return Err(Error::PartitionUnknown);
    }
    let mut open = paredao::store::list(&app.pool).await?;
    open.retain(|paredao| paredao.status == Status::Open);
    let template = SteerPage {
        t,
        producer: Some(producer),
        which: &which,
        is_pause,
        waiting: partitions.iter().filter_map(|partition| partition.lag_records).reduce(|sum, lag| sum + lag),
        open: open.into_iter().map(|paredao| paredao.title).collect(),
    };
    Ok(page(StatusCode::OK, &template))
}

pub(super) async fn pause(
    producer: Operator,
    State(app): State<App>,
    form: Result<Form<Which>, FormRejection>,
) -> Result<Response, Error> {
    steer(&producer, &app, form, true).await
}

pub(super) async fn resume(
    producer: Operator,
    State(app): State<App>,
    form: Result<Form<Which>, FormRejection>,
) -> Result<Response, Error> {
    steer(&producer, &app, form, false).await
}

async fn steer(
    Operator(producer): &Operator,
    app: &App,
    form: Result<Form<Which>, FormRejection>,
    pause: bool,
) -> Result<Response, Error> {
    let Form(Which { topic, partition }) = form.map_err(Error::refused_form)?;
    store::steer(&app.pool, &topic, partition, pause, producer).await?;
    Ok(Redirect::to("/contagem").into_response())
}
