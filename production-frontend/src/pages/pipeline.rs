//! The registers: who counts which partition, how far it is, and the buttons that have them stand still or go on.

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use voting_commons::adapters::texts::Texts;

use super::{page, text};
use crate::app::{App, Zone};
use crate::auth::{Operator, Producer};
use crate::error::Error;
use crate::pipeline::{PartitionState, PartitionView, PipelineView, store};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/contagem", get(show))
        .route("/contagem/pausar", post(pause))
        .route("/contagem/retomar", post(resume))
}

#[derive(Template)]
#[template(path = "pipeline.html")]
struct PipelinePage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    pipeline: &'a PipelineView,
    zone: &'a Zone,
}

impl PipelinePage<'_> {
    /// The partitions of each topic.
    fn topics(&self) -> impl Iterator<Item = &[PartitionView]> {
        self.pipeline.partitions.chunk_by(|a, b| a.topic == b.topic)
    }
}

/// What a partition does, in words.
fn state_name(partition: &PartitionView) -> &'static str {
    match partition.state {
        PartitionState::Halted => "parada",
        PartitionState::Paused => "pausada",
        _ if partition.paused => "pausando",
        PartitionState::Unowned => "sem registrador",
        PartitionState::Claiming => "assumindo",
        PartitionState::Rebuilding => "relendo",
        PartitionState::Counting => "contando",
    }
}

/// The badge's colour, by the class of a paredão's status.
fn state_class(partition: &PartitionView) -> &'static str {
    match partition.state {
        PartitionState::Halted | PartitionState::Unowned => "encerrado",
        PartitionState::Counting if !partition.paused => "aberto",
        _ => "agendado",
    }
}

async fn show(t: Texts, producer: Producer, State(app): State<App>) -> Result<Response, Error> {
    let pipeline = store::show(&app.pool).await?;
    Ok(page(StatusCode::OK, &PipelinePage { t, producer: Some(&producer), pipeline: &pipeline, zone: &app.zone }))
}

#[derive(Deserialize)]
struct SteerForm {
    topic: String,
    partition: Option<i32>,
}

async fn pause(
    Operator(producer): Operator,
    State(app): State<App>,
    form: Result<Form<SteerForm>, FormRejection>,
) -> Result<Response, Error> {
    steer(&producer, &app, form, true).await
}

async fn resume(
    Operator(producer): Operator,
    State(app): State<App>,
    form: Result<Form<SteerForm>, FormRejection>,
) -> Result<Response, Error> {
    steer(&producer, &app, form, false).await
}

async fn steer(
    producer: &Producer,
    app: &App,
    form: Result<Form<SteerForm>, FormRejection>,
    pause: bool,
) -> Result<Response, Error> {
    let Form(SteerForm { topic, partition }) = form.map_err(|error| Error::FormMalformed(error.body_text()))?;
    store::steer(&app.pool, &topic, partition, pause, producer).await?;
    Ok(Redirect::to("/contagem").into_response())
}
