//! One browser's connection, which is kept.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_native_tls::{TlsConnector, native_tls};

/// A browser's patience: longer than the frontends' own.
const PATIENCE: Duration = Duration::from_secs(12);

/// Where connections lead.
pub struct Target {
    host: String,
    port: u16,
    authority: String,
    tls: Option<TlsConnector>,
}

/// One connection, made again when it breaks.
pub struct Connection {
    target: Arc<Target>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Target {
    /// What `url` says.
    ///
    /// # Errors
    /// When it names no host, or neither http nor https.
    pub fn new(url: &str) -> Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("{url} is no URL"))?;
        let authority = uri.authority().with_context(|| format!("{url} names no host"))?;
        let (tls, default_port) = match uri.scheme_str() {
            Some("https") => (Some(native_tls::TlsConnector::new()?.into()), 443),
            Some("http") => (None, 80),
            _ => bail!("{url} must begin with https:// or http://"),
        };
        Ok(Self {
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(default_port),
            authority: authority.to_string(),
            tls,
        })
    }
}

impl Connection {
    /// One that isn't made before it is used.
    pub fn new(target: Arc<Target>) -> Self {
        Self { target, sender: None }
    }

    /// Sends JSON and waits for the answer.
    ///
    /// # Errors
    /// When there was none: it may have been received all the same.
    pub async fn post(&mut self, path: &str, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let late = |_| Err(anyhow!("no answer within {} s", PATIENCE.as_secs()));
        let answer = timeout(PATIENCE, self.exchange(path, body)).await.unwrap_or_else(late);
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }

    async fn exchange(&mut self, path: &str, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("host", &self.target.authority)
            .header("content-type", "application/json")
            .body(Full::new(body))?;
        let answer = self.sender().await?.send_request(request).await?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        let ready = match self.sender.take() {
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let sender = match ready {
            Some(sender) => sender,
            None => self.connect().await.context("can't connect")?,
        };
        Ok(self.sender.insert(sender))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let target = &self.target;
        let stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
        stream.set_nodelay(true)?;
        match &target.tls {
            Some(tls) => shake_hands(tls.connect(&target.host, stream).await?).await,
            None => shake_hands(stream).await,
        }
    }
}

async fn shake_hands<S>(stream: S) -> Result<SendRequest<Full<Bytes>>>
where
    S: Send + Unpin + 'static,
    TokioIo<S>: Read + Write,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with an error when the other side goes away, which the next request sees.
    tokio::spawn(connection);
    Ok(sender)
}
