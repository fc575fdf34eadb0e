//! The commands besides `serve`.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use serde_json::json;
use sqlx::{Connection, PgConnection, PgPool};
use voting_commons::adapters::postgres::{self, PostgresArgs};

use crate::audit::{self, Action};
use crate::auth::password::{self, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN};
use crate::auth::token::Token;
use crate::auth::{self, Kind, NAME_CHARS_MAX, Producer, Role};
use crate::publication::verify::{Package, verify};
use crate::tokens;
use crate::users::store;

/// How much of the standard input is read for a password, in bytes: the longest one, the end of its line, and one more,
/// which tells that it is too long.
pub const PASSWORD_INPUT_BYTES_MAX: u64 = PASSWORD_BYTES_MAX as u64 + 3;
/// The role of a new user of whom nothing else is said: the first must be one who can let in the others.
const USER_ROLE: Role = Role::Director;
/// The role of a new token of which nothing else is said.
const TOKEN_ROLE: Role = Role::Operator;

/// Brings the schema up to date and, if there are `service_roles`, gives them their rights.
///
/// # Errors
/// When Postgres can't be reached, a migration fails or a role isn't there.
pub async fn migrate(args: &PostgresArgs, service_roles: bool) -> anyhow::Result<()> {
    let pool = pool(args).await?;
    postgres::migrate(&pool).await.context("the schema can't be brought up to date")?;
    if service_roles {
        postgres::grant_rights(&pool).await.context("the services' roles can't be given their rights")?;
    }
    Ok(())
}

/// Adds a user in the name of `who`, or changes the password of the one with this name, lets them in again if they were
/// deactivated, and ends their sessions. Without a role a new user is a director, and one who was there keeps theirs.
///
/// # Errors
/// When name or password is too long or too short, or Postgres fails.
pub async fn add_user(
    args: &PostgresArgs,
    who: &str,
    name: &str,
    role: Option<Role>,
    password: &str,
) -> anyhow::Result<()> {
    let (name, who) = (check_name("the name", name)?, check_name("the name of whoever does it", who)?);
    ensure!(password::is_usable(password), "the password must have {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes");
    let hash = password::hash(password)?;
    let mut transaction = pool(args).await?.begin().await.context("Postgres can't be reached")?;
    let producer = sqlx::query!(
        r#"INSERT INTO producer (name, password_hash, role) VALUES ($1, $2, coalesce($3, $4))
         ON CONFLICT (name COLLATE "default") DO UPDATE SET password_hash = excluded.password_hash, role = coalesce($3, producer.role),
                                          active = true, one_time_until = NULL
         RETURNING id, role"#,
        name,
        hash,
        role.map(Role::name),
        USER_ROLE.name()
    )
    .fetch_one(&mut *transaction)
    .await
    .map_err(|error| in_words(error, name, "the user can't be stored"))?;
    store::end_sessions(&mut *transaction, producer.id).await?;
    let role = Role::stored(&producer.role)?;
    tokens::store::revoke_of(&mut transaction, &operator(who), producer.id, Some(role)).await?;
    ensure!(
        store::has_director(&mut *transaction).await?,
        "there must be an active director: who else would let people in"
    );
    let detail = json!({"role": role});
    audit::write(&mut *transaction, &operator(who), Action::AddUser, name, &detail).await?;
    transaction.commit().await?;
    Ok(())
}

