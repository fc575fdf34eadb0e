//! One paredão: its totals, its votes per hour, and the buttons that open and close it.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::tz::TimeZone;

use super::paredoes::{status_name, times, visibility_of};
use super::{page, text};
use crate::app::{App, Zone};
use crate::auth::Producer;
use crate::error::Error;
use crate::paredao::{ParedaoView, Status, store};
use crate::pipeline;
use crate::reconciliation::{self, ReconciliationView, State as Reconciled};
use crate::totals::store::{Selection, totals};
use crate::totals::{Grain, SeriesItem, TotalsView};

/// The newest hours that the page shows.
const HOURS_SHOWN_MAX: usize = 48;
/// The chart's height, in its own units.
const CHART_HEIGHT: i64 = 120;
/// The width of an hour in the chart, in its own units.
const HOUR_WIDTH: usize = 14;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/paredoes/{slug}", get(show))
        .route("/paredoes/{slug}/abrir", post(open))
        .route("/paredoes/{slug}/encerrar", post(close))
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage<'a> {
    producer: Option<&'a str>,
    paredao: &'a ParedaoView,
    totals: &'a TotalsView,
    reconciliation: &'a ReconciliationView,
    /// Partitions that stand still until an operator decides.
    halted: i64,
    /// The oldest first.
    hours: Vec<Hour>,
    zone: &'a Zone,
}

/// A row of the table and a bar of the chart.
#[derive(Debug, PartialEq, Eq)]
struct Hour {
    label: String,
    /// In the participants' order.
    votes: Vec<i64>,
    total: i64,
}

/// A participant's part of a bar.
#[derive(Debug, PartialEq, Eq)]
struct Segment {
    participant: usize,
    x: usize,
    y: i64,
    height: i64,
}

impl DashboardPage<'_> {
    /// The bars, scaled so that the highest fills the chart.
    fn segments(&self) -> Vec<Segment> {
        let highest = self.hours.iter().map(|hour| hour.total).max().unwrap_or_default().max(1);
        let mut segments = Vec::new();
        for (index, hour) in self.hours.iter().enumerate() {
            let mut below = 0;
            for (participant, &votes) in hour.votes.iter().enumerate() {
                let bottom = below * CHART_HEIGHT / highest;
                below += votes;
                let top = below * CHART_HEIGHT / highest;
                let x = index * HOUR_WIDTH;
                segments.push(Segment { participant, x, y: CHART_HEIGHT - top, height: top - bottom });
            }
        }
        segments
    }

    fn chart_width(&self) -> usize {
        self.hours.len().max(12) * HOUR_WIDTH
    }
}

/// The newest hours of the series that have votes, the oldest first. Old ones may be whole days.
fn hours(totals: &TotalsView, tz: &TimeZone) -> Vec<Hour> {
    let spans: Vec<&[SeriesItem]> = totals.series.chunk_by(|a, b| (a.start, a.grain) == (b.start, b.grain)).collect();
    let newest = &spans[spans.len().saturating_sub(HOURS_SHOWN_MAX)..];
    let hour = |items: &&[SeriesItem]| {
        let start = items[0].start.to_zoned(tz.clone());
        let format = if items[0].grain == Grain::Day { "%d/%m (dia)" } else { "%d/%m %Hh" };
        let votes_of = |id| items.iter().filter(|item| item.participant == id).map(|item| item.votes).sum();
        let votes: Vec<i64> = totals.participants.iter().map(|participant| votes_of(participant.id)).collect();
        Hour { label: start.strftime(format).to_string(), total: votes.iter().sum(), votes }
    };
    newest.iter().map(hour).collect()
}

async fn show(producer: Producer, State(app): State<App>, Path(slug): Path<String>) -> Result<Response, Error> {
    let (paredao, totals) = totals(&app, &slug, Selection::default()).await?;
    let template = DashboardPage {
        producer: Some(&producer.name),
        paredao: &paredao.view,
        totals: &totals,
        reconciliation: &reconciliation::store::show(&app.pool).await?,
        halted: pipeline::store::lag(&app.pool).await?.halted,
        hours: hours(&totals, &app.zone.tz),
        zone: &app.zone,
    };
    Ok(page(StatusCode::OK, &template))
}

async fn open(producer: Producer, State(app): State<App>, Path(slug): Path<String>) -> Result<Response, Error> {
    store::open(&app.pool, &slug).await?;
    tracing::info!(slug, by = producer.name, "paredão opened");
    Ok(Redirect::to(&format!("/paredoes/{slug}")).into_response())
}

async fn close(producer: Producer, State(app): State<App>, Path(slug): Path<String>) -> Result<Response, Error> {
    store::close(&app.pool, &slug).await?;
    tracing::info!(slug, by = producer.name, "paredão closed");
    Ok(Redirect::to(&format!("/paredoes/{slug}")).into_response())
}
