//! Requests that no browser sends.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{WAVE, by, none_held};
use crate::tally::Tally;
use crate::wire::ask;

/// Before each is sent again.
const PAUSE: Duration = Duration::from_secs(1);
/// Half of the wave: those that are sent last have the other half for their answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// Each of [`requests`].
pub(super) async fn all(address: SocketAddr) -> Tally {
    let (requests, mut tally) = (requests(), Tally::default());
    let start = Instant::now();
    while start.elapsed() + PATIENCE < WAVE {
        tally.merge(by(requests.len(), |number| ask(address, &requests[number], PATIENCE)).await);
        tokio::time::sleep(PAUSE).await;
    }
    none_held(tally)
}

fn requests() -> Vec<Vec<u8>> {
    let mut requests: Vec<Vec<u8>> = heads().into_iter().map(String::into_bytes).collect();
    requests.extend(bodies());
    requests.extend([
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 a client of TLS \r\n\r\n".to_vec(),
        b"\0\xff\xfe\r\n\r\n".repeat(1_000),
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nhost: \xff\xfe\r\ncookie: \xff=\xff\r\naccept-language: \xff\r\n\r\n".to_vec(),
    ]);
    requests
}

/// Requests without a body.
fn heads() -> Vec<String> {
    let get = |path: &str, headers: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    vec![
        "no request at all\r\n\r\n".to_owned(),
        "GET / HTTP/0.9\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\nhost: x\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n".to_owned(),
        "CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "INVENTED / HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        get("http://elsewhere.example/", ""),
        get("//elsewhere.example//", ""),
        get("/../../../../etc/passwd", ""),
        get("/assets/..%2f..%2f..%2fetc%2fpasswd", ""),
        get("/paredoes/%00", ""),
        get("/paredoes/%ff%fe/telao", ""),
        get("/api/v1/paredoes/%00/live", ""),
        get("/photos/%ff", ""),
        get(&format!("/paredoes/{}", "a".repeat(60_000)), ""),
        get(&format!("/paredoes/{}", "a".repeat(200_000)), ""),
        get(&format!("/?{}", "a=b&".repeat(10_000)), ""),
        get("/", &format!("x-large: {}\r\n", "x".repeat(200_000))),
        get("/", &"x-many: y\r\n".repeat(10_000)),
        get("/", &format!("cookie: {}\r\n", "a=b; ".repeat(10_000))),
        get("/", "range: bytes=0-0,1-1,2-2,99999999999999999999-\r\nif-none-match: \"\r\n"),
        get("/paredoes", "authorization: Bearer \u{fffd}\r\n"),
        get("/paredoes", "x-forwarded-for: 1.2.3.4, , ::::, 999.999.999.999\r\n"),
        get("/", "connection: upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
    ]
}

/// Requests with a body, or with less or more of one than they say.
fn bodies() -> Vec<Vec<u8>> {
    let post = |path: &str, headers: &str, body: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n{body}").into_bytes()
    };
    let json = |path: &str, body: &str| {
        post(path, &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()), body)
    };
    let form = |path: &str, body: &str| {
        let headers = format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", body.len());
        post(path, &headers, body)
    };
    let mut bodies = vec![
        post("/api/v1/votes", "content-length: -1\r\n", "{}"),
        post("/api/v1/votes", "content-length: 99999999999999999999999\r\n", "{}"),
        post("/api/v1/votes", "content-length: 2\r\ncontent-length: 3\r\n", "{}"),
        post("/api/v1/votes", "content-length: 2\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
        post("/api/v1/votes", "transfer-encoding: chunked, gzip\r\n", "0\r\n\r\n"),
        post("/api/v1/votes", "transfer-encoding: chunked\r\n", "ffffffffffffffff\r\n{}"),
        post("/api/v1/votes", "transfer-encoding: chunked\r\n", "not a number\r\n{}"),
        post("/api/v1/votes", "content-length: 10000000000\r\n", &"x".repeat(1_000_000)),
        post("/api/v1/votes", "content-length: 10000000000\r\nexpect: 100-continue\r\n", ""),
        post("/api/v1/votes", "content-encoding: gzip\r\ncontent-length: 2\r\n", "{}"),
        post("/entrar", "content-length: 50000000\r\n", &"x".repeat(1_000_000)),
        post("/api/v1/paredoes", "content-type: multipart/form-data\r\ncontent-length: 2\r\n", "--"),
        post(
            "/api/v1/paredoes",
            "content-type: multipart/form-data; boundary=x\r\ncontent-length: 50000000\r\n",
            "--x",
        ),
        form("/entrar", "name=%00&password=%ff"),
        form("/entrar", "name=a&name=b&password"),
        form("/entrar", &format!("name={}&password={}", "x".repeat(10_000), "y".repeat(10_000))),
        form("/paredoes/nowhere/votes", "ballot=%ff%00"),
        form("/idioma", "language=klingon"),
    ];
    for path in ["/api/v1/ballots", "/api/v1/votes", "/api/v1/dead-letters/replay", "/api/v1/imports"] {
        bodies.push(json(path, &"[".repeat(4_000)));
        bodies.push(json(path, &r#"{"a":"#.repeat(800)));
        bodies.push(json(path, "null"));
        bodies.push(json(path, r#"{"paredao":"\u0000","participant":1e400,"ballot":"\ud800"}"#));
        bodies.push(json(path, r#"{"paredao":[],"participant":9223372036854775808,"ballot":{}}"#));
        bodies.push(json(path, &format!(r#"{{"ballot":"v4.local.{}"}}"#, "A".repeat(3_900))));
    }
    bodies
}
