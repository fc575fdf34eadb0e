//! Sessions: kept here, known to the browser only as a random token in a cookie.

use std::time::Duration;

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use sqlx::{PgConnection, PgExecutor};

use super::password::User;
use super::token::Token;
use super::{Kind, Producer, Role};
use crate::error::Error;

/// How long a session lasts after signing in: a working day.
const SESSION_LIFE: Duration = Duration::from_secs(12 * 3600);

/// With the prefix, browsers let only this host set it, over HTTPS.
const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-sessao" } else { "sessao" }
}

/// The session's token that the browser sent.
pub(crate) fn token_of(jar: &CookieJar, is_secure: bool) -> Option<Token> {
    jar.get(cookie_name(is_secure)).map(|cookie| Token::from(cookie.value()))
}

/// The cookie that carries `token`; no script can read it and no other site's form sends it.
pub(crate) fn cookie(token: &Token, is_secure: bool) -> Cookie<'static> {
    let cookie = Cookie::build((cookie_name(is_secure), token.reveal().to_owned()));
    cookie.path("/").http_only(true).same_site(SameSite::Lax).secure(is_secure).build()
}

/// The cookie that makes the browser forget its session.
pub(crate) fn no_cookie(is_secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(&Token::from(""), is_secure);
    cookie.make_removal();
    cookie
}

/// Begins a session, and clears away those that have ended.
///
/// # Errors
/// [`Error::WrongPassword`] when the user was deactivated or given another password since theirs was checked.
pub(crate) async fn begin(connection: &mut PgConnection, user: &User) -> Result<Token, Error> {
    let token = Token::random();
    sqlx::query!("DELETE FROM session WHERE expires_at <= now()").execute(&mut *connection).await?;
    let stands = sqlx::query!(
        "UPDATE producer SET last_sign_in_at = now() WHERE id = $1 AND active AND password_hash = $2",
        user.id,
        user.password_hash
    )
    .execute(&mut *connection)
    .await?;
    if stands.rows_affected() == 0 {
        return Err(Error::WrongPassword);
    }
    sqlx::query!(
        "INSERT INTO session (token_hash, producer, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))",
        &token.hash()[..],
        user.id,
        SESSION_LIFE.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(token)
}

/// Whose a session is.
#[derive(Debug)]
pub(crate) struct Owner {
    /// Their number.
    pub(crate) user: i32,
    /// Whether they must choose a password of their own before anything else.
    pub(crate) must_change_password: bool,
    pub(crate) producer: Producer,
}

/// Whose session this is, if it hasn't ended and they may still come in.
pub(crate) async fn find(executor: impl PgExecutor<'_>, token: &Token) -> Result<Option<Owner>, Error> {
    let found = sqlx::query!(
        r#"SELECT p.id, p.name, p.role, p.one_time_until IS NOT NULL AS "must_change_password!"
           FROM session s JOIN producer p ON p.id = s.producer
           WHERE s.token_hash = $1 AND s.expires_at > now() AND p.active"#,
        &token.hash()[..]
    )
    .fetch_optional(executor)
    .await?;
    let owner = found.map(|found| {
        let producer = Producer { name: found.name, kind: Kind::User, role: Role::stored(&found.role)? };
        Ok::<_, Error>(Owner { user: found.id, must_change_password: found.must_change_password, producer })
    });
    owner.transpose()
}

/// Ends a session.
pub(crate) async fn end(executor: impl PgExecutor<'_>, token: &Token) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM session WHERE token_hash = $1", &token.hash()[..]).execute(executor).await?;
    Ok(())
}
