//! Finding out a server's era, and greeting it accordingly (MCP 2026-07-28, basic/versioning).

use std::time::Duration;

use serde_json::json;
use wire::{
    Era, ErrorObject, LogLevel, META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_LOG_LEVEL,
    META_PROTOCOL_VERSION, META_SERVER_INFO, MODERN_REVISION, NEWEST_LEGACY, Raw, RawObject, code,
    raw,
};

use crate::exchange::Behalf;
use crate::link::CallError;
use crate::peer::Peer;

/// A server that has not answered the probe by then is greeted the old way as well.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);

/// What a server said of itself.
#[derive(Clone, Debug)]
pub(crate) struct Greeting {
    pub(crate) era: Era,
    /// The revision in use.
    pub(crate) revision: String,
    /// `name version`, as the server calls itself.
    pub(crate) server_info: Option<String>,
    /// What the server wants a model to know.
    pub(crate) instructions: Option<String>,
    /// Its capabilities as sent.
    pub(crate) capabilities: RawObject,
}

/// How to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Ask `server/discover` first.
    Probe,
    /// Go straight to `initialize`: the server is known to be legacy, or to end on the probe.
    Initialize,
}

/// Adds to parameters what the era asks every request to carry, and takes out what only the other
/// era knows. A request on a client's behalf carries that client's capabilities, never ours.
pub(crate) fn dress(params: &mut RawObject, era: Era, behalf: Option<&Behalf>) {
    if behalf.is_some_and(|behalf| behalf.era == Era::Legacy) && era == Era::Modern {
        // Tasks have another form now, which such a client would not understand.
        params.remove("task");
    }
    if era == Era::Legacy {
        params.remove("inputResponses");
        params.remove("requestState");
    }
    params.edit_meta(|meta| dress_meta(meta, era, behalf));
}

fn dress_meta(meta: &mut RawObject, era: Era, behalf: Option<&Behalf>) {
    match era {
        Era::Modern => {
            let capabilities = behalf.map(|behalf| modern_capabilities(behalf).to_raw());
            let info = behalf.and_then(|behalf| behalf.info.clone());
            let mut level = behalf.and_then(|behalf| behalf.log_level);
            if behalf.is_some_and(|behalf| behalf.era == Era::Legacy) {
                // Servers logged to such a client without being asked.
                level = level.or(Some(LogLevel::Info));
            }
            meta.set(META_PROTOCOL_VERSION, raw(MODERN_REVISION));
            meta.set(
                META_CLIENT_CAPABILITIES,
                capabilities.unwrap_or_else(|| RawObject::default().to_raw()),
            );
            meta.set(
                META_CLIENT_INFO,
                info.unwrap_or_else(|| raw(&client_info())),
            );
            match level {
                Some(level) => meta.set(META_LOG_LEVEL, raw(level.as_str())),
                None => drop(meta.remove(META_LOG_LEVEL)),
            }
        }
        Era::Legacy => {
            for key in [
                META_PROTOCOL_VERSION,
                META_CLIENT_CAPABILITIES,
                META_CLIENT_INFO,
                META_LOG_LEVEL,
            ] {
                meta.remove(key);
            }
        }
    }
}

/// A client's capabilities as a modern server may see them.
fn modern_capabilities(client: &Behalf) -> RawObject {
    let mut capabilities = client.capabilities.clone();
    if client.era == Era::Legacy
        && let Some(mut extensions) = capabilities.object("extensions")
        && extensions.remove("io.modelcontextprotocol/tasks").is_some()
    {
        capabilities.set("extensions", extensions.to_raw());
    }
    capabilities
}

/// What every client's request may need, declared once for a connection that clients share: the
/// gateway passes each question on to the client whose call it belongs to.
fn brokered() -> serde_json::Value {
    json!({
        "roots": {},
        "sampling": { "tools": {}, "context": {} },
        "elicitation": { "form": {}, "url": {} },
        "tasks": {
            "list": {},
            "cancel": {},
            "requests": {
                "sampling": { "createMessage": {} },
                "elicitation": { "create": {} },
            },
        },
        "extensions": {
            "io.modelcontextprotocol/ui": { "mimeTypes": ["text/html;profile=mcp-app"] },
        },
    })
}

