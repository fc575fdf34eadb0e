//! The API of one's own account: look, change the password, end all sessions.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AccountView, store};
use crate::app::App;
use crate::audit;
use crate::auth::{self, Account, Address};
use crate::error::Error;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(set_password)).routes(routes!(sign_out_everywhere))
}

/// Shows one's own account. It isn't refused to whoever must change their password first.
#[utoipa::path(
    get, path = "/api/v1/account", security(("session" = ["viewer"])),
    responses((status = 200, description = "who asks", body = AccountView))
)]
async fn show(account: Account, State(pool): State<PgPool>) -> Result<Json<AccountView>, Error> {
    Ok(Json(store::show(&pool, &account).await?))
}

/// The passwords.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// The password until now
    pub(crate) current: String,
    /// The password from now on: 8 to 1024 bytes
    pub(crate) new: String,
}

/// Changes one's own password, and ends one's sessions but this one.
#[utoipa::path(
    post, path = "/api/v1/account/password", request_body = NewPassword, security(("session" = ["viewer"])),
    responses(
        (status = 200, description = "changed", body = AccountView),
        (status = 400, description = "the body can't be read"),
        (status = 413, description = "the body is too large"),
        (status = 415, description = "it isn't application/json"),
        (status = 422, description = "the current password is wrong, or the new one can't be used"),
        (status = 429, description = "the current password was wrong too often: try again after Retry-After"),
    )
)]
async fn set_password(
    account: Account,
    State(app): State<App>,
    Address(address): Address,
    passwords: Result<Json<NewPassword>, JsonRejection>,
) -> Result<Json<AccountView>, Error> {
    let Json(passwords) = passwords.map_err(Error::refused_json)?;
    set_password_from(&app, &account, address, passwords).await?;
    Ok(Json(store::show(&app.pool, &account).await?))
}

/// Checks both passwords and stores the new one's hash.
pub(crate) async fn set_password_from(
    app: &App,
    account: &Account,
    address: IpAddr,
    NewPassword { current, new }: NewPassword,
) -> Result<(), Error> {
    if current == new {
        return Err(Error::PasswordUnchanged);
    }
    let name = &account.producer.name;
    let checked = auth::try_password(app, name, current, address).await;
    if let Err(error) = &checked
        && app.attempts.is_to_be_audited(error, address)
    {
        audit::write_refused_password(&app.pool, &account.producer).await?;
    }
    let user = match checked {
        Err(Error::WrongPassword) => return Err(Error::CurrentPasswordWrong),
        checked => checked?,
    };
    let hash = app.passwords.hash(new).await?;
    store::set_password(&app.pool, account, &user, &hash).await
}

/// Ends all one's sessions, this one too.
#[utoipa::path(
    post, path = "/api/v1/account/sign-out-everywhere", security(("session" = ["viewer"])),
    responses((status = 204, description = "ended"))
)]
async fn sign_out_everywhere(account: Account, State(pool): State<PgPool>) -> Result<StatusCode, Error> {
    store::sign_out_everywhere(&pool, &account).await?;
    Ok(StatusCode::NO_CONTENT)
}
