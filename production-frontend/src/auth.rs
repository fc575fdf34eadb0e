//! Who asks: a producer with a session's cookie, or a script with a bearer token.

pub(crate) mod password;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod token;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use sqlx::PgPool;

use crate::app::App;
use crate::error::Error;
pub(crate) use role::Role;
use token::Token;

/// Somebody of the production team: as a handler's argument, whoever may read.
///
/// A request with an `Authorization` header is judged by it alone, so a session never lends its rights to one.
#[derive(Debug, Clone)]
pub(crate) struct Producer {
    /// The user's or the token's name.
    pub(crate) name: String,
    /// What the name is of.
    pub(crate) kind: Kind,
    /// What they may do.
    pub(crate) role: Role,
}

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By a session.
    User,
    /// By a script's token.
    Token,
    /// By being able to give commands on the machine.
    Command,
}

impl Kind {
    /// Its stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::Command => "command",
        }
    }
}

/// A producer who may run paredões and the count.
#[derive(Debug)]
pub(crate) struct Operator(pub(crate) Producer);

/// A producer who may publish results and say who comes in.
#[derive(Debug)]
pub(crate) struct Director(pub(crate) Producer);

impl Producer {
    /// Whether they may do what an operator may, so that pages show only buttons that work.
    pub(crate) fn operates(&self) -> bool {
        self.role >= Role::Operator
    }

    /// Themselves, if they may do what `needed` may.
    fn with(self, needed: Role) -> Result<Self, Error> {
        if self.role >= needed { Ok(self) } else { Err(Error::RoleTooLow { needed, has: self.role }) }
    }
}

impl FromRequestParts<App> for Producer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Credentials::sent(parts, app)?.producer(&app.pool).await?.ok_or(Error::Unauthenticated)
    }
}

impl FromRequestParts<App> for Operator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Producer::from_request_parts(parts, app).await?.with(Role::Operator).map(Self)
    }
}

impl FromRequestParts<App> for Director {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Producer::from_request_parts(parts, app).await?.with(Role::Director).map(Self)
    }
}

/// How a producer proves who they are. They were good when the request came; an answer that takes long looks again.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// A session's cookie.
    Session(Token),
    /// A script's bearer token.
    ApiToken(Token),
}

impl Credentials {
    fn sent(parts: &Parts, app: &App) -> Result<Self, Error> {
        let sent = match parts.headers.get(header::AUTHORIZATION) {
            Some(value) => value.to_str().ok().and_then(bearer).map(Self::ApiToken),
            None => {
                let jar = CookieJar::from_headers(&parts.headers);
                session::token_of(&jar, app.cookie_secure).map(Self::Session)
            }
        };
        sent.ok_or(Error::Unauthenticated)
    }

    /// Whose they are; nobody's once the session has ended or the token was replaced.
    pub(crate) async fn producer(&self, pool: &PgPool) -> Result<Option<Producer>, Error> {
        match self {
            Self::Session(token) => session::find(pool, token).await,
            Self::ApiToken(token) => token::find_api_token(pool, token).await,
        }
    }
}

impl FromRequestParts<App> for Credentials {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let credentials = Self::sent(parts, app)?;
        credentials.producer(&app.pool).await?.ok_or(Error::Unauthenticated)?;
        Ok(credentials)
    }
}

fn bearer(header: &str) -> Option<Token> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Token::from(token.trim()))
}
