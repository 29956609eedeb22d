//! JSON-RPC 2.0 messages (<https://www.jsonrpc.org/specification>) with raw contents.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Raw, RawObject, code, raw};

/// The method of the notification that takes a request back.
const CANCELLED: &str = "notifications/cancelled";

/// The id of a request, kept as its JSON text so that `1` and `"1"` stay apart and go back as
/// they came.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(Box<str>);

impl RequestId {
    /// The id of a request of ours.
    pub fn number(id: u64) -> Self {
        Self(id.to_string().into_boxed_str())
    }

    /// The id as an unsigned number, if it is one.
    pub fn as_number(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The id as JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Takes a JSON string or number; nothing else can be an id.
    pub fn parse(value: &RawValue) -> Option<Self> {
        let text = value.get();
        let first = text.as_bytes().first()?;
        (*first == b'"' || *first == b'-' || first.is_ascii_digit()).then(|| Self(text.into()))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RequestId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        value.serialize(serializer)
    }
}

/// A request: wants a response with the same id.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// For example `tools/call`.
    pub method: String,
    /// Its parameters, if given.
    pub params: Option<Raw>,
}

/// A notification: wants no response.
#[derive(Clone, Debug)]
pub struct Notification {
    /// For example `notifications/progress`.
    pub method: String,
    /// Its parameters, if given.
    pub params: Option<Raw>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Response {
    /// The id of the request; `None` where the request could not be read.
    pub id: Option<RequestId>,
    /// The result, or why there is none.
    pub outcome: Result<Raw, ErrorObject>,
}

/// Why a request failed (JSON-RPC 2.0, section 5.1).
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message} ({code})")]
pub struct ErrorObject {
    /// One of [`code`], or the server's own.
    pub code: i64,
    /// One sentence.
    pub message: String,
    /// What the sender says of the circumstances.
    pub data: Option<Raw>,
    /// Whatever else the sender adds.
    pub extra: RawObject,
}

impl Serialize for ErrorObject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = RawObject::default();
        object.set("code", raw(&self.code));
        object.set("message", raw(&self.message));
        if let Some(data) = &self.data {
            object.set("data", data.clone());
        }
        for (key, value) in self.extra.iter() {
            object.set(key, value.to_owned());
        }
        object.serialize(serializer)
    }
}

impl ErrorObject {
    /// An error without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
            extra: RawObject::default(),
        }
    }

    /// Reads an error as far as it can be read: a call that failed in an odd form has still failed.
    fn lenient(error: &RawValue) -> Self {
        let mut object = RawObject::parse(error).unwrap_or_default();
        let text = || serde_json::from_str(error.get()).ok();
        let (code, message) = (object.get_as("code"), object.get_as("message"));
        let data = object.remove("data");
        for known in ["code", "message"] {
            object.remove(known);
        }
        Self {
            code: code.unwrap_or(code::INTERNAL),
            message: message.or_else(text).unwrap_or_default(),
            data,
            extra: object,
        }
    }

    /// Adds data.
    #[must_use]
    pub fn with_data(mut self, data: &impl Serialize) -> Self {
        self.data = Some(raw(data));
        self
    }
}

/// Any message.
#[derive(Clone, Debug)]
pub enum Message {
    /// Wants an answer.
    Request(Request),
    /// Wants none.
    Notification(Notification),
    /// Is one.
    Response(Response),
}

/// Why a text is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not JSON at all.
    #[error("this is not JSON")]
    NotJson,
    /// A JSON array; batches left the protocol with revision 2025-06-18.
    #[error("batches of messages are not supported; send one message at a time")]
    Batch,
    /// JSON of another shape.
    #[error("this is JSON but not a JSON-RPC 2.0 message")]
    NotMessage,
}

