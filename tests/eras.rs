//! Both protocol eras on both sides, and who is let in at all.

use serde_json::{Value, json};
use testkit::client::{McpClient, post};
use testkit::gateway::Gateway;
use testkit::http::{Answer, Door};

use crate::agent::Agent;

const LEGACY: &[&str] = &["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

async fn gateway() -> anyhow::Result<Gateway> {
    Gateway::builder().fake("fake", &[])?.start_ready().await
}

/// Posts a body with additional headers to the default face.
async fn send(gateway: &Gateway, headers: &[(&str, &str)], body: &str) -> anyhow::Result<Answer> {
    let (door, path) = Door::of_url(gateway.endpoint())?;
    let mut request = post(&path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    door.send(request.body(body.to_owned())?).await
}

fn initialize(version: &str) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": version,
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"}
    }})
    .to_string()
}

fn modern(method: &str, version: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": {
        META_VERSION: version,
        "io.modelcontextprotocol/clientCapabilities": {}
    }}})
}

#[tokio::test]
async fn every_legacy_revision_is_answered_exactly_and_works() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    for version in LEGACY {
        let client = McpClient::legacy_version(gateway.endpoint(), version).await?;
        assert_eq!(client.initialized()["protocolVersion"], *version);
        assert!(!client.session().is_empty());
        assert!(client.request("ping", json!({})).await?["result"].is_object());
        let agent = Agent { client };
        assert_eq!(
            agent.read("fake__add", json!({"a": 1, "b": 2})).await?,
            "3",
            "{version}"
        );
    }
    let unknown = McpClient::legacy_version(gateway.endpoint(), "1999-01-01").await?;
    assert_eq!(unknown.initialized()["protocolVersion"], "2025-11-25");
    Ok(())
}

#[tokio::test]
async fn a_modern_client_needs_no_session() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let agent = Agent::modern(&gateway)?;
    let discovered = agent.client.result("server/discover", json!({})).await?;
    assert_eq!(discovered["resultType"], "complete");
    assert!(
        discovered["supportedVersions"]
            .to_string()
            .contains("2026-07-28")
    );
    let listed = agent.client.result("tools/list", json!({})).await?;
    assert_eq!(
        (&listed["resultType"], &listed["cacheScope"]),
        (&json!("complete"), &json!("private"))
    );
    assert!(listed["ttlMs"].is_u64(), "{listed}");
    assert_eq!(agent.read("fake__add", json!({"a": 1, "b": 2})).await?, "3");
    let answer = agent.client.send("tools/list", json!({})).await?;
    assert_eq!(answer.header("mcp-session-id"), "");
    Ok(())
}

#[tokio::test]
async fn a_legacy_client_sees_no_field_of_the_modern_era() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("fake", &["--era", "modern"])?
        .start_ready()
        .await?;
    for path in ["/mcp", "/mcp/all", "/mcp/server/fake"] {
        let listed = gateway
            .client_of(path)
            .await?
            .result("tools/list", json!({}))
            .await?;
        for key in ["resultType", "ttlMs", "cacheScope"] {
            assert!(listed.get(key).is_none(), "{path}: {key} in {listed}");
        }
    }
    let called = gateway
        .client_of("/mcp/server/fake")
        .await?
        .call("pid", json!({}))
        .await?;
    assert!(called.get("resultType").is_none(), "{called}");
    Ok(())
}

#[tokio::test]
async fn every_era_of_client_reaches_every_era_of_server() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("modern", &["--era", "modern"])?
        .fake("legacy", &["--era", "legacy"])?
        .fake("both", &[])?
        .fake("old", &["--era", "legacy", "--exit-on-probe"])?
        .start_ready()
        .await?;
    for agent in [Agent::of(&gateway).await?, Agent::modern(&gateway)?] {
        for server in ["modern", "legacy", "both", "old"] {
            let sum = agent
                .read(&format!("{server}__add"), json!({"a": 20, "b": 22}))
                .await?;
            assert_eq!(sum, "42", "{server}");
        }
    }
    let spoken = |name: &'static str| async { anyhow::Ok(gateway.server(name).await?.protocol) };
    assert_eq!(spoken("modern").await?.as_deref(), Some("2026-07-28"));
    assert_eq!(spoken("legacy").await?.as_deref(), Some("2025-11-25"));
    Ok(())
}

