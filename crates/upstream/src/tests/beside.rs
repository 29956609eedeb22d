//! A second, legacy connection to a server of both eras, and headers that its tools want.

use axum::response::IntoResponse as _;
use serde_json::json;
use wire::{Era, InvalidAnnotation, LogLevel, RawObject, raw};

use super::PATIENCE;
use super::origin::{Origin, Seen, status_of};
use super::wire_level::{Wire, modern, target};
use crate::link::CallError;
use crate::news::NewsDesk;
use crate::session::Terms;
use crate::session::beside::Beside;
use crate::session::remote::open_for;
use crate::{Behalf, Party};

fn terms() -> Terms {
    Terms {
        deadline: PATIENCE,
        news: NewsDesk::idle(),
    }
}

fn client() -> Behalf {
    let capabilities = raw(&json!({ "elicitation": {}, "vendor": { "n": 1.0 } }));
    Behalf {
        party: Party::fresh(),
        era: Era::Legacy,
        revision: "2025-06-18",
        capabilities: RawObject::parse(&capabilities).expect("an object"),
        info: Some(raw(&json!({ "name": "c", "version": "1" }))),
        log_level: None,
        progress: false,
    }
}

#[tokio::test]
async fn a_server_of_both_eras_opens_a_session_on_demand() {
    let origin = Origin::new(|seen| match seen.method() {
        "server/discover" => seen.modern(),
        "initialize" => ([("mcp-session-id", "s-1")], seen.legacy()).into_response(),
        "DELETE" => status_of(204).into_response(),
        _ => seen.legacy(),
    })
    .await;
    let session = open_for(&target(&origin), terms(), &client())
        .await
        .expect("a session");
    assert_eq!(session.caller.greeting().era, Era::Legacy);
    let call = session
        .caller
        .request("tools/call", RawObject::default(), PATIENCE);
    call.await.expect("a result");
    assert!(origin.seen("server/discover").is_empty());
    let greeted = &origin.seen("initialize")[0].message["params"];
    assert_eq!(
        greeted["capabilities"],
        json!({ "elicitation": {}, "vendor": { "n": 1.0 } })
    );
    assert_eq!(greeted["clientInfo"]["name"], "c");
    assert_eq!(greeted["protocolVersion"], "2025-06-18");
    let seen = origin.seen("tools/call").remove(0);
    assert_eq!(seen.header("mcp-session-id"), "s-1");
    assert_eq!(seen.header("mcp-protocol-version"), "2025-06-18");
    assert_eq!(seen.header("mcp-method"), "");
    let shared = session.caller.http.as_ref().expect("over HTTP");
    assert_eq!(shared.get().session.as_deref(), Some("s-1"));
    session.stop().await;
    assert_eq!(origin.seen("DELETE")[0].header("mcp-session-id"), "s-1");
}

#[tokio::test]
async fn a_clients_own_session_logs_from_the_level_that_the_client_asked_for() {
    let origin = Origin::new(|seen| match seen.method() {
        "initialize" => seen.result(&json!({
            "protocolVersion": "2025-06-18", "capabilities": { "logging": {} },
            "serverInfo": { "name": "old", "version": "1" },
        })),
        _ => seen.legacy(),
    })
    .await;
    let beside = Beside::new(target(&origin), terms());
    let behalf = Behalf {
        log_level: Some(LogLevel::Warning),
        ..client()
    };
    beside.caller(&behalf).await.expect("a session");
    let asked = origin.seen("logging/setLevel").remove(0);
    assert_eq!(asked.message["params"]["level"], "warning");
}

#[tokio::test]
async fn a_server_of_the_modern_era_alone_opens_none() {
    let origin = Origin::new(|seen: &Seen| match seen.method() {
        "initialize" => seen.error(400, -32022),
        _ => seen.modern(),
    })
    .await;
    let opened = open_for(&target(&origin), terms(), &client()).await;
    let error = opened.err().expect("no session");
    assert!(matches!(error, CallError::Rpc(_)), "{error:?}");
}

#[tokio::test]
async fn arguments_are_repeated_in_headers_where_a_tool_wants_it() {
    let origin = Origin::new(Seen::modern).await;
    let mut wire = Wire::new(&origin);
    let schema = json!({ "properties": { "r": { "type": "string", "x-mcp-header": "Region" } } });
    let schema = raw(&schema);
    let bad = raw(&json!({ "properties": { "r": { "type": "number", "x-mcp-header": "R" } } }));
    let invalid = wire
        .shared
        .set_param_headers([("t", &*schema), ("bad", &*bad)]);
    assert_eq!(invalid, [("bad", InvalidAnnotation::Type("r".to_owned()))]);
    let arguments = json!({ "r": " padded ", "q": "x" });
    wire.call(1, &modern(json!({ "name": "t", "arguments": arguments })))
        .await;
    wire.message().await;
    wire.call(2, &json!({ "name": "t", "arguments": arguments }))
        .await;
    wire.message().await;
    let seen = origin.seen("tools/call");
    assert_eq!(
        seen[0].header("mcp-param-region"),
        "=?base64?IHBhZGRlZCA=?="
    );
    assert_eq!(seen[0].message["params"]["arguments"], arguments);
    assert_eq!(
        seen[1].header("mcp-param-region"),
        "",
        "not in the older era"
    );
}
