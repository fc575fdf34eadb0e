//! The API that changes paredões: edit, unschedule, delete, reschedule the closing.

use std::collections::HashSet;

use axum::Json;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changes::{self, Photo};
use super::draft::{self, Draft, DraftParticipant};
use super::form::{self, FORM_BYTES_MAX, Form};
use super::{ParedaoView, picture, store};
use crate::app::App;
use crate::auth::{Operator, Producer};
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(edit))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .routes(routes!(unschedule))
        .routes(routes!(delete))
        .routes(routes!(reschedule))
}

/// The parts of the form, for the API's description.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes; the parts are read in order by `form::read`")]
struct EditedParedao {
    title: String,
    /// A whole minute (RFC 3339) that hasn't passed; without it, it is a draft
    opens_at: Option<String>,
    /// A whole minute (RFC 3339) to come
    closes_at: Option<String>,
    /// The name; once per participant, in order
    participant: Vec<String>,
    /// As when it was made
    shards: Option<String>,
    /// As when it was made
    visibility: Option<String>,
    /// What was read as `revision`: when it is another one now, nothing is changed; empty for whichever it is
    revision: Option<String>,
    /// The hash of a picture of this paredão's (the end of its address), which the participant before it has
    photo_kept: Option<Vec<String>>,
    /// The new picture (JPEG, PNG or WebP) of the participant before it
    #[schema(value_type = Option<Vec<String>>, format = Binary)]
    photo: Option<Vec<Vec<u8>>>,
}

/// Changes a paredão that hasn't opened. What the form doesn't say is as in a new one; its slug stays.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/edit", params(("slug" = String, Path)), security(("bearer" = ["operator"])),
    request_body(content = inline(EditedParedao), content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "changed", body = ParedaoView),
        (status = 400, description = "the form can't be read"),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "it has opened, or opens within seconds, or was changed meanwhile"),
        (status = 413, description = "the form is too large"),
        (status = 415, description = "it isn't multipart/form-data"),
        (status = 422, description = "it can't be like that, or a picture can't be used"),
    )
)]
async fn edit(
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Json<ParedaoView>, Error> {
    let _place = app.uploads.acquire().await.map_err(anyhow::Error::from)?;
    let form = form::read(multipart.map_err(|_| Error::UnsupportedMediaType)?).await?;
    Ok(Json(edit_from(&app, &producer, &slug, form).await?))
}

/// Checks the form, makes its new pictures small and stores it all.
pub(crate) async fn edit_from(app: &App, producer: &Producer, slug: &str, form: Form) -> Result<ParedaoView, Error> {
    let former = store::find(&app.pool, slug).await?.view;
    // Or a picture that somebody replaced meanwhile would be what is wrong. The lock makes sure of it later.
    former.must_be(&form.revision)?;
    let form = Form { slug: slug.to_owned(), ..form };
    let draft = draft::check(&form, &app.zone.tz, Timestamp::now())?;
    let (draft, photos) = tokio::task::spawn_blocking(move || {
        let photos = photos(&draft, &former)?;
        Ok::<_, Error>((draft, photos))
    })
    .await
    .map_err(anyhow::Error::from)??;
    let view = changes::edit(&app.pool, producer, slug, &form.revision, &draft, &photos).await?;
    tracing::info!(slug, by = producer.name, "paredão changed");
    Ok(view)
}

fn photos(draft: &Draft, former: &ParedaoView) -> Result<Vec<Photo>, Error> {
    let stored: HashSet<&str> = former.participants.iter().filter_map(|participant| participant.photo_hash()).collect();
    let photo = |DraftParticipant { row, name, photo, photo_kept }: &DraftParticipant| match (photo, photo_kept) {
        (Some(bytes), _) => match picture::reencode(bytes) {
            Ok(picture) => Ok(Photo::New(picture)),
            Err(source) => Err(Error::PictureRefused { row: *row, participant: name.clone(), source }),
        },
        (None, Some(hash)) if stored.contains(hash.as_str()) => Ok(Photo::Kept(hash.clone())),
        (None, Some(_)) => Err(Error::FormMalformed("photo_kept isn't a picture of this paredão".to_owned())),
        (None, None) => Ok(Photo::None),
    };
    draft.participants.iter().map(photo).collect()
}

/// Takes the opening of a scheduled paredão back.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/unschedule", params(("slug" = String, Path)), security(("bearer" = ["operator"])),
    responses(
        (status = 200, description = "it is a draft", body = ParedaoView),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "it has opened, or opens within seconds"),
    )
)]
async fn unschedule(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    Path(slug): Path<String>,
) -> Result<Json<ParedaoView>, Error> {
    Ok(Json(changes::unschedule(&pool, &producer, &slug).await?))
}

/// Deletes a draft.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/delete", params(("slug" = String, Path)), security(("bearer" = ["operator"])),
    responses(
        (status = 204, description = "it is gone"),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "it isn't a draft, or an import is of it"),
    )
)]
async fn delete(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    Path(slug): Path<String>,
) -> Result<StatusCode, Error> {
    changes::delete(&pool, &producer, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// When a paredão is to close.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Closing {
    /// A whole minute to come: RFC 3339, or without an offset in the service's zone
    closes_at: String,
}

/// Moves the closing of an open paredão to another minute to come.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/reschedule", params(("slug" = String, Path)), security(("bearer" = ["operator"])),
    request_body = Closing,
    responses(
        (status = 200, description = "it closes then", body = ParedaoView),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "it hasn't opened, has closed, or is about to and the new minute is later"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
        (status = 422, description = "it isn't a whole minute to come"),
    )
)]
async fn reschedule(
    Operator(producer): Operator,
    State(app): State<App>,
    Path(slug): Path<String>,
    closing: Result<Json<Closing>, JsonRejection>,
) -> Result<Json<ParedaoView>, Error> {
    let Json(Closing { closes_at }) = closing.map_err(Error::refused_json)?;
    Ok(Json(reschedule_to(&app, &producer, &slug, &closes_at).await?))
}

/// The same, of what a person typed.
pub(crate) async fn reschedule_to(
    app: &App,
    producer: &Producer,
    slug: &str,
    closes_at: &str,
) -> Result<ParedaoView, Error> {
    let closes_at = draft::closing_to_come(closes_at, &app.zone.tz, Timestamp::now())?;
    changes::reschedule(&app.pool, producer, slug, closes_at).await
}
