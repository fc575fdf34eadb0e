//! Users and scripts' tokens: who may come in, as what, and the forms that change it.

use askama::Template;
use axum::Router;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use voting_commons::adapters::texts::{Text, Texts};

use super::{minute, page, role_note, role_text};
use crate::app::{App, Zone};
use crate::auth::{Director, Producer, Role, check_name};
use crate::error::Error;
use crate::tokens::api::NewToken;
use crate::tokens::{self, NewTokenView, TokenView};
use crate::users::api::{NewUser, add_from, set_password_from};
use crate::users::{UserView, store};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/usuarios", get(list).post(add))
        .route("/usuarios/{id}/papel", post(set_role))
        .route("/usuarios/{id}/desativar", post(deactivate))
        .route("/usuarios/{id}/ativar", post(activate))
        .route("/usuarios/{id}/senha", post(set_password))
        .route("/usuarios/tokens", post(add_token))
        .route("/usuarios/tokens/{id}/revogar", post(revoke_token))
}

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    users: &'a [UserView],
    tokens: &'a [TokenView],
    new_token: Option<NewTokenView>,
    /// What was typed as the name of a user who can't be added so.
    name: &'a str,
    error: Option<Text>,
    zone: &'a Zone,
}

impl UsersPage<'_> {
    /// Whether whoever looks would change themself.
    fn is_own(&self, user: &UserView) -> bool {
        self.producer.is_some_and(|producer| producer.name == user.name)
    }
}

/// The whole page again, after what was asked for was done or refused.
struct Shown {
    status: StatusCode,
    new_token: Option<NewTokenView>,
    name: String,
    error: Option<Text>,
}

async fn render(t: Texts, producer: &Producer, app: &App, shown: Shown) -> Result<Response, Error> {
    let (users, tokens) = (store::list(&app.pool).await?, tokens::store::list(&app.pool).await?);
    let Shown { status, new_token, name, error } = shown;
    let zone = &app.zone;
    let template =
        UsersPage { t, producer: Some(producer), users: &users, tokens: &tokens, new_token, name: &name, error, zone };
    Ok(page(status, &template))
}

/// The list again, or the page with what was wrong, and with the name that was typed.
async fn answer<T>(
    t: Texts,
    producer: &Producer,
    app: &App,
    done: Result<T, Error>,
    name: String,
) -> Result<Response, Error> {
    match done {
        Ok(_) => Ok(Redirect::to("/usuarios").into_response()),
        Err(error @ (Error::NameInvalid | Error::NameTaken | Error::PasswordInvalid | Error::LastDirector)) => {
            let shown = Shown { status: error.status(), new_token: None, name, error: Some(error.say(t)) };
            render(t, producer, app, shown).await
        }
        Err(error) => Err(error),
    }
}

async fn list(t: Texts, Director(producer): Director, State(app): State<App>) -> Result<Response, Error> {
    let shown = Shown { status: StatusCode::OK, new_token: None, name: String::new(), error: None };
    render(t, &producer, &app, shown).await
}

async fn add(
    t: Texts,
    Director(producer): Director,
    State(app): State<App>,
    user: Result<Form<NewUser>, FormRejection>,
) -> Result<Response, Error> {
    let Form(user) = user.map_err(Error::refused_form)?;
    let name = user.name.clone();
    answer(t, &producer, &app, add_from(&app, &producer, user).await, name).await
}

#[derive(Deserialize)]
struct RoleForm {
    role: Role,
}

async fn set_role(
    t: Texts,
    Director(producer): Director,
    State(app): State<App>,
    id: Result<Path<i32>, PathRejection>,
    form: Result<Form<RoleForm>, FormRejection>,
) -> Result<Response, Error> {
    let Path(id) = id.map_err(|_| Error::UserUnknown)?;
    let Form(RoleForm { role }) = form.map_err(Error::refused_form)?;
    let done = store::set_role(&app.pool, &producer, id, role).await;
    answer(t, &producer, &app, done, String::new()).await
}

async fn deactivate(
    t: Texts,
    Director(producer): Director,
    State(app): State<App>,
    id: Result<Path<i32>, PathRejection>,
) -> Result<Response, Error> {
    let Path(id) = id.map_err(|_| Error::UserUnknown)?;
    let done = store::set_active(&app.pool, &producer, id, false).await;
    answer(t, &producer, &app, done, String::new()).await
}

async fn activate(
    t: Texts,
    Director(producer): Director,
    State(app): State<App>,
    id: Result<Path<i32>, PathRejection>,
) -> Result<Response, Error> {
    let Path(id) = id.map_err(|_| Error::UserUnknown)?;
    let done = store::set_active(&app.pool, &producer, id, true).await;
    answer(t, &producer, &app, done, String::new()).await
}

#[derive(Deserialize)]
struct PasswordForm {
    password: String,
}

async fn set_password(
    t: Texts,
    Director(producer): Director,
    State(app): State<App>,
    id: Result<Path<i32>, PathRejection>,
    form: Result<Form<PasswordForm>, FormRejection>,
) -> Result<Response, Error> {
    let Path(id) = id.map_err(|_| Error::UserUnknown)?;
    let Form(PasswordForm { password }) = form.map_err(Error::refused_form)?;
    let done = set_password_from(&app, &producer, id, password).await;
    answer(t, &producer, &app, done, String::new()).await
}

async fn add_token(
    t: Texts,
    Director(producer): Director,
    State(app): State<App>,
    token: Result<Form<NewToken>, FormRejection>,
) -> Result<Response, Error> {
    let Form(NewToken { name, role }) = token.map_err(Error::refused_form)?;
    let made = match check_name(&name) {
        Ok(name) => tokens::store::add(&app.pool, &producer, name, role).await,
        Err(error) => Err(error),
    };
    match made {
        // Shown on the answer itself: nowhere else is the secret ever again.
        Ok(token) => {
            let shown = Shown { status: StatusCode::CREATED, new_token: Some(token), name: String::new(), error: None };
            render(t, &producer, &app, shown).await
        }
        refused => answer(t, &producer, &app, refused, String::new()).await,
    }
}

async fn revoke_token(
    t: Texts,
    Director(producer): Director,
    State(app): State<App>,
    id: Result<Path<i32>, PathRejection>,
) -> Result<Response, Error> {
    let Path(id) = id.map_err(|_| Error::TokenUnknown)?;
    let done = tokens::store::revoke(&app.pool, &producer, id).await;
    answer(t, &producer, &app, done, String::new()).await
}
