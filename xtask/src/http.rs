//! Small HTTP requests to our own services.

use std::time::Duration;

use ureq::Agent;

const REQUEST_PATIENCE: Duration = Duration::from_secs(10);

/// A client that takes any status for an answer and waits for none too long.
pub(crate) fn client() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(REQUEST_PATIENCE))
        // Ours are on this machine, whatever proxy it is behind.
        .proxy(None)
        .build()
        .into()
}
