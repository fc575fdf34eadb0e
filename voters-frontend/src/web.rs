//! The whole router, and what every answer has in common: limits, time-outs and security headers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use metrics::{Gauge, gauge};
use tokio::sync::Semaphore;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use crate::options::Provider;
use crate::problem::Problem;
use crate::{api, language, measures, pages};

/// The longest any request may take: a captcha's check and an acknowledgement each have shorter time-outs.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How many requests may be under way.
const REQUESTS_MAX: usize = 8 * 1024;

/// Nothing but our own files. The widget needs no more: its worker is a file of its own, and it styles through the
/// CSSOM, which a policy doesn't restrict. `data:` pictures are the marks that its style sheet draws.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// hCaptcha's widget is its own site in a frame; these are the sources that its documentation names.
const HCAPTCHA_POLICY: &str = "default-src 'none'; \
                      script-src 'self' https://hcaptcha.com https://*.hcaptcha.com; \
                      style-src 'self' https://hcaptcha.com https://*.hcaptcha.com; \
                      frame-src https://hcaptcha.com https://*.hcaptcha.com; \
                      connect-src 'self' https://hcaptcha.com https://*.hcaptcha.com; \
                      img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Everything that voters can reach.
pub(crate) fn router(app: Arc<App>) -> Router {
    let policy = if app.captcha.provider() == Provider::Hcaptcha { HCAPTCHA_POLICY } else { POLICY };
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    // One stack: each `Router::layer` of its own would allocate several times per request.
    let layers = (
        header(CONTENT_SECURITY_POLICY, policy),
        header(X_CONTENT_TYPE_OPTIONS, "nosniff"),
        header(X_FRAME_OPTIONS, "DENY"),
        header(REFERRER_POLICY, "same-origin"),
        middleware::from_fn(language::say_problems),
        middleware::from_fn_with_state(Arc::clone(&app), pages::show_problems),
        middleware::from_fn_with_state(Arc::new(Semaphore::new(REQUESTS_MAX)), bound),
    );
    pages::router().merge(api::router()).layer(layers).with_state(app)
}

/// Bounds how many requests are under way, and how long each may take.
async fn bound(State(room): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let Ok(_place) = room.try_acquire() else {
        return Problem::TooManyRequests.into_response();
    };
    let _counted = UnderWay::begin();
    let response = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    response.unwrap_or_else(|_| Problem::TimedOut.into_response())
}

/// Counts a request while it lasts, also one whose client goes away.
struct UnderWay(Gauge);

impl UnderWay {
    fn begin() -> Self {
        let gauge = gauge!(measures::REQUESTS_IN_FLIGHT);
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::http::header::RETRY_AFTER;
    use tower::ServiceExt;

    #[tokio::test]
    async fn one_request_too_many_is_asked_to_come_back() {
        let router = |room| {
            let room = Arc::new(Semaphore::new(room));
            Router::new().fallback(|| async {}).layer(middleware::from_fn_with_state(room, bound))
        };
        let answer = async |room| router(room).oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer(1).await.status(), StatusCode::OK);
        let refused = answer(0).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers().contains_key(RETRY_AFTER));
    }
}
