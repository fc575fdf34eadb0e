//! The API of dead letters: list, show, replay.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::AppendHeaders;
use jiff::Timestamp;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::replays::{self, Order, REPLAY_IDS_MAX};
use super::store::{self, Filter, Slice};
use super::{DeadLetterDetail, DeadLetterPage, ReplayView};
use crate::app::App;
use crate::auth::{Operator, Producer};
use crate::error::Error;

/// The most items of one page.
const PAGE_ITEMS_MAX: i64 = 1_000;
/// The items of a page where nothing else is asked for.
const PAGE_ITEMS: i64 = 100;
/// The longest name of a reason, in characters.
const REASON_CHARS_MAX: usize = 100;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(replay))
        .routes(routes!(show_replay))
        .routes(routes!(replay_tried))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only those parked for this reason
    reason: Option<String>,
    /// Only those of this partition
    partition: Option<i32>,
    /// Only those whose key names this paredão (its slug)
    paredao: Option<String>,
    /// Only those that the broker got at this time or later (RFC 3339)
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only those that it got before
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Only those that were replayed (true) or weren't (false)
    replayed: Option<bool>,
    /// Only good votes (true) or all but them (false)
    replayable: Option<bool>,
    /// The newest first
    #[serde(default)]
    newest_first: bool,
    /// Only those past this id: the `next` of the page before
    after: Option<i64>,
    /// How many at most; 100 without it
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Lists records that couldn't be counted, by id.
#[utoipa::path(
    get, path = "/api/v1/dead-letters", params(ListQuery),
    responses(
        (status = 200, description = "one page of them", body = DeadLetterPage),
        (status = 400, description = "a parameter is unknown or can't be read"),
    )
)]
async fn list(
    _: Producer,
    State(pool): State<PgPool>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<DeadLetterPage>, Error> {
    let Query(query) = query.map_err(|rejection| Error::QueryMalformed(rejection.body_text()))?;
    let limit = query.limit.unwrap_or(PAGE_ITEMS);
    if !(1..=PAGE_ITEMS_MAX).contains(&limit) {
        return Err(Error::QueryMalformed(format!("limit goes from 1 to {PAGE_ITEMS_MAX}")));
    }
    let ListQuery { reason, partition, paredao, from, to, replayed, replayable, newest_first, after, .. } = query;
    let filter = Filter { reason, partition, paredao, from, to, replayed, replayable };
    let slice = Slice { after, newest_first, items_max: limit };
    Ok(Json(store::list(&pool, &filter, slice).await?))
}

/// Shows a record that couldn't be counted, with what is kept of it.
#[utoipa::path(
    get, path = "/api/v1/dead-letters/{id}", params(("id" = i64, Path)),
    responses(
        (status = 200, description = "at most 64 KiB of the record", body = DeadLetterDetail),
        (status = 404, description = "no such dead letter"),
    )
)]
async fn show(
    _: Producer,
    State(pool): State<PgPool>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Json<DeadLetterDetail>, Error> {
    let Path(id) = id.map_err(|_| Error::NotFound)?;
    Ok(Json(store::find(&pool, id).await?))
}

/// Which dead letters: exactly one of `ids`, `reason` and `all`. The last two may be narrowed down.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayOrder {
    /// These, at most 1000
    ids: Option<Vec<i64>>,
    /// Those parked for this reason and not yet replayed
    reason: Option<String>,
    /// All good votes that weren't yet replayed
    #[serde(default)]
    all: bool,
    /// Of those only the ones of this partition; narrowed down, they must be at most 1000
    partition: Option<i32>,
    /// Of those only the ones whose key names this paredão (its slug)
    paredao: Option<String>,
    /// Of those only the ones that the broker got at this time or later (RFC 3339)
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Of those only the ones that it got before
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Only say what would happen
    #[serde(default = "yes")]
    #[schema(default = true)]
    dry_run: bool,
}

fn yes() -> bool {
    true
}

