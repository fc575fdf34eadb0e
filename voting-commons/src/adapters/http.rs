//! Serving HTTP/1.1, and HTTP/2 without TLS as proxies speak it, with the limits that `axum::serve` doesn't set.

use std::io::Write as _;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use metrics::{Unit, counter, describe_counter};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Layer, ServiceExt};
use tower_http::metrics::InFlightRequestsLayer;
use tower_http::metrics::in_flight_requests::InFlightRequestsCounter;

/// How long a client may take to send a request's headers, or to send another request.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests under way may take to end after shutdown began.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);
/// After which time without a request a connection is ended that the header's time-out doesn't end: one that hasn't said
/// which HTTP it speaks, and HTTP/2. Until twice this may pass.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a client may leave what it was sent unacknowledged or unread.
#[cfg(target_os = "linux")]
const UNREAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait after the process ran out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// File descriptors that connections leave to logs, Kafka and Postgres.
const FILES_RESERVED: u64 = 256;

/// The most that is kept of what a client sends faster than it is read, and the largest head of a request, in bytes.
const READ_BYTES_MAX: usize = 64 * 1024;
/// Requests at once on one connection of HTTP/2.
const STREAMS_MAX: u32 = 100;
/// What is kept for each of them of an answer that isn't read, in bytes.
const STREAM_WRITE_BYTES_MAX: usize = 16 * 1024;
/// What a client of HTTP/2 may send before it is read, in bytes, in one request and in all of a connection.
const STREAM_READ_BYTES_MAX: u32 = 64 * 1024;
const CONNECTION_READ_BYTES_MAX: u32 = 256 * 1024;
/// The headers of one request of HTTP/2, in bytes.
const HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;
/// Requests that a client of HTTP/2 may take back before they are looked at: with more it is a flood.
const RESETS_PENDING_MAX: usize = 20;
/// Requests that a client of HTTP/2 may have refused for its own mistakes.
const RESETS_OWN_MAX: usize = 128;
/// How often a silent connection of HTTP/2 is asked whether it is there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// What is said to a connection too many, which then ends.
const NO_ROOM: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// Connections refused for want of room.
const CONNECTIONS_REFUSED: &str = "connections_refused_total";

/// Says what is measured of connections.
pub(super) fn describe() {
    describe_counter!(CONNECTIONS_REFUSED, Unit::Count, "Connections refused because there was no room for one more");
    counter!(CONNECTIONS_REFUSED).increment(0);
}

/// Serves `router`, which finds its clients' addresses in [`ConnectInfo`], on `listener` until `shutdown`, then lets requests under way end for up to [`DRAIN_TIMEOUT`].
/// At most `connections_max` are open at a time, and at most as many as there are file descriptors for.
///
/// # Errors
/// When the limit of file descriptors can't be read; a failed accept is logged and survived.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections_max: usize,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let room = Arc::new(Semaphore::new(connections_max.min(connections_possible()?)));
    let (server, conversations) = (server(), TaskTracker::new());
    while let Some((stream, address)) = shutdown.run_until_cancelled(accept(&listener)).await {
        match Arc::clone(&room).try_acquire_owned() {
            Ok(place) => {
                let talk = converse(stream, server.clone(), router.clone(), address, shutdown.clone(), place);
                conversations.spawn(talk);
            }
            Err(_) => refuse(stream),
        }
    }
    drop(listener);
    conversations.close();
    if tokio::time::timeout(DRAIN_TIMEOUT, conversations.wait()).await.is_err() {
        tracing::warn!("requests still under way were cut off");
    }
    Ok(())
}

/// How many connections there are file descriptors for, once this process may have as many as it may ask for.
fn connections_possible() -> std::io::Result<usize> {
    let (now, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    // Not every system gives as many as it says.
    let files = if setrlimit(Resource::RLIMIT_NOFILE, most, most).is_ok() { most } else { now };
    let connections = files.saturating_sub(FILES_RESERVED).max(1);
    Ok(usize::try_from(connections).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS))
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whoever balances the load hears at once that there is no room, and goes elsewhere.
fn refuse(stream: TcpStream) {
    counter!(CONNECTIONS_REFUSED).increment(1);
    // It has never been written to, so this never waits.
    let said = stream.into_std().and_then(|mut stream| stream.write_all(NO_ROOM));
    if let Err(error) = said {
        tracing::debug!(%error, "a connection was refused without a word");
    }
}

fn server() -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_READ_TIMEOUT).max_buf_size(READ_BYTES_MAX);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_BYTES_MAX)
        .max_pending_accept_reset_streams(RESETS_PENDING_MAX)
        .max_local_error_reset_streams(RESETS_OWN_MAX)
        .max_send_buf_size(STREAM_WRITE_BYTES_MAX)
        .initial_stream_window_size(STREAM_READ_BYTES_MAX)
        .initial_connection_window_size(CONNECTION_READ_BYTES_MAX)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT);
    server
}

