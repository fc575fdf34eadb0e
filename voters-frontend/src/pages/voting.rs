//! Voting by forms: choose, solve, cast, read the receipt. Works without JavaScript when the captcha is off.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use voting_commons::{Language, ParticipantId};

use super::share::Share;
use super::templates::{
    BallotPage, ExplanationPage, Frame, ListPage, ParedaoPage, ProblemPage, ReceiptPage, Results, Retry, respond,
};
use crate::api::body::unreadable;
use crate::api::views::{BallotView, ParedaoView, ReceiptView};
use crate::app::{self, App, IssuedBallot, Receipt};
use crate::ballot::Ballot;
use crate::language::{Place, address};
use crate::problem::{Error, Problem, with_retry_after};
use crate::seal::Purpose;
use crate::segment::Segment;

#[derive(Deserialize)]
pub(super) struct Choice {
    participant: ParticipantId,
}

#[derive(Deserialize)]
pub(super) struct Cast {
    ballot: String,
    #[serde(default)]
    captcha: String,
    /// What hCaptcha's widget calls its answer.
    #[serde(default, rename = "h-captcha-response")]
    hcaptcha: String,
}

pub(super) async fn list(place: Place, State(app): State<Arc<App>>) -> Response {
    match app.snapshot() {
        Ok(snapshot) => {
            let paredoes = ParedaoView::list(&snapshot, app.clock.now());
            respond(StatusCode::OK, &ListPage { t: place.t, frame: Frame::new(&app, &place), paredoes })
        }
        Err(problem) => refuse(&app, &place, problem, "/", None),
    }
}

pub(super) async fn show(
    place: Place,
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
    cookies: CookieJar,
) -> Response {
    match app.paredao(&slug) {
        Ok(paredao) => {
            let results = Results::of(&app, &paredao, &cookies);
            let share = Share::of(&app, &place, &paredao);
            let paredao = ParedaoView::new(&paredao, app.clock.now());
            let frame = Frame::new(&app, &place);
            respond(StatusCode::OK, &ParedaoPage { t: place.t, frame, paredao, results, share })
        }
        Err(problem) => refuse(&app, &place, problem, "/", None),
    }
}

pub(super) async fn issue(
    place: Place,
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
    form: Result<Form<Choice>, FormRejection>,
) -> Response {
    let back = format!("/paredoes/{slug}");
    let issued = match form {
        Ok(Form(choice)) => app.issue(&slug, choice.participant),
        Err(rejection) => Err(unreadable(rejection.status())).inspect_err(|&problem| app::ballot_refused(problem)),
    };
    match issued {
        Ok(issued) => show_ballot(&app, &place, StatusCode::CREATED, issued, None),
        Err(problem) => refuse(&app, &place, problem, &back, None),
    }
}

pub(super) async fn cast(
    place: Place,
    State(app): State<Arc<App>>,
    Segment(slug): Segment,
    cookies: CookieJar,
    form: Result<Form<Cast>, FormRejection>,
) -> Response {
    let back = format!("/paredoes/{slug}");
    let Form(form) = match form {
        Ok(form) => form,
        Err(rejection) => {
            let problem = unreadable(rejection.status());
            app::vote_refused(problem);
            return refuse(&app, &place, problem, &back, None);
        }
    };
    let answer = if form.captcha.is_empty() { &form.hcaptcha } else { &form.captcha };
    match app.cast(&form.ballot, answer).await {
        Ok(receipt) => {
            let cookies = app.with_voted(cookies, &receipt);
            let page = show_receipt(&app, &place, &cookies, receipt);
            (cookies, page).into_response()
        }
        Err(Error { problem: problem @ (Problem::CaptchaFailed | Problem::CaptchaAlreadySeen), .. }) => {
            show_ballot_again(&app, &place, form.ballot, problem)
        }
        Err(Error { problem, pass, .. }) => {
            let captcha = pass.as_deref().unwrap_or(answer);
            let retry = problem.is_passing().then_some(Retry { slug: &slug, ballot: &form.ballot, captcha });
            refuse(&app, &place, problem, &back, retry)
        }
    }
}

/// A ballot and a receipt are answers to a form: whoever comes to their address without one begins again.
pub(super) async fn begin_again(place: Place, Segment(slug): Segment) -> Redirect {
    Redirect::to(&place.paredao(&slug))
}

/// The list's address ends with a slash in each language.
pub(super) async fn list_in_english() -> Redirect {
    Redirect::permanent(&address(Language::English, "/"))
}

pub(super) async fn explain(place: Place, State(app): State<Arc<App>>, Segment(name): Segment) -> Response {
    match Problem::ALL.into_iter().find(|problem| problem.name() == name) {
        Some(problem) => {
            respond(StatusCode::OK, &ExplanationPage { t: place.t, frame: Frame::new(&app, &place), problem })
        }
        None => refuse(&app, &place, Problem::NotFound, "/", None),
    }
}

pub(super) async fn not_found(place: Place, State(app): State<Arc<App>>, uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        return Problem::NotFound.into_response();
    }
    refuse(&app, &place, Problem::NotFound, "/", None)
}

pub(super) async fn method_not_allowed(place: Place, State(app): State<Arc<App>>) -> Response {
    refuse(&app, &place, Problem::MethodNotAllowed, "/", None)
}

/// The same ballot with a new captcha.
fn show_ballot_again(app: &App, place: &Place, token: String, problem: Problem) -> Response {
    match app.sealer.open::<Ballot>(Purpose::Ballot, &token) {
        Ok(ballot) => {
            let issued = IssuedBallot { ballot, token, challenge: app.captcha.challenge(&ballot) };
            show_ballot(app, place, problem.status(), issued, Some(problem))
        }
        Err(_) => refuse(app, place, Problem::BallotForged, "/", None),
    }
}

fn show_ballot(
    app: &App,
    place: &Place,
    status: StatusCode,
    issued: IssuedBallot,
    problem: Option<Problem>,
) -> Response {
    let Ok(snapshot) = app.snapshot() else { return refuse(app, place, Problem::Starting, "/", None) };
    let Some(paredao) = snapshot.by_id(issued.ballot.paredao) else {
        return refuse(app, place, Problem::ParedaoUnknown, "/", None);
    };
    let paredao = ParedaoView::new(paredao, app.clock.now());
    let Some(participant) = paredao.participants.iter().find(|one| one.id == issued.ballot.participant) else {
        return refuse(app, place, Problem::ParticipantForeign, "/", None);
    };
    let ballot = BallotView::from(issued);
    respond(
        status,
        &BallotPage { t: place.t, frame: Frame::new(app, place), paredao: &paredao, participant, ballot, problem },
    )
}

fn show_receipt(app: &App, place: &Place, cookies: &CookieJar, receipt: Receipt) -> Response {
    match app.paredao(&receipt.slug) {
        Ok(paredao) => {
            let results = Results::of(app, &paredao, cookies);
            let share = Share::of(app, place, &paredao);
            let paredao = ParedaoView::new(&paredao, app.clock.now());
            let receipt = ReceiptView::from(receipt);
            let frame = Frame::new(app, place);
            respond(StatusCode::ACCEPTED, &ReceiptPage { t: place.t, frame, paredao, results, receipt, share })
        }
        Err(problem) => refuse(app, place, problem, "/", None),
    }
}

pub(super) fn refuse(app: &App, place: &Place, problem: Problem, back: &str, retry: Option<Retry<'_>>) -> Response {
    let page = ProblemPage { t: place.t, frame: Frame::new(app, place), problem, back, retry };
    with_retry_after(problem, respond(problem.status(), &page))
}
