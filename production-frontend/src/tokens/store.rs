//! Scripts' tokens in Postgres.

use jiff::Timestamp;
use serde_json::json;
use sqlx::PgPool;

use super::{NewTokenView, TokenView};
use crate::audit::{self, Action};
use crate::auth::token::Token;
use crate::auth::{Producer, Role};
use crate::error::Error;

/// The most tokens that a list holds.
const LISTED_MAX: i64 = 500;
/// The name that Postgres gave to the constraint of distinct names.
const NAME_CONSTRAINT: &str = "api_token_name_key";

/// All tokens, by name.
pub(crate) async fn list(pool: &PgPool) -> Result<Vec<TokenView>, Error> {
    let rows = sqlx::query!(
        r#"SELECT id, name, role, (extract(epoch FROM created_at) * 1000)::bigint AS "created_at!"
           FROM api_token ORDER BY name LIMIT $1"#,
        LISTED_MAX
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|row| view(row.id, row.name, &row.role, row.created_at)).collect()
}

/// Makes a token.
pub(crate) async fn add(pool: &PgPool, producer: &Producer, name: &str, role: Role) -> Result<NewTokenView, Error> {
    let secret = Token::random();
    let mut transaction = pool.begin().await?;
    let added = sqlx::query!(
        r#"INSERT INTO api_token (token_hash, name, role) VALUES ($1, $2, $3)
           RETURNING id, (extract(epoch FROM created_at) * 1000)::bigint AS "created_at!""#,
        &secret.hash()[..],
        name,
        role.name()
    )
    .fetch_one(&mut *transaction)
    .await;
    if let Err(sqlx::Error::Database(error)) = &added
        && error.constraint() == Some(NAME_CONSTRAINT)
    {
        return Err(Error::NameTaken);
    }
    let added = added?;
    audit::write(&mut *transaction, producer, Action::AddToken, name, &json!({"role": role})).await?;
    transaction.commit().await?;
    let token = view(added.id, name.to_owned(), role.name(), added.created_at)?;
    Ok(NewTokenView { token, secret: secret.reveal().to_owned() })
}

/// Forgets a token.
pub(crate) async fn revoke(pool: &PgPool, producer: &Producer, id: i32) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    let name = sqlx::query_scalar!("DELETE FROM api_token WHERE id = $1 RETURNING name", id)
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or(Error::TokenUnknown)?;
    audit::write(&mut *transaction, producer, Action::RevokeToken, &name, &json!({})).await?;
    transaction.commit().await?;
    Ok(())
}

fn view(id: i32, name: String, role: &str, created_millis: i64) -> Result<TokenView, Error> {
    let created_at = Timestamp::from_millisecond(created_millis).map_err(anyhow::Error::from)?;
    Ok(TokenView { id, name, role: Role::stored(role)?, created_at })
}
