//! Slowloris: holding connections, and what lies behind them, with little.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::http2::PREFACE;
use super::{WAVE, by, none_held};
use crate::tally::{Outcome, Tally};
use crate::target::Target;
use crate::wire::drip;

const CONNECTIONS: usize = 100;
/// Beyond the services' 10 s for a head or a body, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(25);

/// Nobody says anything.
pub(super) async fn silent(target: &Target) -> Tally {
    none_held(by(CONNECTIONS, |_| drip(target.voters, b"", b"", WAVE)).await)
}

/// They say that they speak HTTP/2, and nothing more.
pub(super) async fn silent_http2(target: &Target) -> Tally {
    none_held(by(CONNECTIONS, |_| drip(target.voters, PREFACE, b"", WAVE)).await)
}

/// A header a second, without end.
pub(super) async fn headers(target: &Target) -> Tally {
    none_held(
        by(CONNECTIONS, |_| drip(target.voters, b"GET / HTTP/1.1\r\nhost: x\r\n", b"x-more: y\r\n", PATIENCE)).await,
    )
}

/// A byte a second.
pub(super) async fn bodies(target: &Target) -> Tally {
    slow_bodies(target.voters, "POST /api/v1/votes", "application/json").await
}

/// The same where a password is expected.
pub(super) async fn bodies_of_production(target: &Target) -> Tally {
    slow_bodies(target.production, "POST /entrar", "application/x-www-form-urlencoded").await
}

async fn slow_bodies(address: SocketAddr, request: &str, content_type: &str) -> Tally {
    let head = format!("{request} HTTP/1.1\r\nhost: x\r\ncontent-type: {content_type}\r\ncontent-length: 1000\r\n\r\n");
    let mut tally = none_held(by(CONNECTIONS, |_| drip(address, head.as_bytes(), b"x", PATIENCE)).await);
    if tally.answered(408..=408) == 0 {
        tally.break_once("nobody was told that the body came too slowly".to_owned());
    }
    tally
}

/// They ask for much and read none of it.
pub(super) async fn unread(target: &Target) -> Tally {
    // Until its neighbour has no more room for them, nobody notices.
    let requests = "GET /api/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_000);
    none_held(by(CONNECTIONS / 4, |_| leave_unread(target.voters, &requests)).await)
}

async fn leave_unread(address: SocketAddr, requests: &str) -> Outcome {
    let Ok(mut stream) = TcpStream::connect(address).await else { return Outcome::Ended };
    if stream.write_all(requests.as_bytes()).await.is_err() {
        return Outcome::Ended;
    }
    let start = Instant::now();
    // Time-out of what isn't read, and time to begin with it.
    while start.elapsed() < 2 * WAVE {
        tokio::time::sleep(Duration::from_secs(1)).await;
        // Whoever has left says so when more is sent.
        let said = tokio::time::timeout(Duration::from_millis(10), stream.write_all(b"GET")).await;
        if matches!(said, Ok(Err(_))) {
            return Outcome::Ended;
        }
    }
    Outcome::Held
}
