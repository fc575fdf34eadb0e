//! The commands besides `serve`.

use anyhow::{Context, bail, ensure};
use sqlx::{Connection, PgConnection, PgPool};
use voting_commons::adapters::postgres::{self, PostgresArgs};

use crate::auth::password;
use crate::auth::token::Token;

/// The shortest password, in bytes.
const PASSWORD_BYTES_MIN: usize = 8;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: u64 = 1024;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Brings the schema up to date.
///
/// # Errors
/// When Postgres can't be reached or a migration fails.
pub async fn migrate(args: &PostgresArgs) -> anyhow::Result<()> {
    postgres::migrate(&pool(args).await?).await.context("the schema can't be brought up to date")
}

/// Adds a user, or changes the password of the one with this name and ends their sessions.
///
/// # Errors
/// When name or password is too long or too short, or Postgres fails.
pub async fn add_user(args: &PostgresArgs, name: &str, password: &str) -> anyhow::Result<()> {
    check_name(name)?;
    let bytes_max = usize::try_from(PASSWORD_BYTES_MAX).expect("it is small");
    if !(PASSWORD_BYTES_MIN..=bytes_max).contains(&password.len()) {
        bail!("the password must have {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes");
    }
    let hash = password::hash(password)?;
    let mut transaction = pool(args).await?.begin().await.context("Postgres can't be reached")?;
    let producer = sqlx::query_scalar!(
        "INSERT INTO producer (name, password_hash) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash
         RETURNING id",
        name,
        hash
    )
    .fetch_one(&mut *transaction)
    .await
    .context("the user can't be stored")?;
    sqlx::query!("DELETE FROM session WHERE producer = $1", producer).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Adds a script's token, in place of the one with this name if there is one, and returns it: it is stored nowhere.
///
/// # Errors
/// When the name is too long or empty, or Postgres fails.
pub async fn add_token(args: &PostgresArgs, name: &str) -> anyhow::Result<String> {
    check_name(name)?;
    let token = Token::random();
    sqlx::query!(
        "INSERT INTO api_token (token_hash, name) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET token_hash = excluded.token_hash, created_at = now()",
        &token.hash()[..],
        name
    )
    .execute(&pool(args).await?)
    .await
    .context("the token can't be stored")?;
    Ok(token.reveal().to_owned())
}

fn check_name(name: &str) -> anyhow::Result<()> {
    ensure!(
        (1..=NAME_CHARS_MAX).contains(&name.chars().count()),
        "the name must have 1 to {NAME_CHARS_MAX} characters"
    );
    Ok(())
}

/// A pool that has connected once: otherwise a database that isn't there would only show as a wait in vain.
async fn pool(args: &PostgresArgs) -> anyhow::Result<PgPool> {
    let pool = args.pool("production-frontend", 1).context("DATABASE_URL can't be read")?;
    let connection = PgConnection::connect_with(&pool.connect_options()).await.context("Postgres can't be reached")?;
    connection.close().await?;
    Ok(pool)
}
