//! One connection to one MCP server: transports, handshake in both eras, state machine, back-off.
//!
//! [`Upstream`] supervises a server. Above the transports (`stdio`, `http`, `websocket`) everything is raw
//! messages over a `link`; `peer` matches answers to requests, `handshake` finds out the era,
//! `session` is one life of a connection and `supervisor` the sequence of them.

mod backoff;
mod confinement;
mod context;
mod environment;
mod exchange;
mod framer;
mod handshake;
mod http;
mod interests;
mod link;
mod news;
mod offers;
mod peer;
pub mod reaper;
mod session;
mod status;
mod stdio;
mod supervisor;
mod tools;
mod websocket;

pub use confinement::Confinement;
pub use context::Context;
pub use environment::{Environment, find_command};
pub use exchange::{Behalf, Exchange, Happening, Party, PartyId, ServerRequest};
pub use interests::{Interests, Watchable};
pub use link::CallError;
pub use news::News;
pub use offers::Offers;
pub use sandbox::{HELPER as SANDBOX_HELPER, main as sandbox_main};
pub use status::{Beginning, CallLine, Introduction, Status, Upstream, Watch};
pub use tools::ToolDefinition;

#[cfg(test)]
mod tests;
