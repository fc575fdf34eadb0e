//! What browsers are told to be careful about.

use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use tower::util::MapResponseLayer;

/// The header that says who may show an answer within a page of theirs.
pub const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The same for each answer.
const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (RESOURCE_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];
/// A year, in seconds.
const ONLY_HTTPS: &str = "max-age=31536000";

/// The layer that adds the security headers that an answer doesn't have. `policy` says where scripts, styles and the rest
/// may come from; with `is_https`, browsers are told to come back over HTTPS only.
pub fn secured(policy: &'static str, is_https: bool) -> MapResponseLayer<impl Fn(Response) -> Response + Clone> {
    MapResponseLayer::new(move |mut response: Response| {
        secure(response.headers_mut(), policy, is_https);
        response
    })
}

fn secure(headers: &mut HeaderMap, policy: &'static str, is_https: bool) {
    let mut add = |name: HeaderName, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    add(CONTENT_SECURITY_POLICY, policy);
    if is_https {
        add(STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    for (name, value) in ALWAYS {
        add(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_says_itself_stands() {
        let mut headers = HeaderMap::new();
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        secure(&mut headers, "default-src 'none'", true);
        assert_eq!(headers[RESOURCE_POLICY], "cross-origin");
        assert_eq!(headers[CONTENT_SECURITY_POLICY], "default-src 'none'");
        assert_eq!(headers[STRICT_TRANSPORT_SECURITY], ONLY_HTTPS);
    }

    #[test]
    fn a_plain_address_is_not_turned_into_another() {
        let mut headers = HeaderMap::new();
        secure(&mut headers, "default-src 'none'", false);
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
