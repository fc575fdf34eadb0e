//! What can go wrong, once for pages and API. An answer is RFC 9457 problem details, or a page where a person asked.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::Zoned;
use problem_details::ProblemDetails;
use serde::Serialize;
use utoipa::ToSchema;
use voting_commons::adapters::texts::{Text, Texts};

use crate::auth::Role;
use crate::paredao::mistake::Mistake;
use crate::paredao::picture::PictureError;

/// Seconds after which a request that couldn't be served now may be tried again.
const RETRY_AFTER_SECONDS: u32 = 2;
/// The longest `about`, in characters: what was sent may be in it, and may be long.
const ABOUT_CHARS_MAX: usize = 200;

/// Why a request isn't answered as asked.
#[derive(Debug)]
pub(crate) enum Error {
    /// 400: the body can't be read as a form; why, for developers.
    FormMalformed(String),
    /// 400: the body can't be read as JSON; why, for developers.
    BodyMalformed(String),
    /// 400: the query's parameters can't be read; why, for developers.
    QueryMalformed(String),
    /// 401: no session and no valid token.
    Unauthenticated,
    /// 401: name or password is wrong; which of them isn't said.
    WrongPassword,
    /// 401: the password is right, but it was a one-time password and its time is over.
    PasswordExpired,
    /// 403: a browser sent this from another site.
    CrossSite,
    /// 403: whoever signed in with a one-time password must choose their own first.
    PasswordMustChange,
    /// 403: only users have a password and sessions, not tokens.
    NotAUser,
    /// 403: they may do less than this takes.
    RoleTooLow {
        /// The least role that may.
        needed: Role,
        /// Theirs.
        has: Role,
    },
    /// 404: nothing is here.
    NotFound,
    /// 404: no paredão has this slug.
    ParedaoUnknown,
    /// 404: no record was parked under this id.
    DeadLetterUnknown,
    /// 404: no replay has this id.
    ReplayUnknown,
    /// 404: no import has this id.
    ImportUnknown,
    /// 404: no user has this number.
    UserUnknown,
    /// 404: no token has this number.
    TokenUnknown,
    /// 404: no register has ever counted from this partition.
    PartitionUnknown,
    /// 405: this address takes other methods.
    MethodNotAllowed,
    /// 408: the body didn't come in time.
    BodyTooSlow,
    /// 409: another paredão has this slug.
    SlugTaken,
    /// 409: its closing has passed, opened or not, and it stays closed.
    AlreadyClosed,
    /// 409: what isn't open can't be closed.
    NotOpen,
    /// 409: another user or token has this name.
    NameTaken,
    /// 409: no active director with a password of their own would remain.
    LastDirector,
    /// 409: voters may have ballots of it, so it stays as it is.
    NotEditable,
    /// 409: it isn't any more what the form was filled with.
    ChangedMeanwhile,
    /// 409: votes were or may be imported, and each is somebody's who stands.
    ParticipantsStay,
    /// 409: only a draft can be deleted, of which nothing else speaks.
    NotDeletable,
    /// 409: it closed, or is about to, at a moment that stays as it is.
    ClosingPassed,
    /// 409: what may still change can't be published.
    CountNotFinal,
    /// 409: one proposal at a time.
    ProposalStands,
    /// 409: nobody proposed anything, or it was withdrawn.
    NoProposal,
    /// 409: who proposed can't confirm.
    SecondPersonNeeded,
    /// 409: somebody let one of the two in a short while ago, and may hold their account.
    LetInLately {
        /// Which of them.
        name: String,
        /// From when on they can take part.
        from: Zoned,
    },
    /// 403: a script isn't a person.
    PersonNeeded,
    /// 409: what was proposed isn't what was seen or is counted now.
    CountChanged,
    /// 409: a published result stays.
    AlreadyPublished,
    /// 409: no key was given to this service.
    NoSigningKey,
    /// 404: there is no published result.
    NotPublished,
    /// 409: one partition can't go on while all are paused.
    AllPaused,
    /// 413: the body is larger than allowed.
    TooLarge,
    /// 415: the body isn't of the type that this address takes.
    UnsupportedMediaType,
    /// 422: the paredão described can't be made; all that is wrong with it.
    ParedaoInvalid(Vec<Mistake>),
    /// 422: a picture can't be used.
    PictureRefused {
        /// Their row of the form, counted from 0.
        row: usize,
        /// Whose picture.
        participant: String,
        /// What is wrong with it.
        source: PictureError,
    },
    /// 409: what isn't a finished dry run says of no vote that it would be counted.
    ReplayNotTried,
    /// 422: no record was chosen.
    ReplayNoneChosen,
    /// 422: nothing is left to replay.
    ReplayEmpty,
    /// 422: they are too many to be named one by one.
    ReplayTooMany,
    /// 422: it isn't clear what to replay; what is wrong, for developers.
    ReplayInvalid(String),
    /// 422: an import needs a description.
    ImportInvalid,
    /// 422: a file is known by its SHA-256, 64 hexadecimal digits in lower case.
    FileHashInvalid,
    /// 409: this import was begun with another file, whose lines have these numbers already.
    ImportOfAnotherFile,
    /// 422: nobody can be called this.
    NameInvalid,
    /// 422: the password is too short or too long.
    PasswordInvalid,
    /// 422: the new password is the current one.
    PasswordUnchanged,
    /// 422: the new password was typed in two ways.
    PasswordsDiffer,
    /// 422: what was sent as the current password isn't it.
    CurrentPasswordWrong,
    /// 429: a password was tried too often.
    TooManyAttempts {
        /// After how many seconds it may be tried again.
        wait_seconds: u32,
    },
    /// 429: too many requests come from this client's address.
    TooManyRequests,
    /// 422: the range ends before it begins.
    RangeBackwards,
    /// 422: the series would be longer than one answer may be.
    RangeTooLong,
    /// 422: Postgres can't hold a value. A check that should have come before is missing, so it is logged.
    ValueRefused(sqlx::Error),
    /// 503: too many are asking at once.
    Busy,
    /// 503: Postgres is away.
    DatabaseUnavailable(sqlx::Error),
    /// 500: a defect.
    Internal(anyhow::Error),
}

