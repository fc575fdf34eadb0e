//! The whole router, and what every request and answer have in common: limits, time-outs and security headers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use voting_commons::adapters::edge::headers::secured;
use voting_commons::adapters::edge::{EdgeArgs, Gate, Limits};

use crate::api::BODY_BYTES_MAX;
use crate::app::App;
use crate::options::Provider;
use crate::problem::Problem;
use crate::{api, language, pages};

/// The longest any request may take: a captcha's check and an acknowledgement each have shorter time-outs.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

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

/// Everything that voters can reach, of whose requests `requests_max` may be under way.
pub(crate) fn router(app: Arc<App>, edge: &EdgeArgs, requests_max: usize) -> Router {
    let policy = if app.captcha.provider() == Provider::Hcaptcha { HCAPTCHA_POLICY } else { POLICY };
    let gate =
        Gate::new(edge, Limits { requests_max, request_time_max: REQUEST_TIMEOUT, body_bytes_max: BODY_BYTES_MAX });
    // One stack: each `Router::layer` of its own would allocate several times per request.
    let layers = (
        secured(policy, app.cookie_secure),
        middleware::from_fn(language::say_problems),
        middleware::from_fn_with_state(Arc::clone(&app), pages::show_problems),
        // Another site could have its visitors' browsers cast ballots that somebody else got and solved.
        CsrfLayer::new().with_rejection_response(|_: ProtectionError| Problem::CrossSite.into_response()),
        middleware::from_fn_with_state(Arc::new(gate), let_in),
    );
    pages::router().merge(api::router()).layer(layers).with_state(app)
}

async fn let_in(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    gate.pass(request, next).await.unwrap_or_else(|refusal| Problem::from(refusal).into_response())
}
