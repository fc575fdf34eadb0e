//! Toxiproxy: every connection to Kafka and Postgres leads through it, so that it can be cut, slowed and led elsewhere.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dev_stack::daemon::{Daemon, Lifetime};
use dev_stack::port;
use nix::sys::signal::Signal;
use serde_json::json;
use ureq::Agent;

use crate::http;

const START_PATIENCE: Duration = Duration::from_secs(20);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const DIRECTIONS: [&str; 2] = ["upstream", "downstream"];

/// A running toxiproxy.
pub(crate) struct Proxy {
    _daemon: Daemon,
    agent: Agent,
    url: String,
}

/// One way through the proxy.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    name: String,
    /// Where clients connect, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Proxy {
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self> {
        let port = port::free()?;
        let mut command = Command::new(program);
        command.args(["-host", "127.0.0.1", "-port", &port.to_string()]).env("LOG_LEVEL", "warn");
        let log = folder.join("toxiproxy.log");
        let mut daemon = Daemon::spawn(command, "toxiproxy", &log, &Lifetime::Parent, Signal::SIGKILL)?;
        let agent = http::agent(REQUEST_TIMEOUT);
        let url = format!("http://127.0.0.1:{port}");
        daemon.wait_until_ready(START_PATIENCE, |_| Ok(http::get(&agent, &format!("{url}/version")).is_some()))?;
        Ok(Self { _daemon: daemon, agent, url })
    }

    /// A new way to `upstream`, a port of 127.0.0.1.
    pub(crate) fn route(&self, name: &str, upstream: u16) -> Result<Route> {
        let route = Route { name: name.to_owned(), port: port::free()? };
        self.create(&route, &format!("127.0.0.1:{upstream}"))?;
        Ok(route)
    }

    fn create(&self, route: &Route, upstream: &str) -> Result<()> {
        let listen = format!("127.0.0.1:{}", route.port);
        let body = json!({"name": route.name, "listen": listen, "upstream": upstream, "enabled": true});
        http::post(&self.agent, &format!("{}/proxies", self.url), &body)
    }

    /// Leads a route to another port; its connections end.
    pub(crate) fn lead_to(&self, route: &Route, upstream: u16) -> Result<()> {
        self.change(route, &json!({"upstream": format!("127.0.0.1:{upstream}")}))
    }

    /// Ends a route's connections and takes no new ones.
    pub(crate) fn close(&self, route: &Route) -> Result<()> {
        self.change(route, &json!({"enabled": false}))
    }

    /// Takes connections again.
    pub(crate) fn open(&self, route: &Route) -> Result<()> {
        self.change(route, &json!({"enabled": true}))
    }

    /// Connections stay, new ones are made, and nothing gets through: a cable that was pulled.
    pub(crate) fn swallow(&self, route: &Route) -> Result<()> {
        self.poison(route, "timeout", &json!({"timeout": 0}))
    }

    /// Each packet takes `latency` and up to `jitter` more or less in each direction.
    pub(crate) fn delay(&self, route: &Route, latency: Duration, jitter: Duration) -> Result<()> {
        let attributes = json!({"latency": millis(latency), "jitter": millis(jitter)});
        self.poison(route, "latency", &attributes)
    }

    /// Undoes [`Self::swallow`] and [`Self::delay`]. What was swallowed is missing from the connections' streams, so
    /// they end.
    ///
    /// The route is made anew: taking a toxic away while a connection ends may block toxiproxy for ever
    /// (<https://github.com/Shopify/toxiproxy/issues/558>).
    pub(crate) fn mend(&self, route: &Route) -> Result<()> {
        let state = self.state(route)?;
        let upstream = state["upstream"].as_str().context("toxiproxy says of a route not where it leads")?;
        http::delete(&self.agent, &self.of(route))?;
        self.create(route, upstream)
    }

    /// Like [`Self::mend`], where there is something to undo.
    pub(crate) fn mend_if_hurt(&self, route: &Route) -> Result<()> {
        let state = self.state(route)?;
        let is_well = state["enabled"] == true && state["toxics"].as_array().is_some_and(Vec::is_empty);
        if is_well { Ok(()) } else { self.mend(route) }
    }

    fn state(&self, route: &Route) -> Result<serde_json::Value> {
        match http::get(&self.agent, &self.of(route)) {
            Some((200, body)) => Ok(serde_json::from_str(&body)?),
            _ => bail!("toxiproxy says nothing of the route {}", route.name),
        }
    }

    fn poison(&self, route: &Route, kind: &str, attributes: &serde_json::Value) -> Result<()> {
        for direction in DIRECTIONS {
            let name = format!("{kind}_{direction}");
            let body = json!({"name": name, "type": kind, "stream": direction, "attributes": attributes});
            http::post(&self.agent, &format!("{}/toxics", self.of(route)), &body)?;
        }
        Ok(())
    }

    fn change(&self, route: &Route, body: &serde_json::Value) -> Result<()> {
        http::post(&self.agent, &self.of(route), body)
    }

    fn of(&self, route: &Route) -> String {
        format!("{}/proxies/{}", self.url, route.name)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