/// SQLSTATE class 22, and the checks of the schema: a value is to blame.
const VALUE_REFUSED: [&str; 2] = ["22", "23514"];
/// SQLSTATE classes of failures after which trying again may help.
const OUTAGE: [&str; 4] = ["08", "40", "53", "57"];

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

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

impl Error {
    /// Of a body that isn't the JSON asked for.
    pub(crate) fn refused_json(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BodyMalformed(rejection.body_text()),
        }
    }

    /// Of a body that isn't the form asked for.
    pub(crate) fn refused_form(rejection: FormRejection) -> Self {
        match rejection.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::FormMalformed(rejection.body_text()),
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
            Self::PasswordExpired => (401, "password-expired", "The one-time password's time is over"),
            Self::CrossSite => (403, "cross-site", "The request comes from another site"),
            Self::PasswordMustChange => (403, "password-must-change", "The one-time password must be changed first"),
            Self::NotAUser => (403, "not-a-user", "This is for users, not for tokens"),
            Self::RoleTooLow { .. } => (403, "role-too-low", "The role may not do this"),
            Self::NotFound => (404, "not-found", "Nothing is here"),
            Self::ParedaoUnknown => (404, "paredao-unknown", "No such paredão"),
            Self::DeadLetterUnknown => (404, "dead-letter-unknown", "No such dead letter"),
            Self::ReplayUnknown => (404, "replay-unknown", "No such replay"),
            Self::ImportUnknown => (404, "import-unknown", "No such import"),
            Self::UserUnknown => (404, "user-unknown", "No such user"),
            Self::TokenUnknown => (404, "token-unknown", "No such token"),
            Self::PartitionUnknown => (404, "partition-unknown", "No such partition was ever counted"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "The method isn't allowed here"),
            Self::BodyTooSlow => (408, "body-too-slow", "The body didn't come in time"),
            Self::SlugTaken => (409, "slug-taken", "Another paredão has this slug"),
            Self::AlreadyClosed => (409, "paredao-closed", "The paredão's closing has passed"),
            Self::NotOpen => (409, "paredao-not-open", "The paredão hasn't been opened"),
            Self::NameTaken => (409, "name-taken", "Another one has this name"),
            Self::LastDirector => (409, "last-director", "No active director would remain"),
            Self::NotEditable => (409, "paredao-not-editable", "The paredão has opened, or is about to"),
            Self::ChangedMeanwhile => (409, "paredao-changed", "Somebody changed the paredão meanwhile"),
            Self::ParticipantsStay => (409, "participants-stay", "It has imported votes, so its participants stay"),
            Self::NotDeletable => (409, "paredao-not-deletable", "Only a draft without imports can be deleted"),
            Self::ClosingPassed => (409, "closing-passed", "The paredão has closed or is about to, and its closing stays"),
            Self::CountNotFinal => (409, "count-not-final", "The count isn't final"),
            Self::ProposalStands => (409, "proposal-stands", "A proposal waits for its confirmation"),
            Self::NoProposal => (409, "no-proposal", "Nothing is proposed"),
            Self::SecondPersonNeeded => (409, "second-person-needed", "Somebody else must confirm it"),
            Self::LetInLately { .. } => (409, "let-in-lately", "One of the two was let in within the last 24 hours"),
            Self::PersonNeeded => (403, "person-needed", "Only people publish, not tokens"),
            Self::CountChanged => (409, "count-changed", "The counts changed since the proposal"),
            Self::AlreadyPublished => (409, "already-published", "The result was published"),
            Self::NoSigningKey => (409, "no-signing-key", "No key signs results"),
            Self::NotPublished => (404, "not-published", "Nothing was published"),
            Self::AllPaused => (409, "all-paused", "All partitions are paused, not only this one"),
            Self::TooLarge => (413, "body-too-large", "The body is too large"),
            Self::UnsupportedMediaType => (415, "content-type-unsupported", "The content type isn't supported"),
            Self::ParedaoInvalid(_) => (422, "paredao-invalid", "Such a paredão can't be made"),
            Self::PictureRefused { .. } => (422, "picture-refused", "A picture can't be used"),
            Self::ReplayNotTried => (409, "replay-not-tried", "It isn't a finished dry run"),
            Self::ReplayNoneChosen => (422, "replay-none-chosen", "No record was chosen"),
            Self::ReplayEmpty => (422, "replay-empty", "Nothing is left to replay"),
            Self::ReplayTooMany => (422, "replay-too-many", "More than 1000 would be replayed"),
            Self::ReplayInvalid(_) => (422, "replay-invalid", "It isn't clear what to replay"),
            Self::FileHashInvalid => (422, "file-hash-invalid", "It isn't a SHA-256"),
            Self::ImportOfAnotherFile => (409, "import-of-another-file", "The import was begun with another file"),
            Self::ImportInvalid => (422, "import-invalid", "The description is missing or too long"),
            Self::NameInvalid => (422, "name-invalid", "The name can't be used"),
            Self::PasswordInvalid => (422, "password-invalid", "The password is too short or too long"),
            Self::PasswordUnchanged => (422, "password-unchanged", "The new password is the current one"),
            Self::PasswordsDiffer => (422, "passwords-differ", "The new password was typed in two ways"),
            Self::CurrentPasswordWrong => (422, "current-password-wrong", "The current password is wrong"),
            Self::TooManyAttempts { .. } => (429, "too-many-attempts", "A password was tried too often"),
            Self::TooManyRequests => (429, "too-many-requests", "Too many requests come from this address"),
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

    /// What to tell the production team: the message with the name of the problem's type.
    pub(crate) fn say(&self, t: Texts) -> Text {
        let said = t.text(self.kind().1);
        match self {
            Self::ParedaoInvalid(mistakes) => {
                let why: Vec<_> = mistakes.iter().map(|mistake| t.say(&mistake.why.message())).collect();
                said.with("why", why.join(" "))
            }
            Self::PictureRefused { participant, source, .. } => {
                said.with("participant", participant).with("why", t.text(source.text_id()))
            }
            Self::TooManyAttempts { wait_seconds } => said.with("seconds", wait_seconds),
            Self::LetInLately { name, from } => said.with("name", name).with("from", t.minute(from)),
            Self::RoleTooLow { needed, has } => {
                said.with("needed", t.text(needed.text_id())).with("role", t.text(has.text_id()))
            }
            _ => said,
        }
    }

    /// The answer to a program.
    pub(crate) fn details(&self, t: Texts) -> impl IntoResponse + use<> {
        let (status, name, title) = self.kind();
        let uri: Uri = format!("/problems/{name}").parse().expect("a name is lower-case letters and dashes");
        ProblemDetails::from_status_code(status)
            .with_type(uri)
            .with_title(title)
            .with_detail(self.say(t).to_string())
            .with_extensions(Extensions { about: self.about() })
    }

    /// After how many seconds trying again may help.
    fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooManyAttempts { wait_seconds } => Some(*wait_seconds),
            Self::Busy | Self::TooManyRequests | Self::DatabaseUnavailable(_) => Some(RETRY_AFTER_SECONDS),
            _ => None,
        }
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
            Self::LetInLately { from, .. } => Some(format!("it is possible from {} on", from.timestamp())),
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

/// What went wrong, left with the answer for [`crate::pages::show_errors`], which knows the asker's language.
#[derive(Debug, Clone)]
pub(crate) struct Said(pub(crate) Arc<Error>);

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
    /// What to tell people, in the language that they asked for
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
    /// Without a body.
    fn into_response(self) -> Response {
        self.log();
        let status = self.status();
        let mut response = status.into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"production\""));
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Said(Arc::new(self)));
        response
    }
}
