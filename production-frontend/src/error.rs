//! What can go wrong, once for pages and API: an API answers it as RFC 9457 problem details.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use problem_details::ProblemDetails;

use crate::paredao::picture::PictureError;

/// Seconds after which a request that couldn't be served now may be tried again.
const RETRY_AFTER_SECONDS: u32 = 2;

/// Why a request isn't answered as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// 400: the body can't be read as a form.
    #[error("o formulário não pôde ser lido: {0}")]
    FormMalformed(String),
    /// 400: the query's parameters can't be read.
    #[error("os parâmetros não puderam ser lidos: {0}")]
    QueryMalformed(String),
    /// 401: no session and no valid token.
    #[error("é preciso entrar, ou enviar um token válido")]
    Unauthenticated,
    /// 401: name or password is wrong; which of them isn't said.
    #[error("nome ou senha incorretos")]
    WrongPassword,
    /// 403: a browser sent this from another site.
    #[error("o pedido veio de outro site")]
    CrossSite,
    /// 404: nothing is here.
    #[error("não há nada neste endereço")]
    NotFound,
    /// 404: no paredão has this slug.
    #[error("não existe um paredão {0:?}")]
    ParedaoUnknown(String),
    /// 405: this address takes other methods.
    #[error("este endereço não aceita este método")]
    MethodNotAllowed,
    /// 409: another paredão has this slug.
    #[error("já existe um paredão {0:?}")]
    SlugTaken(String),
    /// 409: it has closed, and stays closed.
    #[error("o paredão já foi encerrado")]
    AlreadyClosed,
    /// 409: what isn't open can't be closed.
    #[error("o paredão ainda não foi aberto")]
    NotOpen,
    /// 413: the body is larger than allowed.
    #[error("o envio é grande demais")]
    TooLarge,
    /// 415: the body isn't of the type that this address takes.
    #[error("o tipo do conteúdo não é aceito aqui")]
    UnsupportedMediaType,
    /// 422: the paredão described can't be made.
    #[error("{0}")]
    ParedaoInvalid(String),
    /// 422: a picture can't be used.
    #[error("a foto de {participant} não pode ser usada: {source}")]
    PictureRefused {
        /// Whose picture.
        participant: String,
        /// What is wrong with it.
        source: PictureError,
    },
    /// 422: the series would be longer than one answer may be.
    #[error("o intervalo pedido tem pontos demais: peça um intervalo menor, ou horas ou dias")]
    RangeTooLong,
    /// 503: too many are asking at once.
    #[error("há pedidos demais agora")]
    Busy,
    /// 503 when Postgres is away, or else 500.
    #[error("o banco de dados não respondeu como esperado")]
    Database(#[from] sqlx::Error),
    /// 500: a defect.
    #[error("erro interno")]
    Internal(#[from] anyhow::Error),
}

impl Error {
    /// The status, the last part of the problem's type, which is stable, and its title.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::FormMalformed(_) => (StatusCode::BAD_REQUEST, "form-malformed", "Formulário ilegível"),
            Self::QueryMalformed(_) => (StatusCode::BAD_REQUEST, "query-malformed", "Parâmetros ilegíveis"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "Não autenticado"),
            Self::WrongPassword => (StatusCode::UNAUTHORIZED, "wrong-password", "Nome ou senha incorretos"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross-site", "Pedido de outro site"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Não encontrado"),
            Self::ParedaoUnknown(_) => (StatusCode::NOT_FOUND, "paredao-unknown", "Paredão desconhecido"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Método não aceito"),
            Self::SlugTaken(_) => (StatusCode::CONFLICT, "slug-taken", "Endereço já usado"),
            Self::AlreadyClosed => (StatusCode::CONFLICT, "paredao-closed", "Paredão encerrado"),
            Self::NotOpen => (StatusCode::CONFLICT, "paredao-not-open", "Paredão não aberto"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Envio grande demais"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type-unsupported", "Tipo de conteúdo não aceito")
            }
            Self::ParedaoInvalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "paredao-invalid", "Paredão inválido"),
            Self::PictureRefused { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "picture-refused", "Foto recusada"),
            Self::RangeTooLong => (StatusCode::UNPROCESSABLE_ENTITY, "range-too-long", "Intervalo longo demais"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Ocupado"),
            Self::Database(error) if is_outage(error) => {
                (StatusCode::SERVICE_UNAVAILABLE, "database-unavailable", "Banco de dados indisponível")
            }
            Self::Database(_) | Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Erro interno"),
        }
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.kind().0
    }

    /// A heading for people.
    pub(crate) fn title(&self) -> &'static str {
        self.kind().2
    }

    /// Says in the log what answers don't say.
    pub(crate) fn log(&self) {
        match self {
            Self::Database(error) => tracing::error!(%error, "the database failed a request"),
            Self::Internal(error) => tracing::error!(error = format!("{error:#}"), "a request met a defect"),
            _ => {}
        }
    }
}

/// Whether trying again may help: no connection, or SQLSTATE classes 08, 40, 53 and 57.
fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class)))
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        _ => false,
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let (status, name, title) = self.kind();
        let uri: Uri = format!("/problems/{name}").parse().expect("a name is lower-case letters and dashes");
        let problem = ProblemDetails::from_status_code(status).with_type(uri).with_title(title);
        let mut response = problem.with_detail(self.to_string()).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"production\""));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}
