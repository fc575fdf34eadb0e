//! Changing a paredão that is there. What may still change depends on whether anybody can have a ballot of it.

use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::draft::Draft;
use super::picture::Picture;
use super::store::find;
use super::{ParedaoView, Status};
use crate::audit::{self, Action};
use crate::auth::Producer;
use crate::error::Error;

/// From how long before its opening on a paredão stays as it is, and before its closing on it stays open no longer, in seconds:
/// voters' frontends may learn of a change so late. They must not open another one than this, nor show a result that is for
/// after the closing while others still vote.
const UNCHANGED_SECONDS_BEFORE: f64 = 10.0;

/// A participant's picture after a change.
#[derive(Debug, Clone)]
pub(crate) enum Photo {
    /// None.
    None,
    /// One that is stored: its hash.
    Kept(String),
    /// A new one.
    New(Picture),
}

/// Changes a paredão that hasn't opened into `draft`; `photos` are its participants', in order. Its slug stays. What somebody else
/// changed since `revision` was read isn't overwritten, unless that is empty.
pub(crate) async fn edit(
    pool: &PgPool,
    producer: &Producer,
    slug: &str,
    revision: &str,
    draft: &Draft,
    photos: &[Photo],
) -> Result<ParedaoView, Error> {
    let mut transaction = pool.begin().await?;
    let id = editable(&mut transaction, slug).await?;
    find(&mut *transaction, slug).await?.view.must_be(revision)?;
    sqlx::query!(
        "UPDATE paredao SET title = $2, opens_at = to_timestamp($3::bigint), closes_at = to_timestamp($4::bigint),
                            shards = $5, visibility = $6
         WHERE id = $1",
        id,
        draft.title,
        draft.opens_at.map(Timestamp::as_second),
        draft.closes_at.map(Timestamp::as_second),
        i16::from(draft.shards.get()),
        draft.visibility.name(),
    )
    .execute(&mut *transaction)
    .await?;
    edit_participants(&mut transaction, id, draft, photos).await?;
    let view = find(&mut *transaction, slug).await?.view;
    let names: Vec<_> = view.participants.iter().map(|participant| &participant.name).collect();
    let detail = json!({
        "title": view.title, "opens_at": view.opens_at, "closes_at": view.closes_at, "shards": view.shards,
        "visibility": view.visibility, "participants": names,
    });
    audit::write(&mut *transaction, producer, Action::EditParedao, slug, &detail).await?;
    transaction.commit().await?;
    Ok(view)
}

