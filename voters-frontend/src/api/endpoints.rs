//! The API's endpoints.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;

use super::body::Body;
use super::views::{
    BallotRequest, BallotView, PanoramaView, ParedaoView, ProblemView, ReceiptView, StateView, VoteRequest,
    panorama_json,
};
use crate::app::{self, App};
use crate::live;
use crate::problem::{Error, Problem};
use crate::segment::Segment;

/// What one visitor is shown isn't another's.
const OWN: (&str, &str) = ("cache-control", "private, no-cache");

/// The paredões: open, scheduled and lately closed
#[utoipa::path(get, path = "/api/v1/paredoes", responses((status = 200, body = Vec<ParedaoView>)))]
pub(super) async fn list_paredoes(State(app): State<Arc<App>>) -> Result<Json<Vec<ParedaoView>>, Problem> {
    Ok(Json(ParedaoView::list(&*app.snapshot()?, app.clock.now())))
}

/// Ask for a ballot
#[utoipa::path(
    post,
    path = "/api/v1/ballots",
    request_body = BallotRequest,
    responses(
        (status = 201, body = BallotView),
        (status = 404, description = "No such paredão", body = ProblemView, content_type = "application/problem+json"),
        (status = 409, description = "It isn't open", body = ProblemView, content_type = "application/problem+json"),
        (status = 422, description = "The participant isn't in it", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Try again after Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn issue_ballot(
    State(app): State<Arc<App>>,
    body: Result<Body<BallotRequest>, Error>,
) -> Result<(StatusCode, Json<BallotView>), Error> {
    let Body(request) = body.inspect_err(|error| app::ballot_refused(error.problem))?;
    let issued = app.issue(&request.paredao, request.participant)?;
    Ok((StatusCode::CREATED, Json(issued.into())))
}

/// Cast a ballot
///
/// May be repeated with the same ballot: it counts once, and gets the same receipt. Where percentages are for those who
/// have voted, a cookie shows that its browser has.
#[utoipa::path(
    post,
    path = "/api/v1/votes",
    request_body = VoteRequest,
    responses(
        (status = 202, description = "The vote is stored and will be counted", body = ReceiptView),
        (status = 403, description = "The captcha wasn't passed", body = ProblemView, content_type = "application/problem+json"),
        (status = 409, description = "The captcha's answer was used already, or voting has ended", body = ProblemView, content_type = "application/problem+json"),
        (status = 410, description = "The ballot has expired", body = ProblemView, content_type = "application/problem+json"),
        (status = 422, description = "The ballot wasn't issued here", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Cast the same ballot again after Retry-After, with `pass` as the captcha", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn cast_vote(
    State(app): State<Arc<App>>,
    cookies: CookieJar,
    body: Result<Body<VoteRequest>, Error>,
) -> Result<(StatusCode, CookieJar, Json<ReceiptView>), Error> {
    let Body(request) = body.inspect_err(|error| app::vote_refused(error.problem))?;
    let receipt = app.cast(&request.ballot, &request.captcha).await?;
    Ok((StatusCode::ACCEPTED, app.with_voted(cookies, &receipt), Json(receipt.into())))
}

/// Where a paredão stands, and by which clock
#[utoipa::path(
    get,
    path = "/api/v1/paredoes/{slug}/state",
    params(("slug" = String, Path, description = "The paredão's name in addresses")),
    responses(
        (status = 200, body = StateView),
        (status = 404, description = "No such paredão", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_state(
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
    cookies: CookieJar,
) -> Result<impl IntoResponse, Problem> {
    let paredao = app.paredao(&slug)?;
    let state = StateView::new(&paredao, app.clock.now(), app.why_hidden(&paredao, &cookies));
    Ok(([OWN], Json(state)))
}

/// How a paredão stands
#[utoipa::path(
    get,
    path = "/api/v1/paredoes/{slug}/panorama",
    params(("slug" = String, Path, description = "The paredão's name in addresses")),
    responses(
        (status = 200, body = PanoramaView),
        (status = 403, description = "This visitor isn't shown the percentages now", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "No such paredão", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_panorama(
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
    cookies: CookieJar,
) -> Result<impl IntoResponse, Problem> {
    let paredao = app.paredao(&slug)?;
    if app.why_hidden(&paredao, &cookies).is_some() {
        return Err(Problem::ResultsHidden);
    }
    Ok(([OWN, ("content-type", "application/json")], panorama_json(&paredao).to_owned()))
}

/// Follow a paredão
///
/// Server-sent events. `state` says where it stands, at once, whenever that changes and every 15 seconds; `panorama` says
/// how it stands, at once and whenever that changes, while this visitor is shown percentages: its id is the revision.
#[utoipa::path(
    get,
    path = "/api/v1/paredoes/{slug}/live",
    params(("slug" = String, Path, description = "The paredão's name in addresses")),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = 404, description = "No such paredão", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "No room for one more: ask for `state` and `panorama` now and then instead", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn follow(
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
    cookies: CookieJar,
) -> Result<Response, Problem> {
    live::follow(Arc::clone(&app), &slug, |paredao| app.has_voted(paredao, &cookies))
}

/// Follow a paredão as somebody who hasn't voted
///
/// The same events, for screens that others look at: they show nothing more because somebody voted beside them.
#[utoipa::path(
    get,
    path = "/api/v1/paredoes/{slug}/live/public",
    params(("slug" = String, Path, description = "The paredão's name in addresses")),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = 404, description = "No such paredão", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "No room for one more", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn follow_publicly(State(app): State<Arc<App>>, Segment(slug): Segment) -> Result<Response, Problem> {
    live::follow(app, &slug, |_| false)
}
