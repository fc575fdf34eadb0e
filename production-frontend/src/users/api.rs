//! The API of users: list, add, change the role, deactivate and activate, give a one-time password.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{UserView, store};
use crate::app::App;
use crate::auth::{Director, Producer, Role, check_name};
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(set_role))
        .routes(routes!(deactivate))
        .routes(routes!(activate))
        .routes(routes!(set_password))
}

/// Lists users, by name.
#[utoipa::path(
    get, path = "/api/v1/users", security(("bearer" = ["director"])),
    responses((status = 200, description = "at most 500 of them", body = Vec<UserView>))
)]
async fn list(_: Director, State(pool): State<PgPool>) -> Result<Json<Vec<UserView>>, Error> {
    Ok(Json(store::list(&pool).await?))
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// 1 to 100 characters on one line
    pub(crate) name: String,
    pub(crate) role: Role,
    /// A password that lets them in for three days, to choose their own: 8 to 1024 bytes
    pub(crate) password: String,
}

/// Adds a user. The password is theirs for once: they must choose their own before they do anything else.
#[utoipa::path(
    post, path = "/api/v1/users", request_body = NewUser, security(("bearer" = ["director"])),
    responses(
        (status = 201, description = "added", body = UserView),
        (status = 400, description = "the body can't be read"),
        (status = 409, description = "another user has this name"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
        (status = 422, description = "the name or the password can't be used"),
    )
)]
async fn add(
    Director(producer): Director,
    State(app): State<App>,
    user: Result<Json<NewUser>, JsonRejection>,
) -> Result<(StatusCode, Json<UserView>), Error> {
    let Json(user) = user.map_err(Error::refused_json)?;
    Ok((StatusCode::CREATED, Json(add_from(&app, &producer, user).await?)))
}

/// Checks the new user and stores them.
pub(crate) async fn add_from(app: &App, producer: &Producer, user: NewUser) -> Result<UserView, Error> {
    let name = check_name(&user.name)?;
    let hash = app.passwords.hash(user.password).await?;
    store::add(&app.pool, producer, name, user.role, &hash).await
}

/// Which role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleOrder {
    role: Role,
}

/// Gives a user another role, at once.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/role", request_body = RoleOrder, params(("id" = i32, Path)),
    security(("bearer" = ["director"])),
    responses(
        (status = 200, description = "changed", body = UserView),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "no such user"),
        (status = 409, description = "no active director would remain"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
    )
)]
async fn set_role(
    Director(producer): Director,
    State(pool): State<PgPool>,
    id: Result<Path<i32>, PathRejection>,
    order: Result<Json<RoleOrder>, JsonRejection>,
) -> Result<Json<UserView>, Error> {
    let Path(id) = id.map_err(|_| Error::UserUnknown)?;
    let Json(RoleOrder { role }) = order.map_err(Error::refused_json)?;
    Ok(Json(store::set_role(&pool, &producer, id, role).await?))
}

/// Lets a user in no more, and ends their sessions and the tokens that they made.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/deactivate", params(("id" = i32, Path)), security(("bearer" = ["director"])),
    responses(
        (status = 200, description = "they can't come in", body = UserView),
        (status = 404, description = "no such user"),
        (status = 409, description = "no active director would remain"),
    )
)]
async fn deactivate(
    Director(producer): Director,
    State(pool): State<PgPool>,
    id: Result<Path<i32>, PathRejection>,
) -> Result<Json<UserView>, Error> {
    let Path(id) = id.map_err(|_| Error::UserUnknown)?;
    Ok(Json(store::set_active(&pool, &producer, id, false).await?))
}

/// Lets a user in again, with the password that they had.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/activate", params(("id" = i32, Path)), security(("bearer" = ["director"])),
    responses(
        (status = 200, description = "they can come in", body = UserView),
        (status = 404, description = "no such user"),
    )
)]
async fn activate(
    Director(producer): Director,
    State(pool): State<PgPool>,
    id: Result<Path<i32>, PathRejection>,
) -> Result<Json<UserView>, Error> {
    let Path(id) = id.map_err(|_| Error::UserUnknown)?;
    Ok(Json(store::set_active(&pool, &producer, id, true).await?))
}

/// Which password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordOrder {
    /// It lets them in for three days, to choose their own: 8 to 1024 bytes
    password: String,
}

/// Gives a user a one-time password in place of theirs, and ends their sessions.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/password", request_body = PasswordOrder, params(("id" = i32, Path)),
    security(("bearer" = ["director"])),
    responses(
        (status = 200, description = "changed", body = UserView),
        (status = 400, description = "the body can't be read"),
        (status = 404, description = "no such user"),
        (status = 409, description = "no active director with a password of their own would remain"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
        (status = 422, description = "the password can't be used"),
    )
)]
async fn set_password(
    Director(producer): Director,
    State(app): State<App>,
    id: Result<Path<i32>, PathRejection>,
    order: Result<Json<PasswordOrder>, JsonRejection>,
) -> Result<Json<UserView>, Error> {
    let Path(id) = id.map_err(|_| Error::UserUnknown)?;
    let Json(PasswordOrder { password }) = order.map_err(Error::refused_json)?;
    Ok(Json(set_password_from(&app, &producer, id, password).await?))
}

/// Checks the password and stores its hash.
pub(crate) async fn set_password_from(
    app: &App,
    producer: &Producer,
    id: i32,
    password: String,
) -> Result<UserView, Error> {
    let hash = app.passwords.hash(password).await?;
    store::set_one_time_password(&app.pool, producer, id, &hash).await
}