/// Greets a server in whichever era it speaks.
pub(crate) async fn greet(
    peer: &Peer,
    opening: Opening,
    deadline: Duration,
) -> Result<Greeting, CallError> {
    if opening == Opening::Initialize {
        let refused = match initialize(peer, None, deadline).await {
            Err(CallError::Rpc(error)) => error,
            other => return other,
        };
        // It may have been replaced by one that knows no sessions.
        return discover(peer, deadline)
            .await
            .map_err(|_| CallError::Rpc(refused));
    }
    let probe = discover(peer, deadline);
    tokio::pin!(probe);
    match tokio::time::timeout(PROBE_PATIENCE, &mut probe).await {
        Ok(Err(error)) if says_legacy(&error) && !peer.is_closed() => {
            initialize(peer, None, deadline).await
        }
        Ok(answer) => answer,
        // Slow, or deaf to what it does not know: greet it the old way and see what comes first.
        Err(_) => {
            let greeting = initialize(peer, None, deadline);
            tokio::pin!(greeting);
            tokio::select! {
                answer = &mut probe => match answer {
                    Ok(found) => Ok(found),
                    Err(_) => greeting.await,
                },
                answer = &mut greeting => match answer {
                    Err(CallError::Rpc(error)) if is_modern_only(&error) => probe.await,
                    other => other,
                },
            }
        }
    }
}

async fn discover(peer: &Peer, deadline: Duration) -> Result<Greeting, CallError> {
    let mut params = RawObject::default();
    dress(&mut params, Era::Modern, None);
    let ask = || peer.request("server/discover", &params, deadline);
    let answer = match ask().await {
        // It may have changed its mind about revisions since it was asked; it names ours.
        Err(CallError::Rpc(error)) if names_modern(&error) => ask().await,
        answer => answer,
    };
    let result = object(&answer?)?;
    let supported: Vec<String> = result.get_as("supportedVersions").unwrap_or_default();
    if !supported.iter().any(|revision| revision == MODERN_REVISION) {
        // It knows the question but none of our answers to it; `initialize` is left.
        return Err(ErrorObject::new(code::METHOD_NOT_FOUND, "no common modern revision").into());
    }
    let info = result
        .object("_meta")
        .and_then(|meta| meta.object(META_SERVER_INFO));
    Ok(greeting(
        Era::Modern,
        MODERN_REVISION.to_owned(),
        info.as_ref(),
        &result,
    ))
}

/// Greets a server the old way: for one client as that client would, else for all that may come.
pub(crate) async fn initialize(
    peer: &Peer,
    client: Option<&Behalf>,
    deadline: Duration,
) -> Result<Greeting, CallError> {
    let mut params = RawObject::default();
    let revision = client.map_or(NEWEST_LEGACY, |client| client.revision);
    let capabilities = client.map(|client| client.capabilities.to_raw());
    let info = client.and_then(|client| client.info.clone());
    params.set("protocolVersion", raw(revision));
    params.set(
        "capabilities",
        capabilities.unwrap_or_else(|| raw(&brokered())),
    );
    params.set("clientInfo", info.unwrap_or_else(|| raw(&client_info())));
    let result = object(&peer.request("initialize", &params, deadline).await?)?;
    let revision = result
        .get_as("protocolVersion")
        .unwrap_or_else(|| NEWEST_LEGACY.to_owned());
    let info = result.object("serverInfo");
    let greeting = greeting(Era::Legacy, revision, info.as_ref(), &result);
    peer.notify("notifications/initialized", None).await;
    Ok(greeting)
}

fn greeting(era: Era, revision: String, info: Option<&RawObject>, result: &RawObject) -> Greeting {
    let server_info = info.map(|info| {
        let part = |key| info.get_as::<String>(key).unwrap_or_default();
        format!("{} {}", part("name"), part("version"))
            .trim()
            .to_owned()
    });
    Greeting {
        era,
        revision,
        server_info,
        instructions: result.get_as("instructions"),
        capabilities: result.object("capabilities").unwrap_or_default(),
    }
}

fn client_info() -> serde_json::Value {
    json!({ "name": "toolgate", "version": env!("CARGO_PKG_VERSION") })
}

fn object(result: &Raw) -> Result<RawObject, CallError> {
    RawObject::parse(result).ok_or_else(|| {
        ErrorObject::new(
            code::INTERNAL,
            "the answer to the handshake is not an object",
        )
        .into()
    })
}

/// Whether a failed probe means that the server is of the older era. No single error code can be
/// relied on: servers answer -32601, -32602, any HTTP error, something that is no message, or
/// nothing at all. Only what `initialize` would meet as well is an error of its own.
fn says_legacy(error: &CallError) -> bool {
    match error {
        CallError::Rpc(_) | CallError::Timeout(_) | CallError::Lost(_) => true,
        CallError::Http { status, .. } => !matches!(status, 401 | 403 | 429 | 503),
        CallError::NotDelivered(_) | CallError::NotReady(_) => false,
    }
}

/// Whether a refused revision comes with the advice to use the one that we speak.
fn names_modern(error: &ErrorObject) -> bool {
    let supported = error
        .data
        .as_deref()
        .and_then(RawObject::parse)
        .and_then(|data| data.get_as::<Vec<String>>("supported"));
    is_modern_only(error)
        && supported.is_some_and(|supported| supported.iter().any(|one| one == MODERN_REVISION))
}

