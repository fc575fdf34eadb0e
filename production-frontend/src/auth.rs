//! Who asks: a producer with a session's cookie, or a script with a bearer token.

pub(crate) mod attempts;
pub(crate) mod password;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod token;

use std::net::IpAddr;

use anyhow::Context;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum_extra::extract::CookieJar;
use sqlx::PgPool;
use voting_commons::adapters::edge::client::Client;

use crate::app::App;
use crate::error::Error;
use crate::name::{is_name, is_plain};
use password::User;
pub(crate) use role::Role;
use token::Token;

/// The longest name of a user or a token, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 100;

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

/// A user with a session, for what is about themselves; also one who must choose a password of their own first.
#[derive(Debug)]
pub(crate) struct Account {
    /// Their number.
    pub(crate) user: i32,
    pub(crate) producer: Producer,
    pub(crate) session: Token,
}

/// The address of whoever asks, for limits; it is written nowhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) IpAddr);

impl Producer {
    /// Who asks with these headers, if anybody who may come in does.
    pub(crate) async fn of(headers: &HeaderMap, app: &App) -> Option<Self> {
        Credentials::sent(headers, app).ok()?.producer(&app.pool).await.ok()?
    }

    /// Whether they may do what an operator may, so that pages show only buttons that work.
    pub(crate) fn operates(&self) -> bool {
        self.role >= Role::Operator
    }

    /// Whether they may do what a director may.
    pub(crate) fn directs(&self) -> bool {
        self.role >= Role::Director
    }

    /// Themselves, if they may do what `needed` may.
    fn with(self, needed: Role) -> Result<Self, Error> {
        if self.role >= needed { Ok(self) } else { Err(Error::RoleTooLow { needed, has: self.role }) }
    }
}

/// Tries the password of the user called `name`, as often as attempts are allowed from there.
///
/// # Errors
/// [`Error::TooManyAttempts`], or what is wrong with the password.
pub(crate) async fn try_password(app: &App, name: &str, password: String, address: IpAddr) -> Result<User, Error> {
    app.attempts.begin(name, address)?;
    let user = app.passwords.check(&app.pool, name, password).await?;
    app.attempts.forgive(name, address);
    Ok(user)
}

impl FromRequestParts<App> for Producer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Credentials::sent(&parts.headers, app)?.producer(&app.pool).await?.ok_or(Error::Unauthenticated)
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

impl FromRequestParts<App> for Account {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        match Credentials::sent(&parts.headers, app)? {
            Credentials::Session(session) => {
                let owner = session::find(&app.pool, &session).await?.ok_or(Error::Unauthenticated)?;
                Ok(Self { user: owner.user, producer: owner.producer, session })
            }
            Credentials::ApiToken(token) => {
                token::find_api_token(&app.pool, &token).await?.ok_or(Error::Unauthenticated)?;
                Err(Error::NotAUser)
            }
        }
    }
}

impl FromRequestParts<App> for Address {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let client = parts.extensions.get::<Client>().context("the gate tells nobody's address")?;
        Ok(Self(client.address))
    }
}

/// The name of a user or of a token, which people can read on one line and tell from others.
///
/// # Errors
/// [`Error::NameInvalid`].
pub(crate) fn check_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    if is_name(name, NAME_CHARS_MAX) && is_plain(name) { Ok(name) } else { Err(Error::NameInvalid) }
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
    fn sent(headers: &HeaderMap, app: &App) -> Result<Self, Error> {
        let sent = match headers.get(header::AUTHORIZATION) {
            Some(value) => value.to_str().ok().and_then(bearer).map(Self::ApiToken),
            None => {
                let jar = CookieJar::from_headers(headers);
                session::token_of(&jar, app.cookie_secure).map(Self::Session)
            }
        };
        sent.ok_or(Error::Unauthenticated)
    }

    /// Whose they are; nobody's once the session has ended or the token was replaced.
    ///
    /// # Errors
    /// [`Error::PasswordMustChange`] until whoever signed in with a one-time password has chosen their own.
    pub(crate) async fn producer(&self, pool: &PgPool) -> Result<Option<Producer>, Error> {
        match self {
            Self::Session(token) => match session::find(pool, token).await? {
                Some(owner) if owner.must_change_password => Err(Error::PasswordMustChange),
                owner => Ok(owner.map(|owner| owner.producer)),
            },
            Self::ApiToken(token) => token::find_api_token(pool, token).await,
        }
    }
}

impl FromRequestParts<App> for Credentials {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let credentials = Self::sent(&parts.headers, app)?;
        credentials.producer(&app.pool).await?.ok_or(Error::Unauthenticated)?;
        Ok(credentials)
    }
}

fn bearer(header: &str) -> Option<Token> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Token::from(token.trim()))
}
