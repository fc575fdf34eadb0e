//! Every refusal of this service, as RFC 9457 problem details.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use problem_details::ProblemDetails;
use serde::Serialize;
use voting_commons::adapters::edge::Refusal;
use voting_commons::adapters::texts::{Text, Texts};

/// After how many seconds a client is asked to try again.
pub const RETRY_AFTER_SECONDS: u16 = 2;

/// What can go wrong. The kinds are stable: clients tell them apart by their `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// 404: no paredão has this slug.
    ParedaoUnknown,
    /// 409: voting hasn't begun.
    ParedaoNotOpen,
    /// 409: voting has ended.
    ParedaoClosed,
    /// 422: the participant doesn't stand in this paredão.
    ParticipantForeign,
    /// 422: the ballot wasn't sealed here.
    BallotForged,
    /// 410: the ballot's three minutes have passed.
    BallotExpired,
    /// 422: the ballot's minute hasn't begun.
    BallotFromFuture,
    /// 403: the captcha wasn't solved, or for another ballot.
    CaptchaFailed,
    /// 409: the provider has seen this answer already; the ballot can still be cast with a new one.
    CaptchaAlreadySeen,
    /// 503: the provider can't be asked.
    CaptchaUnavailable,
    /// 403: whoever asks isn't shown this paredão's percentages now.
    ResultsHidden,
    /// 400: the body isn't JSON, or not a form.
    BodyMalformed,
    /// 422: the body isn't what was expected.
    BodyInvalid,
    /// 413: the body is too large.
    BodyTooLarge,
    /// 415: the content type isn't the expected one.
    MediaTypeUnsupported,
    /// 404: nothing lies at this address.
    NotFound,
    /// 405: the address doesn't know this method.
    MethodNotAllowed,
    /// 403: a browser sent this from another site.
    CrossSite,
    /// 408: the body didn't come in time.
    BodyTooSlow,
    /// 429: too many requests come from this client's address.
    TooManyRequests,
    /// 503: as many requests are under way as there is room for.
    Overloaded,
    /// 503: as many streams are open as there is room for.
    StreamsFull,
    /// 503: votes can't be stored now.
    VotesUnavailable,
    /// 503: this machine's clock is wrong, so its votes might not count.
    ClockWrong,
    /// 503: this frontend has just started and knows no paredões yet.
    Starting,
    /// 503: the request took too long.
    TimedOut,
}