impl ReplayOrder {
    async fn check(self, pool: &PgPool) -> Result<Order, Error> {
        let Self { ids, reason, all, partition, paredao, from, to, dry_run } = self;
        let invalid = |what: String| Err(Error::ReplayInvalid(what));
        let filter = Filter { reason, partition, paredao, from, to, ..Filter::default() };
        match (ids, &filter.reason, all) {
            (Some(_), None, false) if filter != Filter::default() => invalid("ids can't be narrowed down".to_owned()),
            (Some(ids), None, false) if (1..=REPLAY_IDS_MAX).contains(&ids.len()) => {
                Ok(Order { ids: Some(ids), reason: None, dry_run })
            }
            (Some(_), None, false) => invalid(format!("ids takes 1 to {REPLAY_IDS_MAX} ids")),
            (None, Some(reason), false) if !(1..=REASON_CHARS_MAX).contains(&reason.chars().count()) => {
                invalid(format!("reason takes 1 to {REASON_CHARS_MAX} characters"))
            }
            (None, Some(_), false) | (None, None, true) => Order::of(pool, &filter, dry_run).await,
            _ => invalid("choose one of ids, reason and all".to_owned()),
        }
    }
}

/// Asks that good votes be counted, each once; unless `dry_run` is false, only says what would happen.
///
/// A register carries it out, for only registers read the log: see how far it is at the address in `Location`.
#[utoipa::path(
    post, path = "/api/v1/dead-letters/replay", request_body = ReplayOrder, security(("bearer" = ["operator"])),
    responses(
        (
            status = 202, description = "a register will take it", body = ReplayView,
            headers(("Location" = String, description = "where its outcomes will be")),
        ),
        (status = 400, description = "the body can't be read"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
        (status = 422, description = "it isn't clear what to replay, or narrowed down it is nothing or too much"),
    )
)]
async fn replay(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    order: Result<Json<ReplayOrder>, JsonRejection>,
) -> Result<Requested, Error> {
    let Json(order) = order.map_err(Error::refused_json)?;
    let order = order.check(&pool).await?;
    Ok(requested(replays::request(&pool, &order, &producer).await?))
}

/// That a replay was asked for, and where its outcomes will be.
type Requested = (StatusCode, AppendHeaders<[(header::HeaderName, String); 1]>, Json<ReplayView>);

fn requested(view: ReplayView) -> Requested {
    let location = format!("/api/v1/dead-letters/replays/{}", view.id);
    (StatusCode::ACCEPTED, AppendHeaders([(header::LOCATION, location)]), Json(view))
}

/// Asks that those votes be counted of which a dry run said that they would be.
///
/// Where it said so of more than 1000, all are taken that can be counted now and that it was about.
#[utoipa::path(
    post, path = "/api/v1/dead-letters/replays/{id}/execute", params(("id" = i64, Path)), security(("bearer" = ["operator"])),
    responses(
        (
            status = 202, description = "a register will take it", body = ReplayView,
            headers(("Location" = String, description = "where its outcomes will be")),
        ),
        (status = 404, description = "no such replay"),
        (status = 409, description = "it isn't a dry run, or isn't done yet"),
        (status = 422, description = "none would be counted"),
    )
)]
async fn replay_tried(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Requested, Error> {
    let Path(id) = id.map_err(|_| Error::NotFound)?;
    Ok(requested(replays::request_tried(&pool, id, &producer).await?))
}

/// Shows a replay and what became of each dead letter.
#[utoipa::path(
    get, path = "/api/v1/dead-letters/replays/{id}", params(("id" = i64, Path)),
    responses(
        (status = 200, description = "all of one snapshot of the database", body = ReplayView),
        (status = 404, description = "no such replay"),
    )
)]
async fn show_replay(
    _: Producer,
    State(pool): State<PgPool>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Json<ReplayView>, Error> {
    let Path(id) = id.map_err(|_| Error::NotFound)?;
    Ok(Json(replays::find(&pool, id).await?))
}
