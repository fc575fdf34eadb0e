//! Scripts' tokens in Postgres.

use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{NewTokenView, TokenView};
use crate::audit::{self, Action};
use crate::auth::token::Token;
use crate::auth::{Producer, Role};
use crate::error::Error;

/// The most tokens that a list holds.
const LISTED_MAX: i64 = 500;

/// All tokens, by name.
pub(crate) async fn list(pool: &PgPool) -> Result<Vec<TokenView>, Error> {
    let rows = sqlx::query!(
        r#"SELECT t.id, t.name, t.role, p.name AS "made_by?",
                  (extract(epoch FROM t.created_at) * 1000)::bigint AS "created_at!"
           FROM api_token t LEFT JOIN producer p ON p.id = t.made_by
           ORDER BY t.name LIMIT $1"#,
        LISTED_MAX
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|row| view(row.id, row.name, &row.role, row.made_by, row.created_at)).collect()
}

/// Makes a token. One that a token makes is its maker's too.
pub(crate) async fn add(pool: &PgPool, producer: &Producer, name: &str, role: Role) -> Result<NewTokenView, Error> {
    let secret = Token::random();
    let mut transaction = pool.begin().await?;
    let added = sqlx::query!(
        r#"INSERT INTO api_token (token_hash, name, role, made_by)
           SELECT $1, $2, $3, CASE $4 WHEN 'token' THEN (SELECT made_by FROM api_token WHERE name = $5)
                                      ELSE (SELECT id FROM producer WHERE name = $5) END
           RETURNING id, (SELECT name FROM producer p WHERE p.id = made_by) AS made_by,
                     (extract(epoch FROM created_at) * 1000)::bigint AS "created_at!""#,
        &secret.hash()[..],
        name,
        role.name(),
        producer.kind.name(),
        producer.name
    )
    .fetch_one(&mut *transaction)
    .await;
    if let Err(sqlx::Error::Database(error)) = &added
        && error.is_unique_violation()
    {
        return Err(Error::NameTaken);
    }
    let added = added?;
    audit::write(&mut *transaction, producer, Action::AddToken, name, &json!({"role": role})).await?;
    transaction.commit().await?;
    let token = view(added.id, name.to_owned(), role.name(), added.made_by, added.created_at)?;
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

/// Forgets the tokens that a user made and that may more than `left` to them; without it, all.
pub(crate) async fn revoke_of(
    transaction: &mut PgConnection,
    producer: &Producer,
    user: i32,
    left: Option<Role>,
) -> sqlx::Result<()> {
    let roles: Vec<_> =
        Role::ALL.into_iter().filter(|role| Some(*role) > left).map(|role| role.name().to_owned()).collect();
    let names =
        sqlx::query_scalar!("DELETE FROM api_token WHERE made_by = $1 AND role = ANY($2) RETURNING name", user, &roles)
            .fetch_all(&mut *transaction)
            .await?;
    for name in names {
        audit::write(&mut *transaction, producer, Action::RevokeToken, &name, &json!({})).await?;
    }
    Ok(())
}

fn view(id: i32, name: String, role: &str, made_by: Option<String>, created_millis: i64) -> Result<TokenView, Error> {
    let created_at = Timestamp::from_millisecond(created_millis).map_err(anyhow::Error::from)?;
    Ok(TokenView { id, name, role: Role::stored(role)?, made_by, created_at })
}
