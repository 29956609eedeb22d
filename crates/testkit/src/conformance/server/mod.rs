//! A server that has everything the public conformance suite asks for, in both protocol eras.
//!
//! What it offers stands in `catalogue.json`: each tool, prompt and resource has a script, and one
//! script works in every way that the protocol knows: a question is a request to the client in
//! the older era, an `input_required` result in the modern one, and an input of a task in a task.

mod catalogue;
mod handler;
mod listeners;
mod play;
mod seal;
mod stage;
mod template;

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use serde_json::json;
use tokio::net::TcpListener;

use handler::Server;

/// How the server is started.
#[derive(clap::Parser)]
#[command(about = "An MCP server with all that the conformance suite asks for")]
pub struct Options {
    /// The port on the loopback address; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The revisions it speaks.
    #[arg(long, value_enum, default_value_t = Era::Both)]
    era: Era,
}

/// The revisions that a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Era {
    /// Those with `initialize`, up to 2025-11-25.
    Legacy,
    /// 2026-07-28 alone.
    Modern,
    /// All of them.
    Both,
}

/// Serves until the process ends; prints the URL as its first line.
#[expect(
    clippy::print_stdout,
    reason = "the URL is what the program is asked for"
)]
pub async fn run(options: Options) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
        .await
        .with_context(|| format!("port {} cannot be opened", options.port))?;
    println!("http://{}/mcp", listener.local_addr()?);
    axum::serve(listener, router(options.era)?).await?;
    Ok(())
}

/// The server's routes.
pub(super) fn router(era: Era) -> anyhow::Result<Router> {
    let server = Server::new(era)?;
    let mut config = StreamableHttpServerConfig::default()
        .with_allowed_origins(["http://127.0.0.1:*", "http://localhost:*"]);
    config.legacy_session_mode = era != Era::Modern;
    let service = StreamableHttpService::new(
        move || Ok(server.session()),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    let router = Router::new().route_service("/mcp", service);
    Ok(match era {
        Era::Legacy => router.layer(middleware::from_fn(refuse_newer)),
        Era::Modern | Era::Both => router,
    })
}

/// Answers a revision that it has never heard of as servers from before that revision do.
async fn refuse_newer(request: Request, next: Next) -> Response {
    let version = request.headers().get("mcp-protocol-version");
    let is_newer = version.is_some_and(|version| version.as_bytes() > b"2025-11-25".as_slice());
    if !is_newer {
        return next.run(request).await;
    }
    let message = "Bad Request: Unsupported protocol version (supported versions: 2025-11-25, \
                   2025-06-18, 2025-03-26, 2024-11-05)";
    let error = json!({"code": -32000, "message": message});
    let body = json!({"jsonrpc": "2.0", "error": error, "id": null});
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}
