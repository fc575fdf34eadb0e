//! Users in Postgres. What is changed is written into the audit by the same transaction.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgExecutor, PgPool, Postgres, Transaction};

use super::UserView;
use crate::audit::{self, Action};
use crate::auth::{Producer, Role};
use crate::error::Error;
use crate::tokens;

/// The most users that a list holds.
const LISTED_MAX: i64 = 500;
/// For how long a password that a director chose lets its user in.
const ONE_TIME_LIFE: Duration = Duration::from_secs(72 * 3600);

/// All users, by name.
pub(crate) async fn list(pool: &PgPool) -> Result<Vec<UserView>, Error> {
    select(pool, None).await
}

/// Adds a user with a one-time password.
pub(crate) async fn add(
    pool: &PgPool,
    producer: &Producer,
    name: &str,
    role: Role,
    password_hash: &str,
) -> Result<UserView, Error> {
    let mut transaction = pool.begin().await?;
    let added = sqlx::query_scalar!(
        "INSERT INTO producer (name, role, password_hash, one_time_until)
         VALUES ($1, $2, $3, now() + make_interval(secs => $4)) RETURNING id",
        name,
        role.name(),
        password_hash,
        ONE_TIME_LIFE.as_secs_f64()
    )
    .fetch_one(&mut *transaction)
    .await;
    if let Err(sqlx::Error::Database(error)) = &added
        && error.is_unique_violation()
    {
        return Err(Error::NameTaken);
    }
    let user = find(&mut *transaction, added?).await?;
    audit::write(&mut *transaction, producer, Action::AddUser, name, &json!({"role": role})).await?;
    transaction.commit().await?;
    Ok(user)
}

/// Gives a user another role; tokens that they made and that may more than they end.
pub(crate) async fn set_role(pool: &PgPool, producer: &Producer, id: i32, role: Role) -> Result<UserView, Error> {
    let mut transaction = pool.begin().await?;
    let before = lock(&mut transaction, id).await?;
    sqlx::query!("UPDATE producer SET role = $2 WHERE id = $1", id, role.name()).execute(&mut *transaction).await?;
    tokens::store::revoke_of(&mut transaction, producer, id, Some(role)).await?;
    refuse_without_director(&mut transaction).await?;
    let detail = json!({"from": before.role, "to": role});
    finish(transaction, producer, Action::SetRole, id, &detail).await
}

/// Lets a user in, or no more; then their sessions and the tokens that they made end.
pub(crate) async fn set_active(pool: &PgPool, producer: &Producer, id: i32, active: bool) -> Result<UserView, Error> {
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, id).await?;
    sqlx::query!("UPDATE producer SET active = $2 WHERE id = $1", id, active).execute(&mut *transaction).await?;
    if !active {
        end_sessions(&mut *transaction, id).await?;
        tokens::store::revoke_of(&mut transaction, producer, id, None).await?;
    }
    refuse_without_director(&mut transaction).await?;
    let action = if active { Action::ActivateUser } else { Action::DeactivateUser };
    finish(transaction, producer, action, id, &json!({})).await
}

/// Gives a user a one-time password, and ends their sessions.
pub(crate) async fn set_one_time_password(
    pool: &PgPool,
    producer: &Producer,
    id: i32,
    password_hash: &str,
) -> Result<UserView, Error> {
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, id).await?;
    sqlx::query!(
        "UPDATE producer SET password_hash = $2, one_time_until = now() + make_interval(secs => $3) WHERE id = $1",
        id,
        password_hash,
        ONE_TIME_LIFE.as_secs_f64()
    )
    .execute(&mut *transaction)
    .await?;
    end_sessions(&mut *transaction, id).await?;
    refuse_without_director(&mut transaction).await?;
    finish(transaction, producer, Action::ResetPassword, id, &json!({})).await
}

/// Ends a user's sessions.
pub(crate) async fn end_sessions(executor: impl PgExecutor<'_>, id: i32) -> sqlx::Result<u64> {
    Ok(sqlx::query!("DELETE FROM session WHERE producer = $1", id).execute(executor).await?.rows_affected())
}

/// Whether there is somebody who can let people in. A one-time password may never be used, so its director doesn't count.
pub(crate) async fn has_director(executor: impl PgExecutor<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM producer WHERE role = 'director' AND active AND one_time_until IS NULL
           ) AS "there!""#
    )
    .fetch_one(executor)
    .await
}

async fn refuse_without_director(transaction: &mut PgConnection) -> Result<(), Error> {
    if has_director(transaction).await? { Ok(()) } else { Err(Error::LastDirector) }
}

/// Locks the directors, so that no two of them are taken away at once, and then the user.
async fn lock(transaction: &mut PgConnection, id: i32) -> Result<UserView, Error> {
    sqlx::query!("SELECT id FROM producer WHERE role = 'director' OR id = $1 ORDER BY id FOR UPDATE", id)
        .fetch_all(&mut *transaction)
        .await?;
    find(transaction, id).await
}

async fn finish(
    mut transaction: Transaction<'_, Postgres>,
    producer: &Producer,
    action: Action,
    id: i32,
    detail: &Value,
) -> Result<UserView, Error> {
    let user = find(&mut *transaction, id).await?;
    audit::write(&mut *transaction, producer, action, &user.name, detail).await?;
    transaction.commit().await?;
    Ok(user)
}

async fn find(executor: impl PgExecutor<'_>, id: i32) -> Result<UserView, Error> {
    select(executor, Some(id)).await?.pop().ok_or(Error::UserUnknown)
}

async fn select(executor: impl PgExecutor<'_>, id: Option<i32>) -> Result<Vec<UserView>, Error> {
    let rows = sqlx::query!(
        r#"SELECT id, name, role, active,
                  (extract(epoch FROM one_time_until) * 1000)::bigint AS one_time_until,
                  (extract(epoch FROM last_sign_in_at) * 1000)::bigint AS last_sign_in_at,
                  (extract(epoch FROM created_at) * 1000)::bigint AS "created_at!"
           FROM producer WHERE $1::integer IS NULL OR id = $1
           ORDER BY name LIMIT $2"#,
        id,
        LISTED_MAX
    )
    .fetch_all(executor)
    .await?;
    let users = rows.into_iter().map(|row| {
        Ok(UserView {
            id: row.id,
            name: row.name,
            role: Role::stored(&row.role)?,
            active: row.active,
            one_time_until: row.one_time_until.map(timestamp).transpose()?,
            last_sign_in_at: row.last_sign_in_at.map(timestamp).transpose()?,
            created_at: timestamp(row.created_at)?,
        })
    });
    users.collect()
}

fn timestamp(millis: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(millis).map_err(|error| Error::Internal(error.into()))
}
