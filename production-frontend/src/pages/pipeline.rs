//! The count: who counts which partition, how far it is, what stands still and what to do about it.

mod steer;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use voting_commons::adapters::texts::{Text, Texts};

use super::{minute, page, text};
use crate::app::{App, Zone};
use crate::auth::Producer;
use crate::error::Error;
use crate::pipeline::{PartitionState, PartitionView, PipelineView, store};
use crate::reconciliation::State as Reconciled;

/// Cached totals that are older, in milliseconds, are said to stand still: the aggregator reads every second.
const AGGREGATED_MILLIS_MAX: i64 = 15_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/contagem", get(show))
        .route("/contagem/pausar", get(steer::ask_pause).post(steer::pause))
        .route("/contagem/retomar", get(steer::ask_resume).post(steer::resume))
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

    fn operates(&self) -> bool {
        self.producer.is_some_and(Producer::operates)
    }

    /// Whether any of these stands still by somebody's wish.
    fn is_any_paused(&self, partitions: &[PartitionView]) -> bool {
        partitions.iter().any(|partition| partition.paused)
    }

    /// Votes of the last whole minute, all registers together.
    fn minute_votes(&self) -> i64 {
        self.pipeline.partitions.iter().map(|partition| partition.minute_votes).sum()
    }

    /// How long ago that was, in words.
    fn ago(&self, at: &Timestamp) -> Text {
        text::ago(self.t, self.pipeline.as_of.as_millisecond() - at.as_millisecond())
    }

    /// Whether cached totals, and so what voters are shown, stand still.
    fn is_aggregator_silent(&self) -> bool {
        let age = |at: Timestamp| self.pipeline.as_of.as_millisecond() - at.as_millisecond();
        self.pipeline.aggregated_at.is_none_or(|at| age(at) > AGGREGATED_MILLIS_MAX)
    }

    /// What the script can't show by changing numbers: when it differs, it takes the page's parts anew.
    fn state(&self) -> String {
        let PipelineView { nodes, partitions, reconciliation, .. } = self.pipeline;
        let partitions: Vec<_> = partitions
            .iter()
            .map(|p| (&p.topic, p.partition, &p.owner, p.state, &p.paused_at, &p.halt_reason, &p.last_error))
            .collect();
        let nodes: Vec<_> = nodes.iter().map(|node| (&node.node, &node.since)).collect();
        let state = (nodes, partitions, reconciliation.state, self.is_aggregator_silent());
        serde_json::to_string(&state).expect("names and numbers are JSON")
    }
}

/// What a partition does, in words.
fn state_name(t: &Texts, partition: &PartitionView) -> Text {
    t.text(match partition.state {
        PartitionState::Halted => "partition-halted",
        PartitionState::Paused => "partition-paused",
        _ if partition.paused => "partition-pausing",
        PartitionState::Unowned => "partition-unowned",
        PartitionState::Claiming => "partition-claiming",
        PartitionState::Rebuilding => "partition-rebuilding",
        PartitionState::Counting => "partition-counting",
    })
}

/// The badge's colour, by the class of a paredão's status.
fn state_class(partition: &PartitionView) -> &'static str {
    match partition.state {
        PartitionState::Halted | PartitionState::Unowned => "encerrado",
        PartitionState::Counting if !partition.paused => "aberto",
        _ => "agendado",
    }
}

/// What happened to a partition that halted, in words: what is known of it by the reason's stable name.
fn halt(t: &Texts, code: &str) -> Text {
    t.text(match code {
        "log_trimmed" => "halt-log-trimmed",
        "log_shorter" | "fingerprint_mismatch" => "halt-other-log",
        "window_trimmed" => "halt-window-trimmed",
        "gap" => "halt-gap",
        "log_clock_leap" => "halt-clock",
        "not_log_append_time" => "halt-not-append-time",
        "ballot_set_full" => "halt-ballots",
        _ => "halt-store",
    })
}

/// What to do about it.
fn remedy(t: &Texts, code: &str) -> Text {
    t.text(match code {
        "log_trimmed" | "gap" => "halt-skip-do",
        "window_trimmed" => "halt-window-trimmed-do",
        "log_shorter" | "fingerprint_mismatch" => "halt-other-log-do",
        "log_clock_leap" => "halt-clock-do",
        "not_log_append_time" => "halt-not-append-time-do",
        "ballot_set_full" => "halt-ballots-do",
        _ => "halt-store-do",
    })
}

async fn show(t: Texts, producer: Producer, State(app): State<App>) -> Result<Response, Error> {
    let pipeline = store::show(&app.pool).await?;
    let template = PipelinePage { t, producer: Some(&producer), pipeline: &pipeline, zone: &app.zone };
    Ok(page(StatusCode::OK, &template))
}