/// What is said about a problem.
struct Kind {
    status: StatusCode,
    name: &'static str,
    /// For developers, in English.
    title: &'static str,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::ParedaoUnknown,
        Self::ParedaoNotOpen,
        Self::ParedaoClosed,
        Self::ParticipantForeign,
        Self::BallotForged,
        Self::BallotExpired,
        Self::BallotFromFuture,
        Self::CaptchaFailed,
        Self::CaptchaAlreadySeen,
        Self::CaptchaUnavailable,
        Self::ResultsHidden,
        Self::BodyMalformed,
        Self::BodyInvalid,
        Self::BodyTooLarge,
        Self::MediaTypeUnsupported,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::CrossSite,
        Self::BodyTooSlow,
        Self::TooManyRequests,
        Self::Overloaded,
        Self::StreamsFull,
        Self::VotesUnavailable,
        Self::ClockWrong,
        Self::Starting,
        Self::TimedOut,
    ];

    /// The HTTP status it is answered with.
    pub fn status(self) -> StatusCode {
        self.kind().status
    }

    /// The last part of its `type`.
    pub fn name(self) -> &'static str {
        self.kind().name
    }

    /// What it is, for developers.
    pub fn title(self) -> &'static str {
        self.kind().title
    }

    /// What to tell a voter: the message with its name.
    pub(crate) fn detail(self, t: &Texts) -> Text {
        t.text(self.name())
    }

    /// Whether the same request may succeed a little later.
    pub fn is_passing(self) -> bool {
        matches!(self.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
    }

    #[rustfmt::skip]
    fn kind(self) -> Kind {
        let (status, name, title) = match self {
            Self::ParedaoUnknown => (404, "paredao-unknown", "No such paredão"),
            Self::ParedaoNotOpen => (409, "paredao-not-open", "Voting hasn't begun"),
            Self::ParedaoClosed => (409, "paredao-closed", "Voting has ended"),
            Self::ParticipantForeign => (422, "participant-foreign", "The participant isn't in this paredão"),
            Self::BallotForged => (422, "ballot-forged", "The ballot wasn't issued here"),
            Self::BallotExpired => (410, "ballot-expired", "The ballot has expired"),
            Self::BallotFromFuture => (422, "ballot-from-future", "The ballot is from the future"),
            Self::CaptchaFailed => (403, "captcha-failed", "The captcha wasn't passed"),
            Self::CaptchaAlreadySeen => (409, "captcha-already-seen", "The captcha's answer was used already"),
            Self::CaptchaUnavailable => (503, "captcha-unavailable", "The captcha can't be checked now"),
            Self::ResultsHidden => (403, "results-hidden", "The percentages aren't shown now"),
            Self::BodyMalformed => (400, "body-malformed", "The body can't be read"),
            Self::BodyInvalid => (422, "body-invalid", "The body isn't what was expected"),
            Self::BodyTooLarge => (413, "body-too-large", "The body is too large"),
            Self::MediaTypeUnsupported => (415, "media-type-unsupported", "The content type isn't supported"),
            Self::NotFound => (404, "not-found", "Nothing is here"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "The method isn't allowed here"),
            Self::CrossSite => (403, "cross-site", "The request comes from another site"),
            Self::BodyTooSlow => (408, "body-too-slow", "The body didn't come in time"),
            Self::TooManyRequests => (429, "too-many-requests", "Too many requests come from this address"),
            Self::Overloaded => (503, "overloaded", "Too many requests are under way"),
            Self::StreamsFull => (503, "streams-full", "No room for one more stream"),
            Self::VotesUnavailable => (503, "votes-unavailable", "Votes can't be stored now"),
            Self::ClockWrong => (503, "clock-wrong", "This machine can't take votes now"),
            Self::Starting => (503, "starting", "This machine has just started"),
            Self::TimedOut => (503, "timed-out", "The request took too long"),
        };
        let status = StatusCode::from_u16(status).expect("each status above is one");
        Kind { status, name, title }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooMany => Self::TooManyRequests,
            Refusal::Full => Self::Overloaded,
            Refusal::BodyTooSlow => Self::BodyTooSlow,
            Refusal::BodyBroken => Self::BodyMalformed,
            Refusal::TimedOut => Self::TimedOut,
        }
    }
}

/// A problem on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What went wrong.
    pub problem: Problem,
    /// Takes the place of the captcha, which was passed before this went wrong, when the same ballot is cast again.
    pub pass: Option<String>,
    /// What exactly, for developers, in English.
    pub about: Option<String>,
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self { problem, pass: None, about: None }
    }
}

/// What problem details say here beyond the standard.
#[derive(Debug, Default, Serialize)]
struct Extensions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pass: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
}

impl Error {
    /// What a client is told.
    pub(crate) fn details(self, t: Texts) -> impl IntoResponse {
        let uri = format!("/problems/{}", self.problem.name());
        ProblemDetails::new()
            .with_type(uri.parse::<axum::http::Uri>().expect("a name has only letters and dashes"))
            .with_status(self.problem.status())
            .with_title(self.problem.title())
            .with_detail(self.problem.detail(&t).to_string())
            .with_extensions(Extensions { pass: self.pass, about: self.about })
    }
}

impl IntoResponse for Error {
    /// Without words: [`crate::language::say_problems`] knows the language.
    fn into_response(self) -> Response {
        let mut response = with_retry_after(self.problem, self.problem.status().into_response());
        response.extensions_mut().insert(self);
        response
    }
}

/// Adds when to try again to the answer to a problem that passes.
pub(crate) fn with_retry_after(problem: Problem, mut response: Response) -> Response {
    if problem.is_passing() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        Error::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_problem_has_a_name_of_its_own() {
        let names: HashSet<_> = Problem::ALL.iter().map(|problem| problem.name()).collect();
        assert_eq!(names.len(), Problem::ALL.len());
    }

    #[test]
    fn only_passing_problems_say_when_to_try_again() {
        for problem in Problem::ALL {
            let response = problem.into_response();
            assert_eq!(response.headers().contains_key(header::RETRY_AFTER), problem.is_passing(), "{problem:?}");
        }
    }
}
