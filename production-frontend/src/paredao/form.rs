//! Reading the multipart form that describes a new paredão, within bounds.

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::http::StatusCode;

use crate::error::Error;

/// The largest body of a new paredão, pictures and all, in bytes.
pub(crate) const FORM_BYTES_MAX: usize = 24 * 1024 * 1024;
/// The most parts of a form: more than any paredão needs.
const FORM_PARTS_MAX: usize = 80;

/// The longest text of a form, in bytes: far more than any that is accepted.
const TEXT_BYTES_MAX: usize = 4096;

/// What was sent, unchecked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) opens_at: String,
    pub(crate) closes_at: String,
    /// Empty for one.
    pub(crate) shards: String,
    /// Empty for the default.
    pub(crate) visibility: String,
    /// Of the paredão that was changed; empty for whichever there is.
    pub(crate) revision: String,
    pub(crate) participants: Vec<FormParticipant>,
}

/// A participant as sent: a `participant` part, and the `photo` and `photo_kept` that follow it, if they do.
#[derive(Debug, Clone, Default)]
pub(crate) struct FormParticipant {
    pub(crate) name: String,
    pub(crate) photo: Option<Vec<u8>>,
    /// The hash of the picture that they had before a change, and keep unless there is a new one.
    pub(crate) photo_kept: Option<String>,
}

/// Reads all parts of the form.
pub(crate) async fn read(mut multipart: Multipart) -> Result<Form, Error> {
    let mut form = Form::default();
    for _ in 0..FORM_PARTS_MAX {
        let Some(field) = multipart.next_field().await.map_err(refused)? else {
            return Ok(form);
        };
        read_part(field, &mut form).await?;
    }
    Err(Error::FormMalformed(format!("more than {FORM_PARTS_MAX} parts")))
}

async fn read_part(field: Field<'_>, form: &mut Form) -> Result<(), Error> {
    match field.name().unwrap_or_default() {
        "slug" => form.slug = text(field).await?,
        "title" => form.title = text(field).await?,
        "opens_at" => form.opens_at = text(field).await?,
        "closes_at" => form.closes_at = text(field).await?,
        "shards" => form.shards = text(field).await?,
        "visibility" => form.visibility = text(field).await?,
        "revision" => form.revision = text(field).await?,
        "participant" => {
            form.participants.push(FormParticipant { name: text(field).await?, ..FormParticipant::default() })
        }
        "photo" => {
            // A browser sends an empty file without a name where none was chosen.
            let is_named = field.file_name().is_some_and(|name| !name.is_empty());
            let bytes = field.bytes().await.map_err(refused)?;
            if is_named || !bytes.is_empty() {
                let participant = form.participants.last_mut().filter(|participant| participant.photo.is_none());
                let unexpected = || Error::FormMalformed("a photo must follow the name of its participant".to_owned());
                participant.ok_or_else(unexpected)?.photo = Some(bytes.to_vec());
            }
        }
        "photo_kept" => {
            let hash = text(field).await?;
            let unexpected = || Error::FormMalformed("photo_kept must follow the name of its participant".to_owned());
            form.participants.last_mut().ok_or_else(unexpected)?.photo_kept =
                Some(hash).filter(|hash| !hash.is_empty());
        }
        other => return Err(Error::FormMalformed(format!("unknown part {other:?}"))),
    }
    Ok(())
}

async fn text(field: Field<'_>) -> Result<String, Error> {
    let part = field.name().unwrap_or_default().to_owned();
    let bytes = field.bytes().await.map_err(refused)?;
    if bytes.len() > TEXT_BYTES_MAX {
        return Err(Error::FormMalformed(format!("the part {part:?} has more than {TEXT_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::FormMalformed(format!("the part {part:?} isn't UTF-8")))
}

fn refused(error: MultipartError) -> Error {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::FormMalformed(error.body_text()),
    }
}
