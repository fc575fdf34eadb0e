//! What can go wrong, once for pages and API. An answer is RFC 9457 problem details; `pages` makes a page of it where a
//! person asked.

use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use problem_details::ProblemDetails;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Role;
use crate::paredao::picture::PictureError;

/// Seconds after which a request that couldn't be served now may be tried again.
const RETRY_AFTER_SECONDS: u32 = 2;
/// The longest `about`, in characters: what was sent may be in it, and may be long.
const ABOUT_CHARS_MAX: usize = 200;

/// Why a request isn't answered as asked. Displays itself as a sentence for the production team, in Portuguese.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// 400: the body can't be read as a form; why, for developers.
    #[error("O formulário não pôde ser lido.")]
    FormMalformed(String),
    /// 400: the body can't be read as JSON; why, for developers.
    #[error("O corpo não pôde ser lido.")]
    BodyMalformed(String),
    /// 400: the query's parameters can't be read; why, for developers.
    #[error("Os parâmetros não puderam ser lidos.")]
    QueryMalformed(String),
    /// 401: no session and no valid token.
    #[error("É preciso entrar, ou enviar um token válido.")]
    Unauthenticated,
    /// 401: name or password is wrong; which of them isn't said.
    #[error("Nome ou senha incorretos.")]
    WrongPassword,
    /// 403: a browser sent this from another site.
    #[error("O pedido veio de outro site.")]
    CrossSite,
    /// 403: they may do less than this takes.
    #[error("Isto é para {}; você é {}.", role_name(*.needed), role_name(*.has))]
    RoleTooLow {
        /// The least role that may.
        needed: Role,
        /// Theirs.
        has: Role,
    },
    /// 404: nothing is here.
    #[error("Não há nada neste endereço.")]
    NotFound,
    /// 404: no paredão has this slug.
    #[error("Não existe um paredão com este endereço.")]
    ParedaoUnknown,
    /// 404: no record was parked under this id.
    #[error("Não existe uma mensagem separada com este número.")]
    DeadLetterUnknown,
    /// 404: no replay has this id.
    #[error("Não existe um reprocessamento com este número.")]
    ReplayUnknown,
    /// 404: no import has this id.
    #[error("Não existe uma importação com este número.")]
    ImportUnknown,
    /// 404: no register has ever counted from this partition.
    #[error("Nenhum registrador contou esta partição.")]
    PartitionUnknown,
    /// 405: this address takes other methods.
    #[error("Este endereço não aceita este método.")]
    MethodNotAllowed,
    /// 409: another paredão has this slug.
    #[error("Já existe um paredão com este endereço.")]
    SlugTaken,
    /// 409: its closing has passed, opened or not, and it stays closed.
    #[error("A hora do encerramento deste paredão já passou: ele não pode mais ser aberto.")]
    AlreadyClosed,
    /// 409: what isn't open can't be closed.
    #[error("O paredão ainda não foi aberto.")]
    NotOpen,
    /// 409: one partition can't go on while all are paused.
    #[error("Todas as partições estão pausadas: retome todas.")]
    AllPaused,
    /// 413: the body is larger than allowed.
    #[error("O envio é grande demais.")]
    TooLarge,
    /// 415: the body isn't of the type that this address takes.
    #[error("O tipo do conteúdo não é aceito aqui.")]
    UnsupportedMediaType,
    /// 422: the paredão described can't be made.
    #[error("{0}")]
    ParedaoInvalid(String),
    /// 422: a picture can't be used.
    #[error("A foto de {participant} não pode ser usada: {source}.")]
    PictureRefused {
        /// Whose picture.
        participant: String,
        /// What is wrong with it.
        source: PictureError,
    },
    /// 422: it isn't clear what to replay; what is wrong, for developers.
    #[error("O pedido não diz quais mensagens reprocessar.")]
    ReplayInvalid(String),
    /// 422: an import needs a description.
    #[error("A importação precisa de uma descrição de 1 a 200 caracteres.")]
    ImportInvalid,
    /// 422: a file is known by its SHA-256, 64 hexadecimal digits in lower case.
    #[error("O arquivo deve ser identificado pelo seu SHA-256, em 64 dígitos hexadecimais minúsculos.")]
    FileHashInvalid,
    /// 409: this import was begun with another file, whose lines have these numbers already.
    #[error("Esta importação já foi iniciada com outro arquivo. Registre outra importação para este.")]
    ImportOfAnotherFile,
    /// 422: the range ends before it begins.
    #[error("O início do intervalo (from) vem depois do fim (to).")]
    RangeBackwards,
    /// 422: the series would be longer than one answer may be.
    #[error("O intervalo pedido tem pontos demais: peça um intervalo menor, ou horas ou dias.")]
    RangeTooLong,
    /// 422: Postgres can't hold a value. A check that should have come before is missing, so it is logged.
    #[error("Um dos valores enviados não pode ser guardado.")]
    ValueRefused(#[source] sqlx::Error),
    /// 503: too many are asking at once.
    #[error("Há pedidos demais agora. Tente de novo em instantes.")]
    Busy,
    /// 503: Postgres is away.
    #[error("O banco de dados não está respondendo. Tente de novo em instantes.")]
    DatabaseUnavailable(#[source] sqlx::Error),
    /// 500: a defect.
    #[error("Houve um erro interno, que foi registrado.")]
    Internal(#[from] anyhow::Error),
}

/// SQLSTATE class 22, and the checks of the schema: a value is to blame.
const VALUE_REFUSED: [&str; 2] = ["22", "23514"];
/// SQLSTATE classes of failures after which trying again may help.
const OUTAGE: [&str; 4] = ["08", "40", "53", "57"];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_outage(&error) {
            Self::DatabaseUnavailable(error)
        } else if has_sqlstate(&error, &VALUE_REFUSED) {
            Self::ValueRefused(error)
        } else {
            Self::Internal(error.into())
        }
    }
}

