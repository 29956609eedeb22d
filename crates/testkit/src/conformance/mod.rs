//! Both ends for the public MCP conformance suite, written on the official SDK so that what the
//! gateway is scored against is no code of ours on the wire.
//!
//! [`server`] is the upstream that stands behind the gateway when the suite plays the client;
//! [`client`] is what the suite starts when it plays the upstream itself.

#![expect(
    deprecated,
    reason = "logging, sampling and roots belong to revisions that are still in use"
)]

pub mod client;
pub mod server;

#[cfg(test)]
mod tests;
