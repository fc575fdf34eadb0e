//! The API of scripts' tokens: list, make, revoke.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{NewTokenView, TokenView, store};
use crate::app::App;
use crate::auth::{Director, Role, check_name};
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(revoke))
}

/// Lists scripts' tokens, by name.
#[utoipa::path(
    get, path = "/api/v1/tokens", security(("bearer" = ["director"])),
    responses((status = 200, description = "at most 500 of them", body = Vec<TokenView>))
)]
async fn list(_: Director, State(pool): State<PgPool>) -> Result<Json<Vec<TokenView>>, Error> {
    Ok(Json(store::list(&pool).await?))
}

/// A new token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// The script's name: 1 to 100 characters on one line
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// Makes a token. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/api/v1/tokens", request_body = NewToken, security(("bearer" = ["director"])),
    responses(
        (status = 201, description = "made", body = NewTokenView),
        (status = 400, description = "the body can't be read"),
        (status = 409, description = "another token has this name"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
        (status = 422, description = "the name can't be used"),
    )
)]
async fn add(
    Director(producer): Director,
    State(pool): State<PgPool>,
    token: Result<Json<NewToken>, JsonRejection>,
) -> Result<(StatusCode, Json<NewTokenView>), Error> {
    let Json(NewToken { name, role }) = token.map_err(Error::refused_json)?;
    Ok((StatusCode::CREATED, Json(store::add(&pool, &producer, check_name(&name)?, role).await?)))
}

/// Revokes a token: from now on nobody gets in with it.
#[utoipa::path(
    post, path = "/api/v1/tokens/{id}/revoke", params(("id" = i32, Path)), security(("bearer" = ["director"])),
    responses((status = 204, description = "revoked"), (status = 404, description = "no such token"))
)]
async fn revoke(
    Director(producer): Director,
    State(pool): State<PgPool>,
    id: Result<Path<i32>, PathRejection>,
) -> Result<StatusCode, Error> {
    let Path(id) = id.map_err(|_| Error::TokenUnknown)?;
    store::revoke(&pool, &producer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
