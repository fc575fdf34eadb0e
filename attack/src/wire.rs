//! Connections of somebody who doesn't keep to the rules.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::tally::Outcome;

/// The most that is read of what nobody wants to know.
const HEARD_BYTES_MAX: usize = 64 * 1024;

/// A connection, and what came over it so far.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(address).await?, heard: vec![] })
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Whether something more came; otherwise the connection has ended.
    async fn hear(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                if self.heard.len() < HEARD_BYTES_MAX {
                    self.heard.extend_from_slice(&bytes[..count]);
                }
                true
            }
        }
    }

    /// The first answer, once its head is here.
    fn answer(&self) -> Option<Outcome> {
        let text = String::from_utf8_lossy(&self.heard).to_ascii_lowercase();
        let (head, _) = text.split_once("\r\n\r\n")?;
        let status = head.strip_prefix("http/1.1 ").or(head.strip_prefix("http/1.0 "))?.get(..3)?.parse().ok()?;
        Some(Outcome::Answered { status, has_retry_after: head.contains("\r\nretry-after: ") })
    }

    /// Waits for an answer or the end.
    pub(crate) async fn outcome(&mut self, patience: Duration) -> Outcome {
        let come = async {
            while self.hear().await {
                if let Some(answer) = self.answer() {
                    return answer;
                }
            }
            Outcome::Ended
        };
        tokio::time::timeout(patience, come).await.unwrap_or(Outcome::Held)
    }

    /// Waits for the end, whatever comes before.
    pub(crate) async fn end(&mut self, patience: Duration) -> Outcome {
        let end = async { while self.hear().await {} };
        match tokio::time::timeout(patience, end).await {
            Ok(()) => Outcome::Ended,
            Err(_) => Outcome::Held,
        }
    }
}

/// Says `request` and waits for what comes of it.
pub(crate) async fn ask(address: SocketAddr, request: &[u8], patience: Duration) -> Outcome {
    let Ok(mut wire) = Wire::to(address).await else { return Outcome::Ended };
    // Of one that is refused half-way the answer may be here all the same.
    let _ = wire.say(request).await;
    wire.outcome(patience).await
}

/// Says `first` at once and `drop` every second, and waits for what comes of it.
pub(crate) async fn drip(address: SocketAddr, first: &[u8], drop: &[u8], patience: Duration) -> Outcome {
    let Ok(mut wire) = Wire::to(address).await else { return Outcome::Ended };
    let start = Instant::now();
    let mut said = wire.say(first).await;
    while said.is_ok() && start.elapsed() < patience {
        match wire.outcome(Duration::from_secs(1)).await {
            Outcome::Held => said = wire.say(drop).await,
            outcome => return outcome,
        }
    }
    if said.is_ok() { Outcome::Held } else { Outcome::Ended }
}
