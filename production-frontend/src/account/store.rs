//! One's own account in Postgres.

use serde_json::json;
use sqlx::PgPool;

use super::AccountView;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::auth::password::User;
use crate::error::Error;
use crate::users::store::end_sessions;

pub(crate) async fn show(pool: &PgPool, account: &Account) -> Result<AccountView, Error> {
    let found = sqlx::query!(
        r#"SELECT one_time_until IS NOT NULL AS "must_change!",
                  (SELECT count(*) FROM session WHERE producer = p.id AND expires_at > now()) AS "sessions!"
           FROM producer p WHERE id = $1"#,
        account.user
    )
    .fetch_one(pool)
    .await?;
    Ok(AccountView {
        name: account.producer.name.clone(),
        role: account.producer.role,
        must_change_password: found.must_change,
        sessions: found.sessions,
    })
}

/// Stores the hash of a new password, unless another one was stored since `user` proved to know the one before.
pub(crate) async fn set_password(pool: &PgPool, account: &Account, user: &User, hash: &str) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    let changed = sqlx::query!(
        "UPDATE producer SET password_hash = $3, one_time_until = NULL WHERE id = $1 AND password_hash = $2",
        user.id,
        user.password_hash,
        hash
    )
    .execute(&mut *transaction)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(Error::CurrentPasswordWrong);
    }
    sqlx::query!("DELETE FROM session WHERE producer = $1 AND token_hash <> $2", user.id, &account.session.hash()[..])
        .execute(&mut *transaction)
        .await?;
    let producer = &account.producer;
    audit::write(&mut *transaction, producer, Action::ChangePassword, &producer.name, &json!({})).await?;
    transaction.commit().await?;
    Ok(())
}

pub(crate) async fn sign_out_everywhere(pool: &PgPool, account: &Account) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    let sessions = end_sessions(&mut *transaction, account.user).await?;
    let (producer, detail) = (&account.producer, json!({"sessions": sessions}));
    audit::write(&mut *transaction, producer, Action::SignOutEverywhere, &producer.name, &detail).await?;
    transaction.commit().await?;
    Ok(())
}
