//! Every refusal of this service, as RFC 9457 problem details.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use problem_details::ProblemDetails;
use serde::Serialize;

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
    /// 429: too many requests are under way.
    TooManyRequests,
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
struct Text {
    status: StatusCode,
    name: &'static str,
    /// For developers, in English.
    title: &'static str,
    /// For voters, in Portuguese.
    detail: &'static str,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 23] = [
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
        Self::TooManyRequests,
        Self::StreamsFull,
        Self::VotesUnavailable,
        Self::ClockWrong,
        Self::Starting,
        Self::TimedOut,
    ];

    /// The HTTP status it is answered with.
    pub fn status(self) -> StatusCode {
        self.text().status
    }

    /// The last part of its `type`.
    pub fn name(self) -> &'static str {
        self.text().name
    }

    /// What it is, for developers.
    pub fn title(self) -> &'static str {
        self.text().title
    }

    /// What to tell a voter, in Portuguese.
    pub fn detail(self) -> &'static str {
        self.text().detail
    }

    /// Whether the same request may succeed a little later.
    pub fn is_passing(self) -> bool {
        matches!(self.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
    }

    #[rustfmt::skip]
    fn text(self) -> Text {
        let (status, name, title, detail) = match self {
            Self::ParedaoUnknown => (404, "paredao-unknown", "No such paredão", "Este paredão não existe."),
            Self::ParedaoNotOpen => (409, "paredao-not-open", "Voting hasn't begun", "A votação deste paredão ainda não começou."),
            Self::ParedaoClosed => (409, "paredao-closed", "Voting has ended", "A votação deste paredão já terminou."),
            Self::ParticipantForeign => (422, "participant-foreign", "The participant isn't in this paredão", "Este participante não está neste paredão."),
            Self::BallotForged => (422, "ballot-forged", "The ballot wasn't issued here", "Esta cédula não é válida. Escolha de novo em quem votar."),
            Self::BallotExpired => (410, "ballot-expired", "The ballot has expired", "O tempo desta cédula acabou. Escolha de novo em quem votar."),
            Self::BallotFromFuture => (422, "ballot-from-future", "The ballot is from the future", "Esta cédula não é válida agora. Escolha de novo em quem votar."),
            Self::CaptchaFailed => (403, "captcha-failed", "The captcha wasn't passed", "A verificação de que você é uma pessoa falhou. Tente de novo."),
            Self::CaptchaAlreadySeen => (409, "captcha-already-seen", "The captcha's answer was used already", "Esta verificação já foi usada. Faça uma nova para enviar o seu voto."),
            Self::CaptchaUnavailable => (503, "captcha-unavailable", "The captcha can't be checked now", "Não foi possível conferir a verificação agora. Tente de novo em instantes."),
            Self::ResultsHidden => (403, "results-hidden", "The percentages aren't shown now", "Os resultados deste paredão ainda não podem ser vistos."),
            Self::BodyMalformed => (400, "body-malformed", "The body can't be read", "O pedido não pôde ser lido."),
            Self::BodyInvalid => (422, "body-invalid", "The body isn't what was expected", "O pedido está incompleto ou errado."),
            Self::BodyTooLarge => (413, "body-too-large", "The body is too large", "O pedido é grande demais."),
            Self::MediaTypeUnsupported => (415, "media-type-unsupported", "The content type isn't supported", "O formato do pedido não é aceito."),
            Self::NotFound => (404, "not-found", "Nothing is here", "Esta página não existe."),
            Self::MethodNotAllowed => (405, "method-not-allowed", "The method isn't allowed here", "Este endereço não aceita esse tipo de pedido."),
            Self::TooManyRequests => (429, "too-many-requests", "Too many requests are under way", "Há muita gente votando agora. Tente de novo em instantes."),
            Self::StreamsFull => (503, "streams-full", "No room for one more stream", "Há muita gente acompanhando agora. Tente de novo em instantes."),
            Self::VotesUnavailable => (503, "votes-unavailable", "Votes can't be stored now", "Não conseguimos confirmar o seu voto agora. Tente de novo em instantes: ele só conta uma vez."),
            Self::ClockWrong => (503, "clock-wrong", "This machine can't take votes now", "Não conseguimos guardar o seu voto agora. Tente de novo em instantes."),
            Self::Starting => (503, "starting", "This machine has just started", "Estamos quase prontos. Tente de novo em instantes."),
            Self::TimedOut => (503, "timed-out", "The request took too long", "A resposta demorou demais. Tente de novo em instantes."),
        };
        let status = StatusCode::from_u16(status).expect("each status above is one");
        Text { status, name, title, detail }
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

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let uri = format!("/problems/{}", self.problem.name());
        let body = ProblemDetails::new()
            .with_type(uri.parse::<axum::http::Uri>().expect("a name has only letters and dashes"))
            .with_status(self.problem.status())
            .with_title(self.problem.title())
            .with_detail(self.problem.detail())
            .with_extensions(Extensions { pass: self.pass, about: self.about });
        with_retry_after(self.problem, body.into_response())
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
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        }
    }
}
