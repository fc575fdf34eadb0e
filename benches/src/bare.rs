//! What the vote's POST is measured against: the same JSON is parsed, and nothing is done with it.

use std::net::SocketAddr;

use anyhow::Result;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use voters_frontend::api::views::VoteRequest;
use voting_commons::adapters::edge::EdgeArgs;
use voting_commons::adapters::http;

/// Serves as the frontends do, until the process is killed.
pub(crate) async fn serve(listen: SocketAddr) -> Result<()> {
    let router = Router::new().route("/api/v1/votes", post(take));
    http::serve(
        TcpListener::bind(listen).await?,
        router,
        EdgeArgs::default().connections_max,
        CancellationToken::new(),
    )
    .await?;
    Ok(())
}

async fn take(Json(vote): Json<VoteRequest>) -> StatusCode {
    if vote.ballot.is_empty() { StatusCode::BAD_REQUEST } else { StatusCode::ACCEPTED }
}
