//! Who asks: a producer with a session's cookie, or a script with a bearer token.

pub(crate) mod password;
pub(crate) mod session;
pub(crate) mod token;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;

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
        let name = match parts.headers.get(header::AUTHORIZATION) {
            Some(value) => {
                let token = value.to_str().ok().and_then(bearer).ok_or(Error::Unauthenticated)?;
                token::find_api_token(&app.pool, &token).await?
            }
            None => {
                let token = session::token_of(&CookieJar::from_headers(&parts.headers), app.cookie_secure);
                session::find(&app.pool, &token.ok_or(Error::Unauthenticated)?).await?
            }
        };
        name.map(|name| Self { name }).ok_or(Error::Unauthenticated)
    }
}

fn bearer(header: &str) -> Option<Token> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Token::from(token.trim()))
}
