//! The API of paredões: list, create, open, close.

use axum::Json;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::form::{self, FORM_BYTES_MAX, Form};
use super::picture::{self, Picture};
use super::{ParedaoView, draft, store};
use crate::app::App;
use crate::auth::Producer;
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .routes(routes!(open))
        .routes(routes!(close))
}

/// Lista os paredões, do mais novo ao mais antigo.
#[utoipa::path(get, path = "/api/v1/paredoes", responses((status = 200, body = Vec<ParedaoView>)))]
async fn list(_: Producer, State(pool): State<PgPool>) -> Result<Json<Vec<ParedaoView>>, Error> {
    Ok(Json(store::list(&pool).await?))
}

/// The parts of the form, for the API's description.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes; the parts are read in order by `form::read`")]
struct NewParedao {
    /// Letras minúsculas, algarismos e hífens
    slug: String,
    title: String,
    /// Minuto inteiro em RFC 3339; sem ele, fica em rascunho
    opens_at: Option<String>,
    /// Minuto inteiro em RFC 3339
    closes_at: Option<String>,
    /// O nome; repita por participante, em ordem
    participant: Vec<String>,
    /// A foto (JPEG, PNG ou WebP) do participante que a precede
    #[schema(value_type = Option<Vec<String>>, format = Binary)]
    photo: Option<Vec<Vec<u8>>>,
}

/// Cria um paredão.
#[utoipa::path(
    post, path = "/api/v1/paredoes",
    request_body(content = inline(NewParedao), content_type = "multipart/form-data"),
    responses(
        (status = 201, body = ParedaoView),
        (status = 409, description = "já existe um paredão com este endereço"),
        (status = 422, description = "o paredão ou uma foto não pode ser aceito"),
    )
)]
async fn create(
    _: Producer,
    State(app): State<App>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<ParedaoView>), Error> {
    let _place = app.uploads.acquire().await.map_err(anyhow::Error::from)?;
    let form = form::read(multipart.map_err(|_| Error::UnsupportedMediaType)?).await?;
    Ok((StatusCode::CREATED, Json(create_from(&app, &form).await?)))
}

/// Checks the form, makes its pictures small and stores it all.
pub(crate) async fn create_from(app: &App, form: &Form) -> Result<ParedaoView, Error> {
    let draft = draft::check(form, &app.zone.tz)?;
    let (draft, pictures) = tokio::task::spawn_blocking(move || {
        let pictures = pictures(&draft)?;
        Ok::<_, Error>((draft, pictures))
    })
    .await
    .map_err(anyhow::Error::from)??;
    store::create(&app.pool, &draft, &pictures).await
}

fn pictures(draft: &draft::Draft) -> Result<Vec<Option<Picture>>, Error> {
    let reencode = |participant: &form::FormParticipant| {
        let picture = participant.photo.as_deref().map(picture::reencode).transpose();
        picture.map_err(|source| Error::PictureRefused { participant: participant.name.clone(), source })
    };
    draft.participants.iter().map(reencode).collect()
}

/// Abre um paredão no minuto corrente.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/open", params(("slug" = String, Path)),
    responses((status = 200, body = ParedaoView), (status = 404), (status = 409, description = "já foi encerrado"))
)]
async fn open(
    producer: Producer,
    State(pool): State<PgPool>,
    Path(slug): Path<String>,
) -> Result<Json<ParedaoView>, Error> {
    let view = store::open(&pool, &slug).await?;
    tracing::info!(slug, by = producer.name, "paredão opened");
    Ok(Json(view))
}

/// Encerra um paredão no próximo minuto.
#[utoipa::path(
    post, path = "/api/v1/paredoes/{slug}/close", params(("slug" = String, Path)),
    responses((status = 200, body = ParedaoView), (status = 404), (status = 409, description = "não foi aberto"))
)]
async fn close(
    producer: Producer,
    State(pool): State<PgPool>,
    Path(slug): Path<String>,
) -> Result<Json<ParedaoView>, Error> {
    let view = store::close(&pool, &slug).await?;
    tracing::info!(slug, by = producer.name, "paredão closed");
    Ok(Json(view))
}