/// Adds a script's token in the name of `who`, in place of the one with this name if there is one, and returns it: it is
/// stored nowhere. Without a role a new one is an operator's, and one that was there keeps its role.
///
/// # Errors
/// When the name is too long or empty, or Postgres fails.
pub async fn add_token(args: &PostgresArgs, who: &str, name: &str, role: Option<Role>) -> anyhow::Result<String> {
    let (name, who) = (check_name("the name", name)?, check_name("the name of whoever does it", who)?);
    let token = Token::random();
    let mut transaction = pool(args).await?.begin().await.context("Postgres can't be reached")?;
    let stored = sqlx::query_scalar!(
        r#"INSERT INTO api_token (token_hash, name, role) VALUES ($1, $2, coalesce($3, $4))
         ON CONFLICT (name COLLATE "default") DO UPDATE SET token_hash = excluded.token_hash, role = coalesce($3, api_token.role),
                                          made_by = NULL, created_at = now()
         RETURNING role"#,
        &token.hash()[..],
        name,
        role.map(Role::name),
        TOKEN_ROLE.name()
    )
    .fetch_one(&mut *transaction)
    .await
    .map_err(|error| in_words(error, name, "the token can't be stored"))?;
    let detail = json!({"role": stored});
    audit::write(&mut *transaction, &operator(who), Action::AddToken, name, &detail).await?;
    transaction.commit().await?;
    Ok(token.reveal().to_owned())
}

/// Says in a sentence that the result in `files`, a JSON file and perhaps its CSV, is genuine by the public key in `key`.
/// Without `signature` it is taken from beside the JSON.
///
/// # Errors
/// When a file can't be read, or the result isn't genuine.
pub fn verify_result(files: &[PathBuf], signature: Option<PathBuf>, key: &Path) -> anyhow::Result<String> {
    let (is_csv, is_json) = (|file: &&PathBuf| has_end(file, "csv"), |file: &&PathBuf| !has_end(file, "csv"));
    let json = files.iter().find(is_json).context("the result in JSON is missing")?;
    ensure!(files.iter().filter(is_json).count() == 1, "there is more than one result in JSON");
    let signature = signature.unwrap_or_else(|| {
        let mut beside = json.clone().into_os_string();
        beside.push(".sig");
        beside.into()
    });
    ensure!(files.iter().filter(is_csv).count() <= 1, "there is more than one CSV");
    let csv = files.iter().find(is_csv).map(|file| read(file)).transpose()?;
    let package = Package { json: &read(json)?, signature: &read(&signature)?, csv: csv.as_deref() };
    let key = String::from_utf8(read(key)?).context("the key isn't text")?;
    let signed = verify(&package, &key).context("NOT genuine")?;
    let (result, csv) = (&signed.result, if package.csv.is_some() { ", and so is its CSV" } else { "" });
    Ok(format!(
        "genuine{csv}: {:?} ({}), {} votes before {}, proposed by {}, confirmed by {} and published at {}, signed by the key {}",
        result.title,
        result.slug,
        result.total,
        result.closes_at,
        signed.proposed_by,
        signed.confirmed_by,
        signed.published_at,
        signed.key_id
    ))
}

fn has_end(file: &Path, end: &str) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("can't read {}", file.display()))
}

/// Whoever can give commands on the machine may do everything.
fn operator(who: &str) -> Producer {
    Producer { name: who.to_owned(), kind: Kind::Command, role: Role::Director }
}

fn check_name<'n>(what: &str, name: &'n str) -> anyhow::Result<&'n str> {
    auth::check_name(name).map_err(|_| {
        anyhow!("{what} must have 1 to {NAME_CHARS_MAX} characters that can be seen, with single spaces between words")
    })
}

/// Says in a sentence that `name` looks like another one, if that is why `error` came.
fn in_words(error: sqlx::Error, name: &str, otherwise: &'static str) -> anyhow::Error {
    match &error {
        sqlx::Error::Database(refused) if refused.is_unique_violation() => {
            anyhow!("{name:?} looks like a name that is there already, and isn't the same")
        }
        _ => anyhow::Error::new(error).context(otherwise),
    }
}

/// A pool that has connected once: otherwise a database that isn't there would only show as a wait in vain.
async fn pool(args: &PostgresArgs) -> anyhow::Result<PgPool> {
    let pool = args.pool("production-frontend", 1).context("DATABASE_URL can't be read")?;
    let connection = PgConnection::connect_with(&pool.connect_options()).await.context("Postgres can't be reached")?;
    connection.close().await?;
    Ok(pool)
}
