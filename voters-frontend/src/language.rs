//! In which language somebody is answered. Of a page its address decides, so that it means one language, whoever is sent
//! it; of a problem in the API what the client accepts.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::Uri;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, VARY};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use fluent_templates::static_loader;
use voting_commons::Language;
use voting_commons::adapters::texts::{self, Texts};

use crate::problem::Error;

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

/// The texts in `language`.
pub(crate) fn texts(language: Language) -> Texts {
    Texts::new(&MESSAGES, language)
}

/// The address of `path` in `language`.
pub(crate) fn address(language: Language, path: &str) -> String {
    match language {
        Language::Portuguese => path.to_owned(),
        Language::English => format!("/en{path}"),
    }
}

/// Which page somebody asks for, and in which language.
#[derive(Clone)]
pub(crate) struct Place {
    /// What is said there.
    pub(crate) t: Texts,
    /// Its path in Portuguese.
    path: String,
}

impl Place {
    /// The page at `uri`.
    pub(crate) fn of(uri: &Uri) -> Self {
        let path = uri.path();
        let (language, path) = match path.strip_prefix("/en") {
            Some(rest) if rest.starts_with('/') => (Language::English, rest),
            _ => (Language::Portuguese, path),
        };
        // An address that begins with two slashes, whichever way they lean, is another site's.
        let path = format!("/{}", path.trim_start_matches(['/', '\\']));
        Self { t: texts(language), path }
    }

    /// The address of another page in the same language.
    pub(crate) fn address(&self, path: &str) -> String {
        address(self.t.language(), path)
    }

    /// The address of the paredão `slug`.
    pub(crate) fn paredao(&self, slug: &str) -> String {
        self.address(&format!("/paredoes/{slug}"))
    }

    /// The address of the same page in `language`.
    pub(crate) fn address_in(&self, language: &Language) -> String {
        address(*language, &self.path)
    }
}

impl<S: Sync> FromRequestParts<S> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri))
    }
}

/// Says the problems that were left without words, in the language that the client accepts.
pub(crate) async fn say_problems(request: Request, next: Next) -> Response {
    let accepted = request.headers().get(ACCEPT_LANGUAGE).cloned();
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<Error>() else { return response };
    let accepted = accepted.as_ref().and_then(|header| header.to_str().ok());
    let language = accepted.map(Language::accepted).unwrap_or_default();
    let about_language = [(CONTENT_LANGUAGE, language.tag()), (VARY, ACCEPT_LANGUAGE.as_str())];
    (response.into_parts().0.headers, about_language, error.details(texts(language))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_an_address_in_each_language() {
        for (asked, language, portuguese, english) in [
            ("/", Language::Portuguese, "/", "/en/"),
            ("/en/", Language::English, "/", "/en/"),
            ("/paredoes/um", Language::Portuguese, "/paredoes/um", "/en/paredoes/um"),
            ("/en/paredoes/um", Language::English, "/paredoes/um", "/en/paredoes/um"),
            ("/en//evil.example/", Language::English, "/evil.example/", "/en/evil.example/"),
            ("/en/\\/evil.example/", Language::English, "/evil.example/", "/en/evil.example/"),
            ("//evil.example/", Language::Portuguese, "/evil.example/", "/en/evil.example/"),
            ("/enredo", Language::Portuguese, "/enredo", "/en/enredo"),
        ] {
            let place = Place::of(&asked.parse().unwrap());
            assert_eq!(place.t.language(), language, "{asked}");
            assert_eq!(place.address_in(&Language::Portuguese), portuguese, "{asked}");
            assert_eq!(place.address_in(&Language::English), english, "{asked}");
            assert_eq!(place.address("/"), address(language, "/"), "{asked}");
        }
    }
}
