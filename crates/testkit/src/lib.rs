//! Fakes and harness for the tests: scripted MCP servers, a private toolgate, real servers and
//! clients from the registries.
//!
//! Nothing here is part of the product. [`fake`] is an MCP server written on raw JSON, without
//! the libraries that the product uses, so that both cannot share a mistake; it behaves well or
//! badly as its options say. [`conformance`] has a server and a client on the official SDK for the
//! public conformance suite. [`gateway`] runs the built `toolgate` program in a
//! directory of its own, and [`client`] talks to it. [`fixtures`] finds the real servers and
//! clients that `cargo xtask test` installs.

pub mod client;
pub mod conformance;
pub mod fake;
pub mod fixtures;
pub mod gateway;
pub mod http;
pub mod json;
pub mod process;
pub mod programs;
pub mod remote;
pub mod seen;
