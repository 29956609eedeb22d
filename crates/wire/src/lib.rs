//! The MCP wire: JSON-RPC messages kept raw, revisions, headers, server-sent events. No I/O.
//!
//! Parameters and results stay as the text they arrived in ([`Raw`]). What the gateway does not
//! look at, it cannot lose: unknown fields, key order and the form of numbers survive.

pub mod code;
mod header;
mod level;
mod message;
mod object;
mod param_header;
mod revision;
mod sse;

pub use header::{
    HEADER_METHOD, HEADER_NAME, HEADER_PROTOCOL_VERSION, HEADER_SESSION, decode_value,
    encode_value, name_of_request,
};
pub use level::{LogLevel, UnknownLevel};
pub use message::{
    ErrorObject, Message, Notification, ParseError, Request, RequestId, Response, nests_deeper_than,
};
pub use object::{Raw, RawObject, raw, raw_str};
pub use param_header::{HeaderMismatch, InvalidAnnotation, ParamHeaders};
pub use revision::{
    Era, LEGACY_REVISIONS, META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_LOG_LEVEL,
    META_PROTOCOL_VERSION, META_RELATED_TASK, META_SERVER_INFO, META_SUBSCRIPTION, MODERN_REVISION,
    NEWEST_LEGACY, negotiate_legacy, request_revision,
};
pub use sse::{SseEvent, SseParser, TooLarge};
