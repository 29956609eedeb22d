//! A typed client of the gateway's local API, over the Unix socket or named pipe.
//!
//! [`Client`] has one method per route. [`Link`] is the single HTTP connection underneath, for
//! those who speak something else than the API through the same door.

mod admitting;
mod client;
mod deciding;
mod desktop;
mod error;
mod link;
mod looking;
mod path;
mod stream;

#[cfg(test)]
mod tests;

pub use client::{Client, Toggle};
pub use error::ClientError;
pub use link::{Link, MAX_BODY, SendError, read_body};
pub use looking::ActivityQuery;
pub use stream::{ApiEvent, EventStream, LineStream, SseStream};
