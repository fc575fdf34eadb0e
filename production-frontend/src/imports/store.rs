//! Imports in Postgres.

use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgExecutor, PgPool};

use super::{ImportProgress, ImportView};
use crate::audit::{self, Action};
use crate::auth::Producer;
use crate::error::Error;
use crate::publication;

/// The most imports that a list holds.
const LISTED_MAX: i64 = 200;

/// The newest imports, the newest first.
pub(super) async fn list(pool: &PgPool) -> Result<Vec<ImportView>, Error> {
    select(pool, None).await
}

/// One import.
pub(super) async fn get(executor: impl PgExecutor<'_>, id: i32) -> Result<ImportView, Error> {
    select(executor, Some(id)).await?.pop().ok_or(Error::ImportUnknown)
}

/// Registers an import; its row says who did.
pub(super) async fn register(pool: &PgPool, producer: &Producer, slug: &str, what: &str) -> Result<ImportView, Error> {
    let mut transaction = pool.begin().await?;
    if publication::store::is_published(&mut *transaction, slug).await? {
        return Err(Error::AlreadyPublished);
    }
    let id = sqlx::query_scalar!(
        "INSERT INTO import (paredao, what, registered_by) SELECT id, $2, $3 FROM paredao WHERE slug = $1 RETURNING id",
        slug,
        what,
        producer.name
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let import = get(&mut *transaction, id.ok_or(Error::ParedaoUnknown)?).await?;
    let detail = json!({"paredao": slug, "what": what});
    audit::write(&mut *transaction, producer, Action::RegisterImport, &import.id.to_string(), &detail).await?;
    transaction.commit().await?;
    Ok(import)
}

/// Fixes of which file the import's lines are, over how many partitions they are spread, and that it was begun now, unless that
/// was done before.
pub(super) async fn begin(
    pool: &PgPool,
    producer: &Producer,
    id: i32,
    partitions: i32,
    file_sha256: &str,
) -> Result<ImportView, Error> {
    let mut transaction = pool.begin().await?;
    let published = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM import i JOIN publication r ON r.paredao = i.paredao WHERE i.id = $1
           ) AS "published!""#,
        id
    )
    .fetch_one(&mut *transaction)
    .await?;
    if published {
        return Err(Error::AlreadyPublished);
    }
    sqlx::query!(
        "UPDATE import SET partitions = coalesce(partitions, $2), file_sha256 = coalesce(file_sha256, $3),
                           begun_at = coalesce(begun_at, now())
         WHERE id = $1",
        id,
        partitions,
        file_sha256
    )
    .execute(&mut *transaction)
    .await?;
    let import = get(&mut *transaction, id).await?;
    if import.file_sha256.as_deref() != Some(file_sha256) {
        return Err(Error::ImportOfAnotherFile);
    }
    let detail = json!({"paredao": import.paredao, "file_sha256": file_sha256});
    audit::write(&mut *transaction, producer, Action::BeginImport, &id.to_string(), &detail).await?;
    transaction.commit().await?;
    Ok(import)
}

/// How far the imports of a paredão are.
pub(crate) async fn progress(executor: impl PgExecutor<'_>, paredao: i32) -> Result<ImportProgress, Error> {
    let progress = sqlx::query_as!(
        ImportProgress,
        r#"SELECT count(*) AS "imports!", count(*) FILTER (WHERE i.begun_at IS NULL) AS "not_begun!",
                  coalesce(sum((SELECT sum(counted) FROM import_position WHERE import = i.id)), 0)::bigint AS "counted!"
           FROM import i WHERE i.paredao = $1"#,
        paredao
    );
    Ok(progress.fetch_one(executor).await?)
}

async fn select(executor: impl PgExecutor<'_>, id: Option<i32>) -> Result<Vec<ImportView>, Error> {
    let rows = sqlx::query!(
        r#"SELECT i.id, p.slug, p.id AS paredao, i.what, i.partitions, i.file_sha256, i.registered_by,
                  (SELECT coalesce(sum(counted), 0)::bigint FROM import_position WHERE import = i.id) AS "counted!",
                  extract(epoch FROM i.registered_at)::bigint AS "registered_at!",
                  (extract(epoch FROM i.begun_at) * 1000000)::bigint AS begun_at
           FROM import i JOIN paredao p ON p.id = i.paredao
           WHERE $1::integer IS NULL OR i.id = $1
           ORDER BY i.id DESC LIMIT $2"#,
        id,
        LISTED_MAX
    )
    .fetch_all(executor)
    .await?;
    let views = rows.into_iter().map(|row| {
        Ok(ImportView {
            id: row.id,
            paredao: row.slug,
            paredao_id: row.paredao,
            what: row.what,
            partitions: row.partitions,
            file_sha256: row.file_sha256,
            counted: row.counted,
            registered_by: row.registered_by,
            registered_at: Timestamp::from_second(row.registered_at).map_err(anyhow::Error::from)?,
            begun_at: row.begun_at.map(Timestamp::from_microsecond).transpose().map_err(anyhow::Error::from)?,
        })
    });
    views.collect()
}