/// Whether trying again may help: no connection, or Postgres says so.
fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(_) => has_sqlstate(error, &OUTAGE),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        _ => false,
    }
}

fn has_sqlstate(error: &sqlx::Error, prefixes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| prefixes.iter().any(|prefix| code.starts_with(prefix)))
}

/// A role in words.
fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "leitor",
        Role::Operator => "operador",
        Role::Director => "diretor",
    }
}

impl Error {
    /// Of a body that isn't the JSON asked for.
    pub(crate) fn refused_json(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BodyMalformed(rejection.body_text()),
        }
    }

    /// The status, the last part of the problem's type, which is stable, and its title, for developers.
    #[rustfmt::skip]
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        let (status, name, title) = match self {
            Self::FormMalformed(_) => (400, "form-malformed", "The form can't be read"),
            Self::BodyMalformed(_) => (400, "body-malformed", "The body can't be read"),
            Self::QueryMalformed(_) => (400, "query-malformed", "The query's parameters can't be read"),
            Self::Unauthenticated => (401, "unauthenticated", "No session and no valid token"),
            Self::WrongPassword => (401, "wrong-password", "The name or the password is wrong"),
            Self::CrossSite => (403, "cross-site", "The request comes from another site"),
            Self::RoleTooLow { .. } => (403, "role-too-low", "The role may not do this"),
            Self::NotFound => (404, "not-found", "Nothing is here"),
            Self::ParedaoUnknown => (404, "paredao-unknown", "No such paredão"),
            Self::DeadLetterUnknown => (404, "dead-letter-unknown", "No such dead letter"),
            Self::ReplayUnknown => (404, "replay-unknown", "No such replay"),
            Self::ImportUnknown => (404, "import-unknown", "No such import"),
            Self::PartitionUnknown => (404, "partition-unknown", "No such partition was ever counted"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "The method isn't allowed here"),
            Self::SlugTaken => (409, "slug-taken", "Another paredão has this slug"),
            Self::AlreadyClosed => (409, "paredao-closed", "The paredão's closing has passed"),
            Self::NotOpen => (409, "paredao-not-open", "The paredão hasn't been opened"),
            Self::AllPaused => (409, "all-paused", "All partitions are paused, not only this one"),
            Self::TooLarge => (413, "body-too-large", "The body is too large"),
            Self::UnsupportedMediaType => (415, "content-type-unsupported", "The content type isn't supported"),
            Self::ParedaoInvalid(_) => (422, "paredao-invalid", "Such a paredão can't be made"),
            Self::PictureRefused { .. } => (422, "picture-refused", "A picture can't be used"),
            Self::ReplayInvalid(_) => (422, "replay-invalid", "It isn't clear what to replay"),
            Self::FileHashInvalid => (422, "file-hash-invalid", "It isn't a SHA-256"),
            Self::ImportOfAnotherFile => (409, "import-of-another-file", "The import was begun with another file"),
            Self::ImportInvalid => (422, "import-invalid", "The description is missing or too long"),
            Self::RangeBackwards => (422, "range-backwards", "The range ends before it begins"),
            Self::RangeTooLong => (422, "range-too-long", "The range has too many points"),
            Self::ValueRefused(_) => (422, "value-refused", "A value can't be stored"),
            Self::Busy => (503, "busy", "Too many requests are under way"),
            Self::DatabaseUnavailable(_) => (503, "database-unavailable", "The database is unavailable"),
            Self::Internal(_) => (500, "internal", "Internal error"),
        };
        (StatusCode::from_u16(status).expect("each status above is one"), name, title)
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.kind().0
    }

    /// What exactly is wrong, for developers.
    fn about(&self) -> Option<String> {
        match self {
            Self::FormMalformed(about)
            | Self::QueryMalformed(about)
            | Self::BodyMalformed(about)
            | Self::ReplayInvalid(about) => Some(about.chars().take(ABOUT_CHARS_MAX).collect()),
            Self::RoleTooLow { needed, has } => {
                Some(format!("{} is needed, and this is a {}", needed.name(), has.name()))
            }
            _ => None,
        }
    }

    /// Says in the log what answers don't say.
    fn log(&self) {
        match self {
            Self::ValueRefused(error) => tracing::warn!(%error, "the database refused a value"),
            Self::DatabaseUnavailable(error) => tracing::error!(%error, "the database failed a request"),
            Self::Internal(error) => tracing::error!(error = format!("{error:#}"), "a request met a defect"),
            _ => {}
        }
    }
}

/// What was said to the asker, left with the answer for whoever shows it otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Said(pub(crate) String);

/// Problem details (RFC 9457), as every refusal answers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes")]
pub(crate) struct Problem {
    /// What kind of problem it is; stable
    #[schema(example = "/problems/paredao-unknown")]
    r#type: String,
    /// The HTTP status
    #[schema(example = 404)]
    status: u16,
    /// What it is, for developers
    #[schema(example = "No such paredão")]
    title: String,
    /// What to tell people, in Portuguese
    #[schema(example = "Não existe um paredão com este endereço.")]
    detail: String,
    /// What exactly is wrong, for developers
    about: Option<String>,
}

#[derive(Debug, Default, Serialize)]
struct Extensions {
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let (status, name, title) = self.kind();
        let uri: Uri = format!("/problems/{name}").parse().expect("a name is lower-case letters and dashes");
        let detail = self.to_string();
        let mut response = ProblemDetails::from_status_code(status)
            .with_type(uri)
            .with_title(title)
            .with_detail(detail.clone())
            .with_extensions(Extensions { about: self.about() })
            .into_response();
        response.extensions_mut().insert(Said(detail));
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
