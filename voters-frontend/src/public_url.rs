//! Where the public reaches this service.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;

/// The beginning of every public address, without a slash at its end: `https://votacao.example`.
///
/// It is told and never guessed from a request: whoever sends the request could have us name their own site in our pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// It isn't `http(s)://host` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be https:// or http:// and a host, with nothing behind it")]
pub struct NotAPublicUrl;

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let uri: Uri = text.parse().map_err(|_| NotAPublicUrl)?;
        let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(NotAPublicUrl);
        };
        if authority.as_str().contains('@') || uri.path() != "/" || uri.query().is_some() {
            return Err(NotAPublicUrl);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_scheme_and_a_host() {
        for text in ["https://votacao.example", "https://votacao.example/", "http://127.0.0.1:8080"] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().to_string(), text.trim_end_matches('/'));
        }
        for text in ["", "votacao.example", "/", "ftp://a", "https://a/b", "https://a?b", "https://a@b", "https://a b"]
        {
            assert_eq!(text.parse::<PublicUrl>(), Err(NotAPublicUrl), "{text}");
        }
    }
}
