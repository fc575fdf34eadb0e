//! A user's own account: their password and their sessions.

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use voting_commons::adapters::texts::{Text, Texts};

use super::{page, role_note, role_text};
use crate::account::api::{NewPassword, set_password_from};
use crate::account::{AccountView, store};
use crate::app::App;
use crate::auth::{Account, Address, Producer, session};
use crate::error::Error;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/conta", get(show))
        .route("/conta/senha", post(set_password))
        .route("/conta/sair-de-todos", post(sign_out_everywhere))
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    account: AccountView,
    error: Option<Text>,
}

async fn render(t: Texts, account: &Account, app: &App, error: Option<&Error>) -> Result<Response, Error> {
    let view = store::show(&app.pool, account).await?;
    let status = error.map_or(StatusCode::OK, Error::status);
    let error = error.map(|error| error.say(t));
    Ok(page(status, &AccountPage { t, producer: Some(&account.producer), account: view, error }))
}

async fn show(t: Texts, account: Account, State(app): State<App>) -> Result<Response, Error> {
    render(t, &account, &app, None).await
}

#[derive(Deserialize)]
struct PasswordForm {
    current: String,
    new: String,
    again: String,
}

async fn set_password(
    t: Texts,
    account: Account,
    State(app): State<App>,
    Address(address): Address,
    form: Result<Form<PasswordForm>, FormRejection>,
) -> Result<Response, Error> {
    let Form(PasswordForm { current, new, again }) = form.map_err(Error::refused_form)?;
    let done = if new == again {
        set_password_from(&app, &account, address, NewPassword { current, new }).await
    } else {
        Err(Error::PasswordsDiffer)
    };
    match done {
        Ok(()) => Ok(Redirect::to("/paredoes").into_response()),
        Err(
            error @ (Error::PasswordsDiffer
            | Error::PasswordInvalid
            | Error::PasswordUnchanged
            | Error::CurrentPasswordWrong
            | Error::Busy),
        ) => render(t, &account, &app, Some(&error)).await,
        Err(error) => Err(error),
    }
}

async fn sign_out_everywhere(account: Account, State(app): State<App>, jar: CookieJar) -> Result<Response, Error> {
    store::sign_out_everywhere(&app.pool, &account).await?;
    Ok((jar.add(session::no_cookie(app.cookie_secure)), Redirect::to("/entrar")).into_response())
}
