//! Signing in and out.

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use serde_json::json;
use voting_commons::adapters::texts::{Text, Texts};

use super::page;
use crate::app::App;
use crate::audit::{self, Action};
use crate::auth::password::User;
use crate::auth::session::Owner;
use crate::auth::token::Token;
use crate::auth::{self, Address, Producer, session};
use crate::error::Error;
use crate::measures::SignIn;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/entrar", get(show).post(sign_in)).route("/sair", post(sign_out))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    name: &'a str,
    error: Option<Text>,
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

async fn show(t: Texts) -> Response {
    page(StatusCode::OK, &SignInPage { t, producer: None, name: "", error: None })
}

async fn sign_in(
    t: Texts,
    State(app): State<App>,
    Address(address): Address,
    jar: CookieJar,
    credentials: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, Error> {
    let Form(Credentials { name, password }) = credentials.map_err(Error::refused_form)?;
    let checked = auth::try_password(&app, &name, password, address).await;
    let outcome = match &checked {
        Ok(_) => SignIn::SignedIn,
        Err(Error::WrongPassword | Error::PasswordExpired) => SignIn::WrongPassword,
        Err(Error::TooManyAttempts { .. }) => SignIn::TooMany,
        Err(_) => SignIn::Failed,
    };
    outcome.count();
    if let Err(error) = &checked
        && app.attempts.is_to_be_audited(error, address)
    {
        audit::write_refused_sign_in(&app.pool, &name).await?;
    }
    match checked {
        Ok(user) => {
            let token = begin_session(&app, &user).await?;
            let jar = jar.add(session::cookie(&token, app.cookie_secure));
            let next = if user.must_change_password { "/conta" } else { "/paredoes" };
            Ok((jar, Redirect::to(next)).into_response())
        }
        Err(error @ (Error::WrongPassword | Error::PasswordExpired | Error::Busy)) => {
            let template = SignInPage { t, producer: None, name: &name, error: Some(error.say(t)) };
            Ok(page(error.status(), &template))
        }
        Err(error) => Err(error),
    }
}

async fn begin_session(app: &App, user: &User) -> Result<Token, Error> {
    let mut transaction = app.pool.begin().await?;
    let token = session::begin(&mut transaction, user).await?;
    let producer = &user.producer;
    audit::write(&mut *transaction, producer, Action::SignIn, &producer.name, &json!({})).await?;
    transaction.commit().await?;
    Ok(token)
}

async fn sign_out(State(app): State<App>, jar: CookieJar) -> Result<Response, Error> {
    if let Some(token) = session::token_of(&jar, app.cookie_secure) {
        let mut transaction = app.pool.begin().await?;
        if let Some(Owner { producer, .. }) = session::find(&mut *transaction, &token).await? {
            audit::write(&mut *transaction, &producer, Action::SignOut, &producer.name, &json!({})).await?;
        }
        session::end(&mut *transaction, &token).await?;
        transaction.commit().await?;
    }
    Ok((jar.add(session::no_cookie(app.cookie_secure)), Redirect::to("/entrar")).into_response())
}
