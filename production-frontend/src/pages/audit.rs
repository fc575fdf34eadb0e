//! The audit: who did what, when.

mod words;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::tz::TimeZone;
use voting_commons::adapters::texts::Texts;

use self::words::{ACTIONS, action, details, who};
use super::{page, spreadsheet, text};
use crate::app::{App, Zone};
use crate::audit::api::{AuditQuery, PAGE_ENTRIES};
use crate::audit::{AuditPage, EntryView, store};
use crate::auth::Producer;
use crate::error::Error;

/// The most entries of a file.
const FILE_ENTRIES_MAX: i64 = 50_000;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/registro", get(show)).route("/registro.csv", get(csv))
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    audit: &'a AuditPage,
    query: &'a AuditQuery,
    zone: &'a Zone,
}

impl Audit<'_> {
    /// What selects the newest of these entries, in an address.
    fn newest(&self) -> Result<String, askama::Error> {
        self.selecting(String::new())
    }

    /// What selects those before the entry `before`.
    fn older(&self, before: &i64) -> Result<String, askama::Error> {
        self.selecting(before.to_string())
    }

    fn selecting(&self, before: String) -> Result<String, askama::Error> {
        let query = AuditQuery { before, limit: String::new(), ..self.query.clone() };
        serde_urlencoded::to_string(query).map_err(askama::Error::custom)
    }

    /// The time of day is to the second: what happens in a live programme is seconds apart.
    fn at(&self, entry: &EntryView) -> String {
        let at = entry.at.to_zoned(self.zone.tz.clone());
        format!("{} {}", self.t.language().day(&at), at.strftime("%H:%M:%S"))
    }
}

async fn show(
    t: Texts,
    producer: Producer,
    State(app): State<App>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let audit = store::list(&app.pool, &query.filter(&app.zone.tz)?, PAGE_ENTRIES).await?;
    let template = Audit { t, producer: Some(&producer), audit: &audit, query: &query, zone: &app.zone };
    Ok(page(StatusCode::OK, &template))
}

/// All that the filter selects. A file that silently lacks entries would be taken for the whole.
async fn csv(
    _: Producer,
    State(app): State<App>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let audit = store::list(&app.pool, &query.filter(&app.zone.tz)?, FILE_ENTRIES_MAX).await?;
    if audit.next.is_some() {
        return Err(Error::RangeTooLong);
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"registro.csv\"")),
    ];
    Ok((headers, csv_file(&audit.entries, &app.zone.tz)).into_response())
}

fn csv_file(entries: &[EntryView], tz: &TimeZone) -> String {
    let head = ["id", "at", "who", "kind", "action", "subject", "outcome", "detail"].map(str::to_owned).to_vec();
    let rows = entries.iter().map(|entry| {
        vec![
            entry.id.to_string(),
            spreadsheet::time(entry.at, tz),
            spreadsheet::text(&entry.who),
            entry.kind.clone(),
            spreadsheet::text(&entry.action),
            spreadsheet::text(&entry.subject),
            entry.outcome.clone(),
            spreadsheet::text(&entry.detail.to_string()),
        ]
    });
    spreadsheet::file(std::iter::once(head).chain(rows))
}
