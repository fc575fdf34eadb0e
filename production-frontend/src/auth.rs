//! Who asks: a producer with a session's cookie, or a script with a bearer token.

pub(crate) mod password;
pub(crate) mod session;
pub(crate) mod token;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use sqlx::PgPool;

use crate::app::App;
use crate::error::Error;
use token::Token;

/// Somebody who may see and do everything here.
///
/// A request with an `Authorization` header is judged by it alone, so a session never lends its rights to one.
#[derive(Debug, Clone)]
pub(crate) struct Producer {
    /// The user's or the token's name.
    pub(crate) name: String,
}

impl FromRequestParts<App> for Producer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Credentials::sent(parts, app)?.producer(&app.pool).await?.ok_or(Error::Unauthenticated)
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
        let name = match self {
            Self::Session(token) => session::find(pool, token).await?,
            Self::ApiToken(token) => token::find_api_token(pool, token).await?,
        };
        Ok(name.map(|name| Producer { name }))
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
