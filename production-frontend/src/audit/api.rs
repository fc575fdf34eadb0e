//! The API of the audit.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AuditPage, Filter, store};
use crate::app::App;
use crate::auth::Producer;
use crate::error::Error;

/// The most entries of one answer.
pub(crate) const PAGE_ENTRIES_MAX: i64 = 1_000;
/// The entries of an answer where nothing else is asked for.
pub(crate) const PAGE_ENTRIES: i64 = 100;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What an address says of the entries wanted; what a form's field left empty isn't asked for.
#[derive(Debug, Clone, Default, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// Only what this user or token did
    pub(crate) who: String,
    /// Only this action
    pub(crate) action: String,
    /// Only what was done to this: a paredão's slug, a user's name, `votes/3`
    pub(crate) subject: String,
    /// From this day on, as 2026-11-21, in the zone of civil days
    pub(crate) from: String,
    /// Up to and with this day
    pub(crate) to: String,
    /// Only entries before this one: the `next` of the page before
    #[param(value_type = Option<i64>)]
    pub(crate) before: String,
    /// How many at most; 100 without it
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000)]
    pub(crate) limit: String,
}

impl AuditQuery {
    /// Reads it; days are of `tz`.
    pub(crate) fn filter(&self, tz: &TimeZone) -> Result<Filter, Error> {
        let (from, to) = (day("from", &self.from)?, day("to", &self.to)?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(Error::RangeBackwards);
        }
        Ok(Filter {
            who: word("who", &self.who)?,
            action: word("action", &self.action)?,
            subject: word("subject", &self.subject)?,
            from: from.map(|day| start(day, tz)).transpose()?,
            to: to.map(|day| start(day.tomorrow().map_err(out_of_range)?, tz)).transpose()?,
            before: number("before", &self.before)?,
        })
    }

    fn limit(&self) -> Result<i64, Error> {
        let limit = number("limit", &self.limit)?.unwrap_or(PAGE_ENTRIES);
        if (1..=PAGE_ENTRIES_MAX).contains(&limit) {
            Ok(limit)
        } else {
            Err(Error::QueryMalformed(format!("limit goes from 1 to {PAGE_ENTRIES_MAX}")))
        }
    }
}

fn day(name: &str, text: &str) -> Result<Option<Date>, Error> {
    read(text).map_err(|_| Error::QueryMalformed(format!("`{name}` is no day, as 2026-11-21 is one")))
}

fn start(day: Date, tz: &TimeZone) -> Result<Timestamp, Error> {
    Ok(day.to_zoned(tz.clone()).map_err(out_of_range)?.timestamp())
}

fn out_of_range(error: jiff::Error) -> Error {
    Error::QueryMalformed(error.to_string())
}

/// Postgres's text holds no NUL, so nothing is called that.
fn word(name: &str, text: &str) -> Result<Option<String>, Error> {
    if text.contains('\0') {
        return Err(Error::QueryMalformed(format!("`{name}` has a NUL")));
    }
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn number(name: &str, text: &str) -> Result<Option<i64>, Error> {
    read(text).map_err(|_| Error::QueryMalformed(format!("`{name}` is no number")))
}

fn read<T: std::str::FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

/// Lists what was done, the newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", params(AuditQuery),
    responses(
        (status = 200, description = "one page of it", body = AuditPage),
        (status = 400, description = "a parameter is unknown or can't be read"),
        (status = 422, description = "the range ends before it begins"),
    )
)]
async fn list(
    _: Producer,
    State(app): State<App>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Json<AuditPage>, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    Ok(Json(store::list(&app.pool, &query.filter(&app.zone.tz)?, query.limit()?).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(from: &str, to: &str) -> Result<Filter, Error> {
        let query = AuditQuery { from: from.to_owned(), to: to.to_owned(), ..AuditQuery::default() };
        query.filter(&TimeZone::get("America/Sao_Paulo").unwrap())
    }

    #[test]
    fn days_are_whole_days_of_the_zone() {
        let day = filter("2026-11-21", "2026-11-21").unwrap();
        assert_eq!(day.from.unwrap().to_string(), "2026-11-21T03:00:00Z");
        assert_eq!(day.to.unwrap().to_string(), "2026-11-22T03:00:00Z");
        assert_eq!(filter("", " ").unwrap(), Filter::default());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (from, to) in [("ontem", ""), ("", "2026-02-30"), ("", "9999-12-31")] {
            assert!(matches!(filter(from, to), Err(Error::QueryMalformed(_))), "{from} {to}");
        }
        assert!(matches!(filter("2026-11-22", "2026-11-21"), Err(Error::RangeBackwards)));
        for limit in ["0", "1001", "many"] {
            let query = AuditQuery { limit: limit.to_owned(), ..AuditQuery::default() };
            assert!(matches!(query.limit(), Err(Error::QueryMalformed(_))), "{limit}");
        }
    }
}
