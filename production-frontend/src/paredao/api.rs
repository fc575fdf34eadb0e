//! The API of paredões: list, create, open, close.

use axum::Json;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::form::{self, FORM_BYTES_MAX, Form};
use super::picture::{self, Picture};
use super::{ParedaoView, draft, store};
use crate::app::App;
use crate::auth::{Operator, Producer};
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .routes(routes!(open))
        .routes(routes!(close))
}

/// Lists paredões, the newest first.
#[utoipa::path(
    get, path = "/api/v1/paredoes",
    responses((status = 200, description = "at most 200 of them", body = Vec<ParedaoView>))
)]
async fn list(_: Producer, State(pool): State<PgPool>) -> Result<Json<Vec<ParedaoView>>, Error> {
    Ok(Json(store::list(&pool).await?))
}

/// The parts of the form, for the API's description.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes; the parts are read in order by `form::read`")]
struct NewParedao {
    /// Lower-case letters, digits and hyphens
    slug: String,
    title: String,
    /// A whole minute (RFC 3339) that hasn't passed; without it, it is a draft
    opens_at: Option<String>,
    /// A whole minute (RFC 3339) to come
    closes_at: Option<String>,
    /// The name; once per participant, in order
    participant: Vec<String>,
    /// Over how many keys the votes for one participant are spread, 1 to 64: more than one where few participants get
    /// more votes than one partition takes; empty for one
    shards: Option<String>,
    /// Who sees percentages besides production: `always` (also when empty), `after_voting`, `after_closing` or `production`
    visibility: Option<String>,
    /// The picture (JPEG, PNG or WebP) of the participant before it
    #[schema(value_type = Option<Vec<String>>, format = Binary)]
    photo: Option<Vec<Vec<u8>>>,
}

/// Makes a paredão.
#[utoipa::path(
    post, path = "/api/v1/paredoes", security(("bearer" = ["operator"])),
    request_body(content = inline(NewParedao), content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "made", body = ParedaoView),
        (status = 400, description = "the form can't be read"),
        (status = 409, description = "another paredão has this slug"),
        (status = 413, description = "the form is too large"),
        (status = 415, description = "it isn't multipart/form-data"),
        (status = 422, description = "such a paredão can't be made, or a picture can't be used"),
    )
)]
async fn create(
    Operator(producer): Operator,
    State(app): State<App>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<ParedaoView>), Error> {
    let _place = app.uploads.acquire().await.map_err(anyhow::Error::from)?;
    let form = form::read(multipart.map_err(|_| Error::UnsupportedMediaType)?).await?;
    Ok((StatusCode::CREATED, Json(create_from(&app, &producer, &form).await?)))
}

/// Checks the form, makes its pictures small and stores it all.
pub(crate) async fn create_from(app: &App, producer: &Producer, form: &Form) -> Result<ParedaoView, Error> {
    let draft = draft::check(form, &app.zone.tz, Timestamp::now())?;
    let (draft, pictures) = tokio::task::spawn_blocking(move || {
        let pictures = pictures(&draft)?;
        Ok::<_, Error>((draft, pictures))
    })
    .await
    .map_err(anyhow::Error::from)??;
    let view = store::create(&app.pool, producer, &draft, &pictures).await?;
    tracing::info!(slug = view.slug, by = producer.name, "paredão made");
    Ok(view)
}

fn pictures(draft: &draft::Draft) -> Result<Vec<Option<Picture>>, Error> {
    let reencode = |participant: &draft::DraftParticipant| {
        let picture = participant.photo.as_deref().map(picture::reencode).transpose();
        let (row, name) = (participant.row, &participant.name);
        picture.map_err(|source| Error::PictureRefused { row, participant: name.clone(), source })
    };
    draft.participants.iter().map(reencode).collect()
}

/// Opens a paredão at the current minute.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/open", params(("slug" = String, Path)), security(("bearer" = ["operator"])),
    responses(
        (status = 200, description = "it is open", body = ParedaoView),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "its closing has passed"),
    )
)]
async fn open(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    Path(slug): Path<String>,
) -> Result<Json<ParedaoView>, Error> {
    let view = store::open(&pool, &producer, &slug).await?;
    tracing::info!(slug, by = producer.name, "paredão opened");
    Ok(Json(view))
}

/// Closes a paredão at the next minute.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/close", params(("slug" = String, Path)), security(("bearer" = ["operator"])),
    responses(
        (status = 200, description = "it closes at the next minute, or closed before", body = ParedaoView),
        (status = 404, description = "no such paredão"),
        (status = 409, description = "it hasn't been opened"),
    )
)]
async fn close(
    Operator(producer): Operator,
    State(pool): State<PgPool>,
    Path(slug): Path<String>,
) -> Result<Json<ParedaoView>, Error> {
    let view = store::close(&pool, &producer, &slug).await?;
    tracing::info!(slug, by = producer.name, "paredão closed");
    Ok(Json(view))
}