impl ParseError {
    /// The JSON-RPC error to answer with.
    pub fn to_error(self) -> ErrorObject {
        let code = match self {
            Self::NotJson => code::PARSE,
            Self::Batch | Self::NotMessage => code::INVALID_REQUEST,
        };
        ErrorObject::new(code, self.to_string())
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    jsonrpc: Option<String>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    method: Option<String>,
    params: Option<Raw>,
    // A `null` result is a result; plain `Option` would take it for an absent one.
    #[serde(default, deserialize_with = "present")]
    result: Option<Raw>,
    error: Option<Raw>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Raw>, D::Error> {
    Raw::deserialize(deserializer).map(Some)
}

/// Whether arrays and objects nest deeper than `limit`. Raw values are skipped without recursion,
/// so nothing here overflows; but what lies behind the gateway may.
pub fn nests_deeper_than(text: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

impl Notification {
    /// The request that it cancels, if that is what it does (MCP basic/utilities/cancellation).
    pub fn cancelled_request(&self) -> Option<RequestId> {
        if self.method != CANCELLED {
            return None;
        }
        let params = RawObject::parse(self.params.as_deref()?)?;
        RequestId::parse(params.get("requestId")?)
    }
}

impl Message {
    /// Tells that the answer to a request is no longer wanted, and why.
    pub fn cancelling(id: &RequestId, reason: &str) -> Self {
        let mut params = RawObject::default();
        params.set("requestId", raw(id));
        params.set("reason", raw(reason));
        Self::notification(CANCELLED, Some(params.to_raw()))
    }

    /// Reads one message.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let envelope: Envelope<'_> =
            serde_json::from_slice(text).map_err(|error| classify(text, &error))?;
        if envelope.jsonrpc.as_deref() != Some("2.0") {
            return Err(ParseError::NotMessage);
        }
        let id = envelope.id.and_then(RequestId::parse);
        match (envelope.method, envelope.result, envelope.error) {
            (Some(method), None, None) => match (id, envelope.id) {
                (Some(id), _) => Ok(Self::Request(Request {
                    id,
                    method,
                    params: envelope.params,
                })),
                (None, None) => Ok(Self::Notification(Notification {
                    method,
                    params: envelope.params,
                })),
                (None, Some(_)) => Err(ParseError::NotMessage),
            },
            // Some servers send `"result": null` beside an error.
            (None, _, Some(error)) => Ok(Self::Response(Response {
                id,
                outcome: Err(ErrorObject::lenient(&error)),
            })),
            (None, Some(result), None) => Ok(Self::Response(Response {
                id,
                outcome: Ok(result),
            })),
            _ => Err(ParseError::NotMessage),
        }
    }

    /// A request without effort.
    pub fn request(id: RequestId, method: &str, params: Option<Raw>) -> Self {
        Self::Request(Request {
            id,
            method: method.to_owned(),
            params,
        })
    }

    /// A notification without effort.
    pub fn notification(method: &str, params: Option<Raw>) -> Self {
        Self::Notification(Notification {
            method: method.to_owned(),
            params,
        })
    }

    /// About how many bytes the message takes.
    pub fn size(&self) -> usize {
        let length = |raw: &Option<Raw>| raw.as_ref().map_or(0, |raw| raw.get().len());
        100 + match self {
            Self::Request(request) => length(&request.params),
            Self::Notification(notification) => length(&notification.params),
            Self::Response(response) => match &response.outcome {
                Ok(result) => result.get().len(),
                Err(error) => error.message.len() + length(&error.data),
            },
        }
    }

    /// The message as one line of JSON, without the line break.
    pub fn to_json(&self) -> String {
        let mut text = String::from(r#"{"jsonrpc":"2.0""#);
        match self {
            Self::Request(request) => {
                push(&mut text, "id", request.id.as_json());
                push(&mut text, "method", raw(&request.method).get());
                push_params(&mut text, request.params.as_deref());
            }
            Self::Notification(notification) => {
                push(&mut text, "method", raw(&notification.method).get());
                push_params(&mut text, notification.params.as_deref());
            }
            Self::Response(response) => {
                push(
                    &mut text,
                    "id",
                    response.id.as_ref().map_or("null", RequestId::as_json),
                );
                match &response.outcome {
                    Ok(result) => push(&mut text, "result", result.get()),
                    Err(error) => push(&mut text, "error", raw(error).get()),
                }
            }
        }
        text.push('}');
        text
    }
}

impl Response {
    /// An answer to a request of this id.
    pub fn new(id: RequestId, outcome: Result<Raw, ErrorObject>) -> Self {
        Self {
            id: Some(id),
            outcome,
        }
    }

    /// The response as one line of JSON.
    pub fn into_json(self) -> String {
        Message::Response(self).to_json()
    }
}

impl Request {
    /// The parameters as an object; absent ones are empty, other shapes are an error.
    pub fn params_object(&self) -> Result<RawObject, ErrorObject> {
        RawObject::parse_or_empty(self.params.as_deref())
            .ok_or_else(|| ErrorObject::new(code::INVALID_PARAMS, "`params` must be an object"))
    }
}

fn push_params(text: &mut String, params: Option<&RawValue>) {
    if let Some(params) = params {
        push(text, "params", params.get());
    }
}

fn push(text: &mut String, key: &str, json: &str) {
    text.reserve(key.len() + json.len() + 4);
    text.push_str(",\"");
    text.push_str(key);
    text.push_str("\":");
    // Raw values may hold line breaks between tokens, which stdio cannot carry; inside strings
    // JSON has none.
    if json.contains(['\n', '\r']) {
        text.extend(json.chars().filter(|c| !matches!(c, '\n' | '\r')));
    } else {
        text.push_str(json);
    }
}

fn classify(text: &[u8], error: &serde_json::Error) -> ParseError {
    if !error.is_data() {
        return ParseError::NotJson;
    }
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => ParseError::Batch,
        _ => ParseError::NotMessage,
    }
}

#[cfg(test)]
mod tests;
