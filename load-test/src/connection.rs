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
use tokio::time::{Instant, timeout};
use tokio_native_tls::{TlsConnector, native_tls};

/// A browser's patience: longer than the frontends' own.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long a connection may lie idle before another one is made: frontends close it after ten seconds, and a vote that meets
/// the closing gets no answer.
const MAX_IDLE: Duration = Duration::from_secs(5);

/// Where connections lead.
pub struct Target {
    host: String,
    port: u16,
    authority: String,
    tls: Option<TlsConnector>,
}

/// One connection, made again when it breaks or lay idle.
pub struct Connection {
    target: Arc<Target>,
    sender: Option<SendRequest<Full<Bytes>>>,
    last_answer: Instant,
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
        Self { target, sender: None, last_answer: Instant::now() }
    }

    /// Sends JSON and waits for the answer.
    ///
    /// # Errors
    /// When there was none: it may have been received all the same.
    pub async fn post(&mut self, path: &str, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let late = |_| Err(anyhow!("no answer within {} s", PATIENCE.as_secs()));
        let answer = timeout(PATIENCE, self.exchange(path, body)).await.unwrap_or_else(late);
        match answer {
            Ok(_) => self.last_answer = Instant::now(),
            Err(_) => self.sender = None,
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
            Some(mut sender) if self.last_answer.elapsed() < MAX_IDLE => sender.ready().await.is_ok().then_some(sender),
            _ => None,
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

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::*;

    /// Gives these answers, each a head and a body: one on each connection, which it keeps, and the last one ever after; its
    /// address. A real deployment fails when it likes.
    pub(crate) fn answering(answers: &'static [(&'static str, &'static str)]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for number in 0.. {
                let (mut connection, _) = listener.accept().unwrap();
                let head = BufReader::new(&connection).lines().map_while(Result::ok);
                head.take_while(|line| !line.is_empty()).for_each(drop);
                let (head, body) = answers.get(number).or(answers.last()).unwrap();
                write!(connection, "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
                kept.push(connection);
            }
        });
        url
    }

    #[tokio::test]
    async fn a_connection_that_lay_idle_is_made_again() {
        let url = answering(&[("202 Accepted", "")]);
        let mut connection = Connection::new(Arc::new(Target::new(&url).unwrap()));
        connection.post("/", Bytes::new()).await.unwrap();
        connection.last_answer -= MAX_IDLE;
        // The first connection is still there, but nobody answers on it any more.
        connection.post("/", Bytes::new()).await.unwrap();
    }
}
