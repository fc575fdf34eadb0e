//! The table as a file: CSV for spreadsheets, JSON for programs. Both are for machines: whatever the language of the page, columns
//! and members keep their names, numbers have no separators, and times carry their offset. Only a row's `label` in JSON is for
//! people.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use voting_commons::adapters::texts::Texts;

use super::query::TableQuery;
use super::table::{self, TableRow, TableView};
use crate::app::App;
use crate::auth::Producer;
use crate::error::Error;
use crate::pages::spreadsheet::{self, text, time};
use crate::paredao::store;
use crate::snapshot;

/// The most rows of a file.
const ROWS_MAX: usize = 50_000;

pub(super) async fn csv(
    t: Texts,
    _: Producer,
    State(app): State<App>,
    Path(slug): Path<String>,
    query: Result<Query<TableQuery>, QueryRejection>,
) -> Result<Response, Error> {
    let table = read(t, &app, &slug, query).await?;
    let content_type = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    let file = csv_file(&table, &app.zone.tz);
    Ok(([(header::CONTENT_TYPE, content_type), disposition(&table, "csv", &app.zone.tz)?], file).into_response())
}

pub(super) async fn json(
    t: Texts,
    _: Producer,
    State(app): State<App>,
    Path(slug): Path<String>,
    query: Result<Query<TableQuery>, QueryRejection>,
) -> Result<Response, Error> {
    let table = read(t, &app, &slug, query).await?;
    Ok(([disposition(&table, "json", &app.zone.tz)?], Json(table)).into_response())
}

/// The whole table. A file that silently lacks rows would be taken for the whole.
async fn read(
    t: Texts,
    app: &App,
    slug: &str,
    query: Result<Query<TableQuery>, QueryRejection>,
) -> Result<TableView, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let shown = query.read(&app.zone.tz)?;
    let mut snapshot = snapshot::begin(&app.pool).await?;
    let paredao = store::find(&mut *snapshot, slug).await?;
    let table = table::read(&mut snapshot, &paredao, &shown, ROWS_MAX, &app.zone, t).await?;
    snapshot.commit().await?;
    if table.are_all { Ok(table) } else { Err(Error::RangeTooLong) }
}

/// A name for the file that says what is in it and when it was read.
fn disposition(table: &TableView, extension: &str, tz: &TimeZone) -> Result<(header::HeaderName, HeaderValue), Error> {
    let read = table.as_of.to_zoned(tz.clone()).strftime("%Y%m%d-%H%M%S").to_string();
    let name = format!("{}-{}-{read}.{extension}", table.slug, table.granularity.name());
    let value = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).map_err(anyhow::Error::from)?;
    Ok((header::CONTENT_DISPOSITION, value))
}

fn csv_file(table: &TableView, tz: &TimeZone) -> String {
    let mut head = vec!["inicio".to_owned(), "fim".to_owned(), "granularidade".to_owned()];
    head.extend(table.participants.iter().map(|participant| text(&participant.name)));
    head.push("total".to_owned());
    head.extend(table.with.as_ref().map(|with| text(&format!("total de {}", with.title))));
    let fields = |row: &TableRow| {
        let mut fields = vec![time(row.row.start, tz), time(row.row.end, tz), row.row.grain.name().to_owned()];
        fields.extend(row.row.votes.iter().map(i64::to_string));
        fields.push(row.row.total.to_string());
        if table.with.is_some() {
            fields.push(row.with_votes.map(|votes| votes.to_string()).unwrap_or_default());
        }
        fields
    };
    spreadsheet::file(std::iter::once(head).chain(table.rows.iter().map(fields)))
}