async fn edit_participants(
    transaction: &mut PgConnection,
    paredao: i32,
    draft: &Draft,
    photos: &[Photo],
) -> Result<(), Error> {
    let names: Vec<String> = draft.participants.iter().map(|participant| participant.name.clone()).collect();
    let hash = |photo: &Photo| match photo {
        Photo::None => None,
        Photo::Kept(hash) => Some(hash.clone()),
        Photo::New(picture) => Some(picture.hash.clone()),
    };
    let bytes = |photo: &Photo| match photo {
        Photo::New(picture) => Some(picture.jpeg.clone()),
        Photo::None | Photo::Kept(_) => None,
    };
    let hashes: Vec<Option<String>> = photos.iter().map(hash).collect();
    let bytes: Vec<Option<Vec<u8>>> = photos.iter().map(bytes).collect();
    // The aggregator writes shares anew for whoever stands.
    sqlx::query!("DELETE FROM panorama_share WHERE paredao = $1", paredao).execute(&mut *transaction).await?;
    // The votes of whoever goes would drop out of every total.
    let others = sqlx::query!(
        r#"SELECT count(*) AS "count!",
                  EXISTS (SELECT FROM import i WHERE i.paredao = $1)
                      OR EXISTS (SELECT FROM bucket b WHERE b.paredao = $1) AS "may_have_votes!"
           FROM participant WHERE paredao = $1 AND name <> ALL ($2)"#,
        paredao,
        &names
    )
    .fetch_one(&mut *transaction)
    .await?;
    if others.count > 0 && others.may_have_votes {
        return Err(Error::ParticipantsStay);
    }
    sqlx::query!("DELETE FROM participant WHERE paredao = $1 AND name <> ALL ($2)", paredao, &names)
        .execute(&mut *transaction)
        .await?;
    // Each position is one participant's: those who stay make way before they take theirs.
    sqlx::query!("UPDATE participant SET position = -position WHERE paredao = $1", paredao)
        .execute(&mut *transaction)
        .await?;
    sqlx::query_file!(
        "src/paredao/edit_participants.sql",
        paredao,
        &names,
        &hashes as &[Option<String>],
        &bytes as &[Option<Vec<u8>>],
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Takes the opening of a scheduled paredão back: it is a draft again.
pub(crate) async fn unschedule(pool: &PgPool, producer: &Producer, slug: &str) -> Result<ParedaoView, Error> {
    let mut transaction = pool.begin().await?;
    let id = editable(&mut transaction, slug).await?;
    sqlx::query!("UPDATE paredao SET opens_at = NULL WHERE id = $1", id).execute(&mut *transaction).await?;
    audit::write(&mut *transaction, producer, Action::UnscheduleParedao, slug, &json!({})).await?;
    let view = find(&mut *transaction, slug).await?.view;
    transaction.commit().await?;
    Ok(view)
}

/// Deletes a draft.
pub(crate) async fn delete(pool: &PgPool, producer: &Producer, slug: &str) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    let paredao = find(&mut *transaction, slug).await?;
    let deletable = sqlx::query_scalar!(
        "SELECT id FROM paredao p
         WHERE id = $1 AND opens_at IS NULL
           AND NOT EXISTS (SELECT FROM import i WHERE i.paredao = p.id)
           AND NOT EXISTS (SELECT FROM bucket b WHERE b.paredao = p.id)
         FOR UPDATE",
        paredao.id
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let id = deletable.ok_or(Error::NotDeletable)?;
    sqlx::query!("DELETE FROM panorama_share WHERE paredao = $1", id).execute(&mut *transaction).await?;
    sqlx::query!("DELETE FROM panorama WHERE paredao = $1", id).execute(&mut *transaction).await?;
    sqlx::query!("DELETE FROM participant WHERE paredao = $1", id).execute(&mut *transaction).await?;
    sqlx::query!("DELETE FROM paredao WHERE id = $1", id).execute(&mut *transaction).await?;
    let detail = json!({"title": paredao.view.title});
    audit::write(&mut *transaction, producer, Action::DeleteParedao, slug, &detail).await?;
    transaction.commit().await?;
    Ok(())
}

/// Moves the closing of an open paredão to another minute to come.
pub(crate) async fn reschedule(
    pool: &PgPool,
    producer: &Producer,
    slug: &str,
    closes_at: Timestamp,
) -> Result<ParedaoView, Error> {
    let mut transaction = pool.begin().await?;
    let former = find(&mut *transaction, slug).await?;
    match former.view.status {
        Status::Open => {}
        Status::Draft | Status::Scheduled => return Err(Error::NotOpen),
        Status::Closed | Status::Published => return Err(Error::ClosingPassed),
    }
    // It may close while this waits for its lock, and then stays closed.
    let moved = sqlx::query!(
        "UPDATE paredao SET closes_at = to_timestamp($2::bigint)
         WHERE id = $1 AND to_timestamp($2::bigint) > clock_timestamp()
           AND (closes_at IS NULL OR closes_at > clock_timestamp()
                    + make_interval(secs => CASE WHEN to_timestamp($2::bigint) > closes_at THEN $3::float8 ELSE 0 END))",
        former.id,
        closes_at.as_second(),
        UNCHANGED_SECONDS_BEFORE
    )
    .execute(&mut *transaction)
    .await?;
    if moved.rows_affected() == 0 {
        return Err(Error::ClosingPassed);
    }
    let detail = json!({"former_closes_at": former.view.closes_at, "closes_at": closes_at});
    audit::write(&mut *transaction, producer, Action::RescheduleParedao, slug, &detail).await?;
    let view = find(&mut *transaction, slug).await?.view;
    transaction.commit().await?;
    Ok(view)
}

/// Locks a paredão that nobody can have a ballot of.
async fn editable(transaction: &mut PgConnection, slug: &str) -> Result<i32, Error> {
    let paredao = find(&mut *transaction, slug).await?;
    let editable = sqlx::query_scalar!(
        "SELECT id FROM paredao
         WHERE id = $1 AND (opens_at IS NULL OR opens_at > clock_timestamp() + make_interval(secs => $2))
         FOR UPDATE",
        paredao.id,
        UNCHANGED_SECONDS_BEFORE
    )
    .fetch_optional(transaction)
    .await?;
    editable.ok_or(Error::NotEditable)
}