fn is_modern_only(error: &ErrorObject) -> bool {
    error.code == code::UNSUPPORTED_VERSION
}

#[cfg(test)]
mod tests {
    use wire::Message;

    use super::*;
    use crate::link::{Incoming, LinkEnd, link};

    const SOON: Duration = Duration::from_secs(5);

    /// Greets a server that answers by `reply`, and returns the methods that it was sent.
    async fn converse(
        opening: Opening,
        reply: impl Fn(&str) -> Option<&'static str>,
    ) -> (Result<Greeting, CallError>, Vec<String>) {
        let (
            link,
            LinkEnd {
                mut outgoing,
                incoming,
            },
        ) = link();
        let (peer, dispatch, _changes) = Peer::new(link, crate::news::NewsDesk::idle());
        let mut methods = Vec::new();
        let server = async {
            while let Some(message) = outgoing.recv().await {
                let Message::Request(request) = message else {
                    continue;
                };
                methods.push(request.method.clone());
                let Some(answer) = reply(&request.method) else {
                    continue;
                };
                let text = format!(r#"{{"jsonrpc":"2.0","id":{:?},{answer}}}"#, request.id);
                let message = Message::parse(text.as_bytes()).expect("a message");
                incoming
                    .send(Incoming::loose(message))
                    .await
                    .expect("taken");
            }
        };
        let greeting = tokio::select! {
            greeting = greet(&peer, opening, SOON) => greeting,
            () = async { tokio::join!(server, dispatch.run()); } => unreachable!("it goes on"),
        };
        (greeting, methods)
    }

    const MODERN: &str = r#""result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"instructions":"Hi","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"m","version":"2"}}}"#;
    const LEGACY: &str = r#""result":{"protocolVersion":"2024-11-05","capabilities":{},"serverInfo":{"name":"l","version":"1"}}"#;

    #[tokio::test]
    async fn a_modern_server_is_found_by_the_probe() {
        let (greeting, methods) = converse(Opening::Probe, |_| Some(MODERN)).await;
        let greeting = greeting.expect("greeted");
        assert_eq!(methods, ["server/discover"]);
        assert_eq!(
            (greeting.era, greeting.revision.as_str()),
            (Era::Modern, MODERN_REVISION)
        );
        assert_eq!(greeting.server_info.as_deref(), Some("m 2"));
        assert_eq!(greeting.instructions.as_deref(), Some("Hi"));
    }

    #[tokio::test]
    async fn any_error_on_the_probe_means_the_older_era() {
        for error in [
            r#""error":{"code":-32601,"message":"Method not found"}"#,
            r#""error":{"code":-32602,"message":"Invalid request parameters"}"#,
            r#""result":{"supportedVersions":["2031-01-01"]}"#,
        ] {
            let reply = |method: &str| {
                Some(if method == "initialize" {
                    LEGACY
                } else {
                    error
                })
            };
            let (greeting, methods) = converse(Opening::Probe, reply).await;
            let greeting = greeting.expect("greeted");
            assert_eq!(methods, ["server/discover", "initialize"]);
            assert_eq!(
                (greeting.era, greeting.revision.as_str()),
                (Era::Legacy, "2024-11-05")
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_deaf_to_the_probe_is_initialized() {
        let reply = |method: &str| (method == "initialize").then_some(LEGACY);
        let (greeting, methods) = converse(Opening::Probe, reply).await;
        assert_eq!(greeting.expect("greeted").era, Era::Legacy);
        assert_eq!(methods, ["server/discover", "initialize"]);
    }

    #[tokio::test]
    async fn a_remembered_verdict_that_is_out_of_date_is_corrected() {
        let refusal = r#""error":{"code":-32022,"message":"this is 2026-07-28"}"#;
        let reply = |method: &str| {
            Some(if method == "initialize" {
                refusal
            } else {
                MODERN
            })
        };
        let (greeting, methods) = converse(Opening::Initialize, reply).await;
        assert_eq!(greeting.expect("greeted").era, Era::Modern);
        assert_eq!(methods, ["initialize", "server/discover"]);
    }

    #[test]
    fn each_era_gets_the_meta_it_knows() {
        let mut params: RawObject =
            serde_json::from_str(r#"{"name":"x","_meta":{"progressToken":7}}"#).expect("JSON");
        dress(&mut params, Era::Modern, None);
        let meta = params.object("_meta").expect("meta");
        assert_eq!(meta.get_as::<u8>("progressToken"), Some(7));
        assert_eq!(
            meta.get_as::<String>(META_PROTOCOL_VERSION).as_deref(),
            Some("2026-07-28")
        );
        dress(&mut params, Era::Legacy, None);
        assert_eq!(
            params.to_raw().get(),
            r#"{"name":"x","_meta":{"progressToken":7}}"#
        );
    }
}
