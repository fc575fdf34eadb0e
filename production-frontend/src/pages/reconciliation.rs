//! Whether the votes that frontends sent, the topic and the tables agree.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use voting_commons::adapters::texts::{Text, Texts};

use super::{minute, page, text};
use crate::app::{App, Zone};
use crate::auth::Producer;
use crate::error::Error;
use crate::reconciliation::{FindingView, ReconciliationView, State as Reconciled, store};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/conferencia", get(show))
}

#[derive(Template)]
#[template(path = "reconciliation_page.html")]
struct ReconciliationPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    reconciliation: &'a ReconciliationView,
    zone: &'a Zone,
}

/// What was found, in words for people.
pub(super) fn finding(t: &Texts, finding: &FindingView) -> Text {
    t.text(match finding.kind.as_str() {
        "lost" => "finding-lost",
        "unaccounted" => "finding-unaccounted",
        "counted" => "finding-counted",
        "duplicate" => "finding-duplicate",
        "untimely" => "finding-untimely",
        "undecodable" => "finding-undecodable",
        "dead_letters" => "finding-dead-letters",
        "buckets" => "finding-buckets",
        "minute" => "finding-minute",
        "log_shorter" => "finding-log-shorter",
        "frontend_unknown" => "finding-frontend-unknown",
        _ => "finding-other",
    })
}

async fn show(t: Texts, producer: Producer, State(app): State<App>) -> Result<Response, Error> {
    let reconciliation = store::show(&app.pool).await?;
    let template =
        ReconciliationPage { t, producer: Some(&producer), reconciliation: &reconciliation, zone: &app.zone };
    Ok(page(StatusCode::OK, &template))
}
