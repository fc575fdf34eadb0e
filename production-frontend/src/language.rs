//! In which language somebody is answered: the one they have chosen, or else the one that their browser asks for.

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use fluent_templates::static_loader;
use serde::Deserialize;
use voting_commons::Language;
use voting_commons::adapters::texts::{self, Texts};

use crate::app::App;
use crate::error::Error;

/// Holds the chosen language's tag.
const COOKIE: &str = "idioma";

static_loader! {
    static MESSAGES = {
        locales: "./locales",
        fallback_language: "pt-BR",
        customise: |bundle| {
            // Invisible marks around what is filled in would be copied along.
            bundle.set_use_isolating(false);
            texts::write_numbers(bundle);
        },
    };
}

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/idioma", post(choose))
}

/// Gives handlers their [`Texts`].
pub(crate) async fn find(mut request: Request, next: Next) -> Response {
    let texts = texts(wished(request.headers()));
    request.extensions_mut().insert(texts);
    next.run(request).await
}

/// What the service says in `language`.
pub(crate) fn texts(language: Language) -> Texts {
    Texts::new(&MESSAGES, language)
}

fn wished(headers: &HeaderMap) -> Language {
    let cookies = CookieJar::from_headers(headers);
    let chosen = cookies.get(COOKIE).and_then(|cookie| cookie.value().parse().ok());
    let accepted = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().map(Language::accepted);
    chosen.or_else(accepted).unwrap_or_default()
}

#[derive(Deserialize)]
struct Choice {
    language: String,
}

/// Remembers the choice, and goes back to the page where it was made.
async fn choose(
    State(app): State<App>,
    jar: CookieJar,
    headers: HeaderMap,
    form: Result<Form<Choice>, FormRejection>,
) -> Result<Response, Error> {
    let Form(choice) = form.map_err(Error::refused_form)?;
    let language: Language =
        choice.language.parse().map_err(|_| Error::FormMalformed("no such language".to_owned()))?;
    let cookie = Cookie::build((COOKIE, language.tag()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.cookie_secure)
        .permanent();
    Ok((jar.add(cookie), Redirect::to(&page_before(&headers))).into_response())
}

/// The page from which a form of ours was sent. Only its path is taken: nobody is led to another site.
fn page_before(headers: &HeaderMap) -> String {
    let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok()?.parse::<Uri>().ok());
    let path = referer.as_ref().and_then(Uri::path_and_query).map(|path| path.as_str());
    path.filter(|path| !path.starts_with("//")).unwrap_or("/").to_owned()
}
