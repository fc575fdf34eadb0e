//! Reading a snapshot from Postgres.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgPool;
use voting_commons::percentages::Percent;
use voting_commons::{ParedaoId, ParticipantId};

use super::{Panorama, Paredao, Participant, Photo, Snapshot};

/// How many paredões are known at most: open ones and those that closed last.
const PAREDOES_MAX: i64 = 500;
/// How many bytes of pictures are kept at most; those of the paredões that close last come first.
const PHOTOS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The largest picture that the schema allows, in bytes.
const PHOTO_BYTES_MAX: usize = 256 * 1024;

/// Why no snapshot could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error("{0}")]
    Postgres(#[from] sqlx::Error),
    #[error("took longer than {0:?}")]
    TimedOut(std::time::Duration),
    #[error("a row holds a value that the schema rules out: {0}")]
    Impossible(&'static str),
}

/// Reads everything but the pictures that `last` holds already.
pub(super) async fn load(pool: &PgPool, last: Option<&Snapshot>) -> Result<Snapshot, LoadError> {
    let mut paredoes = load_paredoes(pool).await?;
    add_panoramas(pool, &mut paredoes).await?;
    let photos = load_photos(pool, &paredoes, last).await?;
    Ok(Snapshot { paredoes: paredoes.into_iter().map(Arc::new).collect(), photos })
}

async fn load_paredoes(pool: &PgPool) -> Result<Vec<Paredao>, LoadError> {
    let rows = sqlx::query!(
        r#"
        SELECT paredao.id, slug, title, shards, visibility,
               (extract(epoch FROM opens_at) * 1000)::bigint AS "opens_at!",
               (extract(epoch FROM closes_at) * 1000)::bigint AS closes_at,
               participant.id AS "participant?", participant.name AS "name?", participant.photo AS "photo?"
        FROM (
            SELECT * FROM paredao WHERE opens_at IS NOT NULL ORDER BY closes_at DESC NULLS FIRST, id DESC LIMIT $1
        ) AS paredao
        LEFT JOIN participant ON participant.paredao = paredao.id
        ORDER BY paredao.closes_at DESC NULLS FIRST, paredao.id DESC, participant.position
        "#,
        PAREDOES_MAX
    )
    .fetch_all(pool)
    .await?;

    let mut paredoes: Vec<Paredao> = Vec::new();
    for row in rows {
        let id = paredao_id(row.id)?;
        if paredoes.last().is_none_or(|last| last.id != id) {
            paredoes.push(Paredao {
                id,
                slug: row.slug.into(),
                title: row.title,
                opens_at: timestamp(row.opens_at)?,
                closes_at: row.closes_at.map(timestamp).transpose()?,
                shards: i64::from(row.shards).try_into().map_err(|_| LoadError::Impossible("shards"))?,
                visibility: row.visibility.parse().map_err(|_| LoadError::Impossible("visibility"))?,
                participants: Vec::new(),
                panorama: Panorama::default(),
            });
        }
        if let (Some(paredao), Some(id), Some(name)) = (paredoes.last_mut(), row.participant, row.name) {
            paredao.participants.push(Participant { id: participant_id(id)?, name, photo: row.photo });
        }
    }
    Ok(paredoes)
}

/// One statement, so that a revision comes with its own shares.
async fn add_panoramas(pool: &PgPool, paredoes: &mut [Paredao]) -> Result<(), LoadError> {
    let ids: Vec<i32> = paredoes.iter().map(|paredao| paredao.id.get()).collect();
    let rows = sqlx::query!(
        r#"
        SELECT panorama.paredao AS "paredao!", revision AS "revision!",
               (extract(epoch FROM as_of) * 1000)::bigint AS "as_of!",
               participant AS "participant?", hundredths AS "hundredths?"
        FROM panorama LEFT JOIN panorama_share USING (paredao)
        WHERE panorama.paredao = ANY($1)
        "#,
        &ids
    )
    .fetch_all(pool)
    .await?;

    let mut panoramas: HashMap<ParedaoId, Panorama> = HashMap::new();
    for row in rows {
        let panorama = panoramas.entry(paredao_id(row.paredao)?).or_default();
        panorama.revision = row.revision;
        panorama.as_of = Some(timestamp(row.as_of)?);
        if let (Some(participant), Some(hundredths)) = (row.participant, row.hundredths) {
            let share = Percent::try_from(i32::from(hundredths)).map_err(|_| LoadError::Impossible("hundredths"))?;
            panorama.shares.insert(participant_id(participant)?, share);
        }
    }
    for paredao in paredoes {
        paredao.panorama = panoramas.remove(&paredao.id).unwrap_or_default();
    }
    Ok(())
}

/// The pictures that `paredoes` show, as far as they fit into [`PHOTOS_BYTES_MAX`].
async fn load_photos(
    pool: &PgPool,
    paredoes: &[Paredao],
    last: Option<&Snapshot>,
) -> Result<HashMap<String, Arc<Photo>>, LoadError> {
    let mut photos = HashMap::new();
    let mut room = PHOTOS_BYTES_MAX;
    let hashes = paredoes.iter().flat_map(|paredao| &paredao.participants).filter_map(|one| one.photo.as_deref());
    for hash in hashes {
        if room < PHOTO_BYTES_MAX {
            break;
        }
        if photos.contains_key(hash) {
            continue;
        }
        let kept = last.and_then(|last| last.photo(hash)).map(Arc::clone);
        let photo = match kept {
            Some(photo) => Some(photo),
            None => load_photo(pool, hash).await?,
        };
        if let Some(photo) = photo {
            room = room.saturating_sub(photo.bytes.len());
            photos.insert(hash.to_owned(), photo);
        }
    }
    Ok(photos)
}

async fn load_photo(pool: &PgPool, hash: &str) -> Result<Option<Arc<Photo>>, LoadError> {
    let row = sqlx::query!("SELECT content_type, bytes FROM photo WHERE hash = $1", hash).fetch_optional(pool).await?;
    Ok(row.map(|row| Arc::new(Photo { content_type: row.content_type, bytes: row.bytes.into() })))
}

fn timestamp(millis: i64) -> Result<Timestamp, LoadError> {
    Timestamp::from_millisecond(millis).map_err(|_| LoadError::Impossible("a time past the year 9999"))
}

fn paredao_id(id: i32) -> Result<ParedaoId, LoadError> {
    ParedaoId::try_from(i64::from(id)).map_err(|_| LoadError::Impossible("paredao.id"))
}

fn participant_id(id: i32) -> Result<ParticipantId, LoadError> {
    ParticipantId::try_from(i64::from(id)).map_err(|_| LoadError::Impossible("participant.id"))
}
