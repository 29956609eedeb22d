//! Signing in to remote MCP servers (MCP basic/authorization, OAuth 2.1).
//!
//! An [`Authorizer`] is asked for a bearer token before a request and, when a server refused one,
//! for a better token. `challenge` reads what the refusal asks for, `provider` speaks to the
//! authorization server, `callback` waits for the browser to come back, `flow` is one sign-in from
//! beginning to end, `renewal` decides whether there has to be one, and `flight` sees to it that
//! however many requests wait, one server has one renewal under way.

mod authorizer;
mod browser;
mod callback;
mod challenge;
mod error;
mod flight;
mod flow;
mod grant;
mod page;
mod provider;
mod renewal;
mod resource;
mod scopes;

pub use authorizer::{Authorizer, Initiative};
pub use browser::{Browser, SystemBrowser, may_be_opened};
pub use challenge::{Challenge, Need};
pub use error::SignInError;
pub use grant::{Client, Grant, MemoryStore, TokenStore};
pub use renewal::Refusal;
pub use resource::Resource;

#[cfg(test)]
mod tests;
