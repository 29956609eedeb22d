//! A scripted MCP server: well behaved by default, misbehaving in one way per option.
//!
//! Written on raw JSON after the specification (revisions 2024-11-05 to 2026-07-28).

mod asking;
mod calls;
mod conversation;
mod event_stream;
mod exchange;
mod extras;
mod features;
mod flip;
mod generated;
mod http;
mod jobs;
mod journal;
mod legacy_sse;
mod lists;
mod misbehave;
mod news;
mod options;
mod server;
mod session;
mod stdio;
mod task_methods;
mod tools;

use std::process::ExitCode;
use std::sync::Arc;

pub use calls::{MIXED_RESULT, big_text};
pub use flip::FLIPPED;
pub use generated::generated_tools;
pub use options::{Era, Hang, Options, SchemaDialect};
pub use server::FakeServer;

/// Runs the server until its client is gone, a tool call ends it, or it is killed.
///
/// The returned code is the process's exit code.
pub async fn run(options: Options) -> std::io::Result<ExitCode> {
    misbehave::before_start(&options).await?;
    if let Some(code) = options.exit_at_once {
        return Ok(ExitCode::from(code));
    }
    let server = Arc::new(FakeServer::new(options));
    let options = server.options();
    if let Some(port) = options.http {
        http::serve(server.clone(), port).await
    } else if let Some(port) = options.legacy_sse {
        legacy_sse::serve(server.clone(), port).await
    } else {
        stdio::serve(server.clone()).await
    }
}