#[tokio::test]
async fn an_unknown_or_ended_session_is_not_found() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let unknown = send(&gateway, &[("mcp-session-id", "nobody")], &body).await?;
    assert_eq!(unknown.status, 404, "{}", unknown.body);
    let client = gateway.mcp_client().await?;
    assert!((200..300).contains(&client.close().await?));
    let ended = send(&gateway, &[("mcp-session-id", client.session())], &body).await?;
    assert_eq!(ended.status, 404, "{}", ended.body);
    let without = send(&gateway, &[], &body).await?;
    assert_eq!(without.status, 400, "{}", without.body);
    Ok(())
}

#[tokio::test]
async fn foreign_pages_are_kept_out() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let body = initialize("2025-11-25");
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1.evil.example"),
        ("host", "evil.example"),
        ("host", "127.0.0.1.evil.example:80"),
        ("host", "127.0.0.1:1"),
    ] {
        let refused = send(&gateway, &[(name, value)], &body).await?;
        assert_eq!(refused.status, 403, "{name}: {value}: {}", refused.body);
    }
    let port = gateway
        .url("")
        .rsplit(':')
        .next()
        .unwrap_or_default()
        .to_owned();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let host = format!("{host}:{port}");
        assert_eq!(
            send(&gateway, &[("host", &host)], &body).await?.status,
            200,
            "{host}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn no_page_offers_a_sign_in() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let (door, _) = Door::of_url(gateway.endpoint())?;
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let request = testkit::http::get(path)?;
        assert_eq!(door.send(request).await?.status, 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_version_nobody_knows_is_refused_with_those_that_work() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let headers = [
        ("mcp-protocol-version", "2099-01-01"),
        ("mcp-method", "tools/list"),
    ];
    let body = modern("tools/list", "2099-01-01").to_string();
    let refused = send(&gateway, &headers, &body).await?;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let error = &refused.json()?["error"];
    assert_eq!(error["code"], -32022);
    assert!(
        error["data"]["supported"]
            .to_string()
            .contains("2026-07-28"),
        "{error}"
    );
    Ok(())
}

/// Basic/transports, "Standard Headers": a missing header is refused like one that disagrees.
#[tokio::test]
async fn headers_that_contradict_the_body_or_are_missing_are_refused() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let version = ("mcp-protocol-version", "2026-07-28");
    let list = modern("tools/list", "2026-07-28");
    let mut call = modern("tools/call", "2026-07-28");
    call["params"]["name"] = "retrieve_tools".into();
    let calling = ("mcp-method", "tools/call");
    for (body, headers) in [
        (&list, &[version, calling][..]),
        (
            &list,
            &[
                ("mcp-protocol-version", "2025-11-25"),
                ("mcp-method", "tools/list"),
            ],
        ),
        (&list, &[version]),
        (&call, &[version, calling, ("mcp-name", "describe_tools")]),
        (&call, &[version, calling]),
    ] {
        let refused = send(&gateway, headers, &body.to_string()).await?;
        assert_eq!(refused.status, 400, "{headers:?}: {}", refused.body);
        assert_eq!(refused.json()?["error"]["code"], -32020, "{headers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_with_a_revision_nobody_knows_in_its_header_is_refused() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let client = gateway.mcp_client().await?;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let session = ("mcp-session-id", client.session());
    let refused = send(
        &gateway,
        &[session, ("mcp-protocol-version", "1900-01-01")],
        &body,
    )
    .await?;
    assert_eq!(refused.status, 400, "{}", refused.body);
    // Clients from before the header was introduced send none.
    let accepted = send(&gateway, &[session], &body).await?;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    Ok(())
}

#[tokio::test]
async fn an_unknown_method_is_said_to_be_unknown() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    let legacy = gateway
        .mcp_client()
        .await?
        .request("no/such", json!({}))
        .await?;
    assert_eq!(legacy["error"]["code"], -32601, "{legacy}");
    let modern = Agent::modern(&gateway)?
        .client
        .send("no/such", json!({}))
        .await?;
    assert_eq!(modern.status, 404);
    assert_eq!(modern.json()?["error"]["code"], -32601);
    Ok(())
}

#[tokio::test]
async fn what_is_no_message_is_answered_as_such() -> anyhow::Result<()> {
    let gateway = gateway().await?;
    for (body, code) in [
        ("{", -32700),
        ("", -32700),
        ("[]", -32600),
        ("42", -32600),
        ("{}", -32600),
    ] {
        let refused = send(&gateway, &[], body).await?;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
        assert_eq!(refused.json()?["error"]["code"], code, "{body}");
    }
    Ok(())
}