/// Answers the requests of one connection, until it ends, is idle, or `shutdown` ends it.
async fn converse(
    stream: TcpStream,
    server: auto::Builder<TokioExecutor>,
    router: Router,
    address: SocketAddr,
    shutdown: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    prepare(&stream);
    let (in_flight, under_way) = InFlightRequestsLayer::pair();
    let activity = Activity { begun: Arc::default(), under_way };
    let begun = Arc::clone(&activity.begun);
    let router = Extension(ConnectInfo(address)).layer(router).map_request(move |request: Request<Incoming>| {
        begun.fetch_add(1, Ordering::Relaxed);
        request
    });
    let service = TowerToHyperService::new(in_flight.layer(router));
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    let mut is_ending = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            () = shutdown.cancelled(), if !is_ending => {}
            // Whoever doesn't hear that it ends is left.
            () = activity.cease() => if is_ending { return },
        }
        is_ending = true;
        connection.as_mut().graceful_shutdown();
    }
}

fn prepare(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "can't set TCP_NODELAY");
    }
    // Also of a client that says it is there and has no room for more: without this it would hold its answer for ever.
    #[cfg(target_os = "linux")]
    {
        let millis = u32::try_from(UNREAD_TIMEOUT.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = nix::sys::socket::setsockopt(stream, nix::sys::socket::sockopt::TcpUserTimeout, &millis) {
            tracing::debug!(%error, "can't set TCP_USER_TIMEOUT");
        }
    }
}

/// What a connection's client has asked for.
struct Activity {
    begun: Arc<AtomicU64>,
    /// Including streams that go on.
    under_way: InFlightRequestsCounter,
}

impl Activity {
    /// Waits until nothing was asked for, and nothing under way, for [`IDLE_TIMEOUT`].
    async fn cease(&self) {
        let look = || (self.begun.load(Ordering::Relaxed), self.under_way.get());
        loop {
            let before = look();
            tokio::time::sleep(IDLE_TIMEOUT).await;
            if look() == before && before.1 == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

    /// A server and, when its guard is dropped, its end.
    async fn start(connections_max: usize) -> (SocketAddr, tokio_util::sync::DropGuard) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let slow = get(async || tokio::time::sleep(4 * IDLE_TIMEOUT).await);
        let router = Router::new().route("/", get(async || "here")).route("/slow", slow);
        tokio::spawn(serve(listener, router, connections_max, shutdown.clone()));
        (address, shutdown.drop_guard())
    }

    async fn send(address: SocketAddr, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// All that is said until the connection ends.
    async fn heard(mut stream: TcpStream) -> Vec<u8> {
        let mut heard = Vec::new();
        // A reset is an end too.
        let _ = stream.read_to_end(&mut heard).await;
        heard
    }

    #[tokio::test]
    async fn a_connection_too_many_is_told_so_and_the_next_has_room_again() {
        let (address, _running) = start(1).await;
        let mut first = send(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        first.read_exact(&mut [0; 15]).await.unwrap();
        assert_eq!(heard(TcpStream::connect(address).await.unwrap()).await, NO_ROOM);
        drop(first);
        loop {
            let answer = heard(send(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await).await;
            if answer.starts_with(b"HTTP/1.1 200") {
                return;
            }
            assert!(answer.is_empty() || answer == NO_ROOM, "{answer:?}");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn whoever_says_nothing_or_half_of_it_is_left() {
        let (address, _running) = start(100).await;
        tokio::time::pause();
        for half in [&b""[..], b"PRI * HTT", b"GET / HTTP/1.1\r\nhost: x\r\n", PREFACE] {
            let talked = tokio::time::timeout(4 * IDLE_TIMEOUT, async { heard(send(address, half).await).await });
            assert!(talked.await.is_ok(), "{half:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_takes_long_is_waited_for() {
        let (address, _running) = start(100).await;
        tokio::time::pause();
        let answer = heard(send(address, b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await).await;
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    }

    #[tokio::test]
    async fn http_2_is_spoken_with_limits() {
        let (address, _running) = start(100).await;
        let mut stream = send(address, PREFACE).await;
        let mut settings = [0; 9];
        stream.read_exact(&mut settings).await.unwrap();
        assert_eq!(settings[3], 4, "the first frame is settings");
        let mut values = vec![0; usize::from(settings[2])];
        stream.read_exact(&mut values).await.unwrap();
        let value = |id: u8| values.chunks(6).find(|pair| pair[1] == id).map(|pair| &pair[2..]);
        assert_eq!(value(3), Some(&STREAMS_MAX.to_be_bytes()[..]), "requests at once");
        assert_eq!(value(6), Some(&HEADER_LIST_BYTES_MAX.to_be_bytes()[..]), "headers");
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let (address, _running) = start(100).await;
        let header = format!("x-large: {}\r\n", "x".repeat(2 * READ_BYTES_MAX));
        let answer = heard(send(address, format!("GET / HTTP/1.1\r\nhost: x\r\n{header}\r\n").as_bytes()).await).await;
        assert!(answer.starts_with(b"HTTP/1.1 431") || answer.is_empty(), "{answer:?}");
    }
}
