//! Requests at the gate.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{Method, StatusCode};
use axum::response::IntoResponse;
use axum::{Router, middleware};
use futures::{StreamExt, stream};
use tower::ServiceExt;

use super::*;

const LIMITS: Limits = Limits { requests_max: 8, request_time_max: Duration::from_secs(30), body_bytes_max: 64 };

/// Answers with the body, or with the refusal's name.
fn router(args: &EdgeArgs, limits: Limits) -> Router {
    let gate = Arc::new(Gate::new(args, limits));
    let pass = async |State(gate): State<Arc<Gate>>, request: Request, next: Next| {
        gate.pass(request, next)
            .await
            .unwrap_or_else(|refusal| (StatusCode::IM_A_TEAPOT, refusal.name()).into_response())
    };
    Router::new().fallback(async |body: Bytes| body).layer(middleware::from_fn_with_state(gate, pass))
}

async fn said(router: &Router, request: Request) -> String {
    let answer = router.clone().oneshot(request).await.unwrap();
    let bytes = axum::body::to_bytes(answer.into_body(), 1024).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn request(peer: &str, forwarded_for: &str) -> Request {
    let peer: SocketAddr = format!("{peer}:4711").parse().unwrap();
    let request = Request::builder().extension(ConnectInfo(peer)).header("x-forwarded-for", forwarded_for);
    request.body(Body::from("let through")).unwrap()
}

fn sent(chunks: impl stream::Stream<Item = &'static str> + Send + 'static) -> Request {
    let body = Body::from_stream(chunks.map(Ok::<_, Infallible>));
    Request::builder().method(Method::POST).body(body).unwrap()
}

#[tokio::test]
async fn one_request_too_many_is_refused() {
    let full = router(&EdgeArgs::default(), Limits { requests_max: 0, ..LIMITS });
    assert_eq!(said(&full, request("192.0.2.1", "")).await, "full");
    let roomy = router(&EdgeArgs::default(), LIMITS);
    assert_eq!(said(&roomy, request("192.0.2.1", "")).await, "let through");
}

#[tokio::test]
async fn clients_of_a_trusted_proxy_are_limited_each_for_themselves() {
    let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let args = EdgeArgs { trusted_proxies, client_requests_per_second_max: 1, ..EdgeArgs::default() };
    let router = router(&args, LIMITS);
    for number in 0..BURST_SECONDS {
        let same_network = format!("2001:db8::{number}");
        assert_eq!(said(&router, request("10.0.0.1", &same_network)).await, "let through", "{number}");
    }
    assert_eq!(said(&router, request("10.0.0.1", "2001:db8::ffff")).await, "client");
    assert_eq!(said(&router, request("10.0.0.1", "2001:db8:1::1")).await, "let through", "somebody else");
    for _ in 0..=2 * BURST_SECONDS {
        assert_eq!(said(&router, request("192.0.2.1", "2001:db8::1")).await, "let through", "nobody vouches for it");
        assert_eq!(said(&router, request("10.0.0.1", "")).await, "let through", "the proxy's own");
    }
}

#[tokio::test]
async fn a_limit_of_0_is_none() {
    let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let router =
        router(&EdgeArgs { trusted_proxies, client_requests_per_second_max: 0, ..EdgeArgs::default() }, LIMITS);
    for _ in 0..10_000 {
        assert_eq!(said(&router, request("10.0.0.1", "192.0.2.1")).await, "let through");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_takes_nobodys_place() {
    // With no room at all the first to be refused for want of it would be these.
    let router = router(&EdgeArgs::default(), Limits { requests_max: 0, ..LIMITS });
    let stalled = sent(stream::once(async { "some" }).chain(stream::pending()));
    assert_eq!(said(&router, stalled).await, "body-slow");
    let dripping = stream::repeat("x").then(|byte| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        byte
    });
    assert_eq!(said(&router, sent(dripping)).await, "body-slow");
}

#[tokio::test]
async fn a_body_comes_through_whole_whatever_its_size() {
    let router = router(&EdgeArgs::default(), LIMITS);
    for chunks in [0, 1, 6, 7, 100] {
        assert_eq!(said(&router, sent(stream::repeat("ten bytes.").take(chunks))).await, "ten bytes.".repeat(chunks));
    }
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_given_up() {
    let gate = Arc::new(Gate::new(&EdgeArgs::default(), LIMITS));
    let pass = async |State(gate): State<Arc<Gate>>, request: Request, next: Next| {
        gate.pass(request, next).await.unwrap_or_else(|refusal| refusal.name().into_response())
    };
    let router = Router::new().fallback(async || std::future::pending::<()>().await);
    let router = router.layer(middleware::from_fn_with_state(gate, pass));
    assert_eq!(said(&router, request("192.0.2.1", "")).await, "timed-out");
}
