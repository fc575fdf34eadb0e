//! Paredões in Postgres.

use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgExecutor, PgPool};
use voting_commons::Visibility;

use super::draft::Draft;
use super::picture::Picture;
use super::{PHOTOS, ParedaoView, ParticipantView, Status};
use crate::audit::{self, Action};
use crate::auth::Producer;
use crate::error::Error;

/// The most paredões that a list holds.
const LISTED_MAX: i64 = 200;
/// The name that Postgres gave to the constraint of distinct slugs.
const SLUG_CONSTRAINT: &str = "paredao_slug_key";

/// A paredão and its key.
#[derive(Debug, Clone)]
pub(crate) struct Paredao {
    pub(crate) id: i32,
    /// When it was read, by the database's clock, to the millisecond.
    pub(crate) as_of: Timestamp,
    pub(crate) view: ParedaoView,
}

/// The newest paredões, the newest first.
pub(crate) async fn list(pool: &PgPool) -> Result<Vec<ParedaoView>, Error> {
    let paredoes = select(pool, None).await?;
    Ok(paredoes.into_iter().map(|paredao| paredao.view).collect())
}

/// The paredão with this slug.
pub(crate) async fn find(executor: impl PgExecutor<'_>, slug: &str) -> Result<Paredao, Error> {
    let mut found = select(executor, Some(slug)).await?;
    found.pop().ok_or(Error::ParedaoUnknown)
}

async fn select(executor: impl PgExecutor<'_>, slug: Option<&str>) -> Result<Vec<Paredao>, Error> {
    let rows = sqlx::query_file!("src/paredao/paredoes.sql", slug, LISTED_MAX).fetch_all(executor).await?;
    let paredoes = rows.chunk_by(|a, b| a.id == b.id).map(|rows| {
        let first = &rows[0];
        let (opens_at, closes_at) = (timestamp(first.opens_at)?, timestamp(first.closes_at)?);
        let now = Timestamp::from_millisecond(first.now).map_err(anyhow::Error::from)?;
        let visibility: Visibility = first.visibility.parse().map_err(anyhow::Error::from)?;
        let participants = rows.iter().filter_map(|row| {
            let photo_url = row.photo.as_ref().map(|hash| format!("{PHOTOS}{hash}"));
            Some(ParticipantView { id: row.participant?, name: row.name.clone()?, photo_url })
        });
        let view = ParedaoView {
            slug: first.slug.clone(),
            title: first.title.clone(),
            status: if first.is_published { Status::Published } else { Status::at(now, opens_at, closes_at) },
            opens_at,
            closes_at,
            shards: first.shards,
            visibility: visibility.name(),
            revision: first.revision.clone(),
            participants: participants.collect(),
        };
        Ok(Paredao { id: first.id, as_of: now, view })
    });
    paredoes.collect()
}

fn timestamp(seconds: Option<i64>) -> Result<Option<Timestamp>, Error> {
    seconds.map(Timestamp::from_second).transpose().map_err(|error| Error::Internal(error.into()))
}

/// Stores a new paredão; `pictures` are its participants', in order.
pub(crate) async fn create(
    pool: &PgPool,
    producer: &Producer,
    draft: &Draft,
    pictures: &[Option<Picture>],
) -> Result<ParedaoView, Error> {
    let names: Vec<String> = draft.participants.iter().map(|participant| participant.name.clone()).collect();
    let hashes: Vec<Option<String>> = pictures.iter().map(|p| p.as_ref().map(|p| p.hash.clone())).collect();
    let bytes: Vec<Option<Vec<u8>>> = pictures.iter().map(|p| p.as_ref().map(|p| p.jpeg.clone())).collect();
    let mut transaction = pool.begin().await?;
    let stored = sqlx::query_file!(
        "src/paredao/create.sql",
        draft.slug,
        draft.title,
        draft.opens_at.map(Timestamp::as_second),
        draft.closes_at.map(Timestamp::as_second),
        &names,
        &hashes as &[Option<String>],
        &bytes as &[Option<Vec<u8>>],
        i16::from(draft.shards.get()),
        draft.visibility.name(),
    )
    .execute(&mut *transaction)
    .await;
    if let Err(sqlx::Error::Database(error)) = &stored
        && error.constraint() == Some(SLUG_CONSTRAINT)
    {
        return Err(Error::SlugTaken);
    }
    stored?;
    let view = find(&mut *transaction, &draft.slug).await?.view;
    let detail = json!({
        "title": view.title, "opens_at": view.opens_at, "closes_at": view.closes_at, "shards": view.shards,
        "visibility": view.visibility, "participants": names,
    });
    audit::write(&mut *transaction, producer, Action::CreateParedao, &draft.slug, &detail).await?;
    transaction.commit().await?;
    Ok(view)
}

/// Opens a paredão at the current minute. One that is open stays as it is.
pub(crate) async fn open(pool: &PgPool, producer: &Producer, slug: &str) -> Result<ParedaoView, Error> {
    let mut transaction = pool.begin().await?;
    let opened = sqlx::query!(
        "UPDATE paredao SET opens_at = date_trunc('minute', now())
         WHERE slug = $1 AND (opens_at IS NULL OR opens_at > now())
           AND (closes_at IS NULL OR closes_at > date_trunc('minute', now()))",
        slug
    )
    .execute(&mut *transaction)
    .await?;
    let view = find(&mut *transaction, slug).await?.view;
    if opened.rows_affected() > 0 {
        let detail = json!({"opens_at": view.opens_at, "closes_at": view.closes_at});
        audit::write(&mut *transaction, producer, Action::OpenParedao, slug, &detail).await?;
    } else if view.status != Status::Open {
        return Err(Error::AlreadyClosed);
    }
    transaction.commit().await?;
    Ok(view)
}

/// Closes a paredão at the next minute: ballots of the current one are out. One that closes no later stays as it is.
pub(crate) async fn close(pool: &PgPool, producer: &Producer, slug: &str) -> Result<ParedaoView, Error> {
    let mut transaction = pool.begin().await?;
    let closed = sqlx::query!(
        "UPDATE paredao SET closes_at = date_trunc('minute', now()) + interval '1 minute'
         WHERE slug = $1 AND opens_at <= now()
           AND (closes_at IS NULL OR closes_at > date_trunc('minute', now()) + interval '1 minute')",
        slug
    )
    .execute(&mut *transaction)
    .await?;
    let view = find(&mut *transaction, slug).await?.view;
    if matches!(view.status, Status::Draft | Status::Scheduled) {
        return Err(Error::NotOpen);
    }
    if closed.rows_affected() > 0 {
        let detail = json!({"closes_at": view.closes_at});
        audit::write(&mut *transaction, producer, Action::CloseParedao, slug, &detail).await?;
    }
    transaction.commit().await?;
    Ok(view)
}
