//! The API's endpoints.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::body::Body;
use super::views::{BallotRequest, BallotView, PanoramaView, ParedaoView, ProblemView, ReceiptView, VoteRequest};
use crate::app::{self, App};
use crate::problem::{Error, Problem};
use crate::segment::Segment;

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
/// May be repeated with the same ballot: it counts once, and gets the same receipt.
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
    body: Result<Body<VoteRequest>, Error>,
) -> Result<(StatusCode, Json<ReceiptView>), Error> {
    let Body(request) = body.inspect_err(|error| app::vote_refused(error.problem))?;
    let receipt = app.cast(&request.ballot, &request.captcha).await?;
    Ok((StatusCode::ACCEPTED, Json(receipt.into())))
}

/// How a paredão stands
#[utoipa::path(
    get,
    path = "/api/v1/paredoes/{slug}/panorama",
    params(("slug" = String, Path, description = "The paredão's name in addresses")),
    responses(
        (status = 200, body = PanoramaView),
        (status = 404, description = "No such paredão", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_panorama(
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
) -> Result<Json<PanoramaView>, Problem> {
    Ok(Json(PanoramaView::from(&*app.paredao(&slug)?)))
}
