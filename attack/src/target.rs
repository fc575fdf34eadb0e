//! What is attacked.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use end_to_end::{Paredao, System};
use reqwest::Client;

/// The longest that an attacker waits for an answer.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);

/// The limits that the attacks are to meet: as small as two processors and one attacker's file descriptors need.
pub(crate) const REQUESTS_MAX: usize = 48;
pub(crate) const CONNECTIONS_MAX: usize = 1_500;
pub(crate) const STREAMS_MAX: usize = 200;

/// Both frontends, seen from outside.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) voters: SocketAddr,
    pub(crate) production: SocketAddr,
    /// In which honest voters vote.
    pub(crate) honest: Paredao,
    /// In which attackers vote.
    pub(crate) flooded: Paredao,
    pub(crate) client: Client,
}

impl Target {
    pub(crate) fn new(system: &System, honest: Paredao, flooded: Paredao) -> Result<Self> {
        let address = |url: &str| url.trim_start_matches("http://").parse().context("a frontend has an address");
        Ok(Self {
            voters: address(&system.voters.url)?,
            production: address(&system.production.url)?,
            honest,
            flooded,
            client: Client::builder().timeout(ANSWER_PATIENCE).build()?,
        })
    }
}
