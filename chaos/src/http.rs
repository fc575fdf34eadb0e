//! Small blocking requests to this machine: a service's readiness, the proxy's settings.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;
use ureq::Agent;

/// A client whose requests take `timeout` at most, and that takes every status for an answer.
pub(crate) fn agent(timeout: Duration) -> Agent {
    Agent::config_builder().timeout_global(Some(timeout)).http_status_as_error(false).build().new_agent()
}

/// The status and the body at `url`; `None` when there is no answer.
pub(crate) fn get(agent: &Agent, url: &str) -> Option<(u16, String)> {
    let mut response = agent.get(url).call().ok()?;
    Some((response.status().as_u16(), response.body_mut().read_to_string().unwrap_or_default()))
}

/// Posts `body` and wants a status of 2xx.
pub(crate) fn post(agent: &Agent, url: &str, body: &Value) -> Result<()> {
    let mut response = agent.post(url).send_json(body)?;
    if !response.status().is_success() {
        bail!("{url} refuses {body}: {}", response.body_mut().read_to_string().unwrap_or_default());
    }
    Ok(())
}

/// Deletes what is at `url` and wants a status of 2xx.
pub(crate) fn delete(agent: &Agent, url: &str) -> Result<()> {
    let response = agent.delete(url).call()?;
    if !response.status().is_success() {
        bail!("{url} can't be deleted: {}", response.status());
    }
    Ok(())
}
