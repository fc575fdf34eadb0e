//! One paredão: how it stands, its votes by time as chart and table, and the buttons that open and close it.

mod export;
mod query;
mod table;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use voting_commons::adapters::texts::{Text, Texts};

use self::query::{Shown, TableQuery};
use self::table::TableView;
use super::reconciliation::finding;
use super::state::StatePart;
use super::{minute, page, text};
use crate::app::{App, Zone};
use crate::auth::{Operator, Producer};
use crate::error::Error;
use crate::paredao::{ParedaoView, Status, store};
use crate::reconciliation::{self, ReconciliationView, State as Reconciled};
use crate::standing::{StandingView, store as standing_store};
use crate::totals::Grain;
use crate::{finality, live, publication, snapshot};

/// The newest rows of the table that the page shows; its exports hold all.
const ROWS_SHOWN_MAX: usize = 500;
/// Ranges that a link leads to, in hours before now.
const RECENT_HOURS: [i64; 3] = [1, 6, 24];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/paredoes/{slug}", get(show))
        .route("/paredoes/{slug}/totals.csv", get(export::csv))
        .route("/paredoes/{slug}/totals.json", get(export::json))
        .route("/paredoes/{slug}/abrir", post(open))
        .route("/paredoes/{slug}/encerrar", post(close))
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    paredao: &'a ParedaoView,
    /// The head: how far it is in its life.
    state: StatePart<'a>,
    standing: &'a StandingView,
    reconciliation: &'a ReconciliationView,
    table: &'a TableView,
    shown: &'a Shown,
    /// Those that it may be compared with.
    others: &'a [ParedaoView],
    zone: &'a Zone,
}

/// A link to the same page with another granularity or range.
struct Link {
    text: Text,
    query: String,
    is_current: bool,
}

impl DashboardPage<'_> {
    /// To each granularity.
    fn granularities(&self) -> Vec<Link> {
        let link = |granularity| Link {
            text: grain_text(&self.t, &granularity),
            query: Shown { granularity, ..self.shown.clone() }.query(),
            is_current: granularity == self.shown.granularity,
        };
        Grain::ALL.into_iter().map(link).collect()
    }

    /// To everything, and to the last hours up to now.
    fn ranges(&self) -> Vec<Link> {
        let link = |text, from: Option<Timestamp>| {
            let shown = Shown { from, to: None, ..self.shown.clone() };
            Link { text, query: shown.query(), is_current: shown == *self.shown }
        };
        let recent = RECENT_HOURS.into_iter().map(|hours| {
            let from = self.standing.as_of.checked_sub(SignedDuration::from_hours(hours)).ok();
            let from = from.map(|from| self.shown.granularity.start_of(from, &self.zone.tz));
            link(self.t.text("range-recent").with("hours", hours), from)
        });
        std::iter::once(link(self.t.text("range-all"), None)).chain(recent).collect()
    }

    /// Who has the most votes, in words.
    fn leader(&self) -> String {
        match &self.standing.leader {
            Some(leader) => leader.name.clone(),
            None if self.standing.total > 0 => self.t.text("dashboard-tie").to_string(),
            None => self.t.text("dashboard-nobody").to_string(),
        }
    }

    /// What the count waits for, in words.
    fn lag_note(&self) -> String {
        let lag = &self.standing.lag;
        let waiting = match lag.records {
            Some(records) => self.t.text("dashboard-queue").with("count", records),
            None => self.t.text("dashboard-no-register"),
        };
        match lag.uncounted {
            0 => waiting.to_string(),
            count => format!("{waiting} · {}", self.t.text("dashboard-uncounted").with("count", count)),
        }
    }

    /// What the script can't show by changing numbers: when it differs, it takes those parts of the page anew.
    fn state(&self) -> String {
        let StandingView { status, after_closing, lag, reconciliation, finality, is_proposed, .. } = self.standing;
        let state = (status, after_closing, lag.halted, reconciliation.state, finality, is_proposed);
        serde_json::to_string(&state).expect("names and numbers are JSON")
    }

    /// Whether it is compared with this one.
    fn is_with(&self, other: &ParedaoView) -> bool {
        self.shown.with.as_ref() == Some(&other.slug)
    }

    /// How many columns the table has.
    fn columns(&self) -> usize {
        self.table.participants.len() + 2 + usize::from(self.table.with.is_some())
    }

    /// Whether the table's newest rows are those that the stream tells of.
    fn is_live(&self) -> bool {
        let tail = live::tail_start(self.shown.granularity, self.standing.as_of, &self.zone.tz);
        self.shown.to.is_none() && self.shown.from.is_none_or(|from| from <= tail)
    }

    /// The coarsest grain of the table, where it is coarser than asked for.
    fn coarser(&self) -> Option<Grain> {
        let coarsest = self.table.rows.iter().map(|row| row.row.grain).max();
        coarsest.filter(|&grain| grain > self.shown.granularity)
    }

    /// The query of this page by another granularity.
    fn query_by(&self, granularity: &Grain) -> String {
        Shown { granularity: *granularity, ..self.shown.clone() }.query()
    }
}

/// A span in words.
fn grain_text(t: &Texts, grain: &Grain) -> Text {
    t.text(match grain {
        Grain::Minute => "grain-minute",
        Grain::FiveMinutes => "grain-5min",
        Grain::QuarterHour => "grain-15min",
        Grain::Hour => "grain-hour",
        Grain::Day => "grain-day",
    })
}

async fn show(
    t: Texts,
    producer: Producer,
    State(app): State<App>,
    Path(slug): Path<String>,
    query: Result<Query<TableQuery>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let shown = query.read(&app.zone.tz)?;
    let mut snapshot = snapshot::begin(&app.pool).await?;
    let paredao = store::find(&mut *snapshot, &slug).await?;
    let reconciliation = reconciliation::store::read(&mut snapshot).await?;
    let standing = standing_store::read(&mut snapshot, &paredao, &reconciliation).await?;
    let finality = finality::store::read(&mut snapshot, &paredao, &reconciliation).await?;
    let publication = publication::store::read(&mut snapshot, &paredao).await?;
    let table = table::read_newest(&mut snapshot, &paredao, &shown, ROWS_SHOWN_MAX, &app.zone, t).await?;
    snapshot.commit().await?;
    let mut others = store::list(&app.pool).await?;
    others.retain(|other| {
        other.slug != slug && matches!(other.status, Status::Open | Status::Closed | Status::Published)
    });
    let template = DashboardPage {
        t,
        producer: Some(&producer),
        paredao: &paredao.view,
        state: StatePart {
            t,
            producer: &producer,
            paredao: &paredao.view,
            finality: &finality,
            publication: &publication,
            zone: &app.zone,
        },
        standing: &standing,
        reconciliation: &reconciliation,
        table: &table,
        shown: &shown,
        others: &others,
        zone: &app.zone,
    };
    Ok(page(StatusCode::OK, &template))
}

async fn open(
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    store::open(&app.pool, &producer, &slug).await?;
    tracing::info!(slug, by = producer.name, "paredão opened");
    Ok(Redirect::to(&format!("/paredoes/{slug}")).into_response())
}

async fn close(
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Error> {
    store::close(&app.pool, &producer, &slug).await?;
    tracing::info!(slug, by = producer.name, "paredão closed");
    Ok(Redirect::to(&format!("/paredoes/{slug}")).into_response())
}
