//! What every request passes before a handler sees it, in both frontends: who asks, whether they ask too often, whether
//! their body is here, and whether there is room. Each limit refuses fast, so that what is past the capacity costs little.

mod body;
pub mod client;
pub mod headers;
pub mod throttle;

use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use clap::Args;
use governor::Quota;
use ipnet::IpNet;
use metrics::{Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use tokio::sync::Semaphore;

use crate::adapters::http;
use client::{Client, Network};
use throttle::Throttle;

/// How many of a second's requests a client may send at once: a page's parts come together, and so do the voters behind
/// one address when a programme asks them to.
const BURST_SECONDS: u32 = 10;
/// How many clients are counted, at about 200 bytes each; those not heard of for longest are forgotten.
const CLIENTS_MAX: usize = 100_000;

/// Requests under way.
const REQUESTS_IN_FLIGHT: &str = "requests_in_flight";
/// Requests refused at the edge, by reason.
const REQUESTS_REFUSED: &str = "requests_refused_total";

/// How a frontend meets the world.
#[derive(Debug, Clone, Args)]
pub struct EdgeArgs {
    /// Networks of the proxies in front, as 10.0.0.0/8,fd00::/8: what they say of a client in X-Forwarded-For is believed.
    /// Without any, whoever connects is the client
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// Requests a second that one client of a trusted proxy may send this process, and ten times as many at once; 0 sets no
    /// limit. Many voters may share an IPv4 address; of IPv6, 64 bits are one client
    #[arg(long, env = "CLIENT_REQUESTS_PER_SECOND_MAX", default_value_t = 300)]
    pub client_requests_per_second_max: u32,
    /// Connections that may be open, as far as the system has file descriptors; more get a 503 at once
    #[arg(long, env = "CONNECTIONS_MAX", default_value_t = 20_000)]
    pub connections_max: usize,
}

impl Default for EdgeArgs {
    /// As on a command line that says nothing of it.
    fn default() -> Self {
        Self { trusted_proxies: vec![], client_requests_per_second_max: 300, connections_max: 20_000 }
    }
}

/// What a service has room for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests under way. Streams aren't, once they have begun.
    pub requests_max: usize,
    /// The longest from the body's arrival to the answer's beginning.
    pub request_time_max: Duration,
    /// Up to this size, in bytes, a body is read before its request takes up room. The largest body that the service reads
    /// for somebody whom it doesn't know must not be larger.
    pub body_bytes_max: usize,
}

/// Why a request isn't let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its client sends too many: 429.
    TooMany,
    /// As many as there is room for are under way: 503.
    Full,
    /// Its body didn't come in time: 408.
    BodyTooSlow,
    /// Its body broke off: 400, should anybody hear it.
    BodyBroken,
    /// It took too long to be answered: 503.
    TimedOut,
}

impl Refusal {
    const ALL: [Self; 5] = [Self::TooMany, Self::Full, Self::BodyTooSlow, Self::BodyBroken, Self::TimedOut];

    /// Its name in metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::TooMany => "client",
            Self::Full => "full",
            Self::BodyTooSlow => "body-slow",
            Self::BodyBroken => "body-broken",
            Self::TimedOut => "timed-out",
        }
    }
}

/// The way in.
#[derive(Debug)]
pub struct Gate {
    trusted_proxies: Vec<IpNet>,
    clients: Option<Throttle<Network>>,
    room: Semaphore,
    limits: Limits,
}

impl Gate {
    /// The way into a service that has room for `limits`.
    pub fn new(args: &EdgeArgs, limits: Limits) -> Self {
        describe();
        let is_used = !args.trusted_proxies.is_empty();
        let per_second = NonZeroU32::new(args.client_requests_per_second_max).filter(|_| is_used);
        let throttle = |per_second: NonZeroU32| {
            let burst = per_second.saturating_mul(NonZeroU32::new(BURST_SECONDS).expect("it isn't 0"));
            Throttle::new(Quota::per_second(per_second).allow_burst(burst), CLIENTS_MAX)
        };
        Self {
            trusted_proxies: args.trusted_proxies.clone(),
            clients: per_second.map(throttle),
            room: Semaphore::new(limits.requests_max.min(Semaphore::MAX_PERMITS)),
            limits,
        }
    }

    /// Has `next` answer `request`, which it finds its [`Client`] in.
    ///
    /// # Errors
    /// When it isn't let through or takes too long.
    pub async fn pass(&self, request: Request, next: Next) -> Result<Response, Refusal> {
        let passed = self.try_pass(request, next).await;
        if let Err(refusal) = passed {
            counter!(REQUESTS_REFUSED, "reason" => refusal.name()).increment(1);
        }
        passed
    }

    async fn try_pass(&self, mut request: Request, next: Next) -> Result<Response, Refusal> {
        if let Some(client) = Client::of(&request, &self.trusted_proxies) {
            if let (true, Some(clients)) = (client.is_forwarded, &self.clients) {
                clients.check(&Network::of(client.address)).map_err(|_| Refusal::TooMany)?;
            }
            request.extensions_mut().insert(client);
        }
        // Whoever sends slowly waits here, where it costs others nothing.
        let request = body::gather(request, self.limits.body_bytes_max).await?;
        let _place = self.room.try_acquire().map_err(|_| Refusal::Full)?;
        let _counted = UnderWay::begin();
        tokio::time::timeout(self.limits.request_time_max, next.run(request)).await.map_err(|_| Refusal::TimedOut)
    }
}

/// Says what each metric means, and begins each at 0.
fn describe() {
    describe_gauge!(REQUESTS_IN_FLIGHT, Unit::Count, "Requests under way");
    describe_counter!(REQUESTS_REFUSED, Unit::Count, "Requests refused before a handler saw them, by reason");
    http::describe();
    gauge!(REQUESTS_IN_FLIGHT).set(0.0);
    for refusal in Refusal::ALL {
        counter!(REQUESTS_REFUSED, "reason" => refusal.name()).increment(0);
    }
}

/// Counts a request while it lasts, also one whose client goes away.
struct UnderWay(Gauge);

impl UnderWay {
    fn begin() -> Self {
        let gauge = gauge!(REQUESTS_IN_FLIGHT);
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
mod tests;
