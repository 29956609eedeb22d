//! Error codes of JSON-RPC and MCP that the gateway sends or acts on.

/// Not JSON.
pub const PARSE: i64 = -32700;
/// JSON, but not a request.
pub const INVALID_REQUEST: i64 = -32600;
/// No such method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// Parameters that do not fit the method; also an unknown tool.
pub const INVALID_PARAMS: i64 = -32602;
/// A fault of the receiver.
pub const INTERNAL: i64 = -32603;
/// The server behind the gateway is not there (implementation-defined range).
pub const UPSTREAM: i64 = -32000;
/// Headers and body disagree (MCP 2026-07-28).
pub const HEADER_MISMATCH: i64 = -32020;
/// The request needs something that its client did not declare (MCP 2026-07-28).
pub const MISSING_CAPABILITY: i64 = -32021;
/// A resource that does not exist, before 2026-07-28.
pub const RESOURCE_NOT_FOUND: i64 = -32002;
/// A person must first visit a URL (2025-11-25 only).
pub const URL_ELICITATION_REQUIRED: i64 = -32042;
/// A protocol revision that the receiver does not speak (MCP 2026-07-28).
pub const UNSUPPORTED_VERSION: i64 = -32022;
