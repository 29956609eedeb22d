//! Servers over HTTP: every transport, headers from references, lost sessions.

use model::ProblemCode;
use serde_json::json;
use testkit::fake::MIXED_RESULT;
use testkit::gateway::Gateway;
use testkit::remote::Remote;

use crate::agent::Agent;

async fn in_front_of(remote: &Remote) -> anyhow::Result<Gateway> {
    Gateway::builder()
        .server("remote", remote.entry())
        .start_ready()
        .await
}

#[tokio::test]
async fn every_transport_is_found_out_by_itself() -> anyhow::Result<()> {
    for arguments in [
        &["--http", "0"][..],
        &["--http", "0", "--sse"],
        &["--http", "0", "--era", "modern"],
        &["--http", "0", "--era", "modern", "--sse"],
        &["--http", "0", "--era", "legacy"],
        &["--http", "0", "--era", "legacy", "--sse"],
        &["--legacy-sse", "0"],
    ] {
        let remote = Remote::start(arguments).await?;
        let gateway = in_front_of(&remote).await?;
        let agent = Agent::of(&gateway).await?;
        let sum = agent.read("remote__add", json!({"a": 1, "b": 2})).await?;
        assert_eq!(sum, "3", "{arguments:?}");
        let client = gateway.client_of("/mcp/server/remote").await?;
        let answer = client.send("tools/call", json!({"name": "mixed"})).await?;
        assert!(
            answer.body.contains(MIXED_RESULT),
            "{arguments:?}: {}",
            answer.body
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_type_of_any_client_is_understood() -> anyhow::Result<()> {
    let remote = Remote::start(&["--http", "0"]).await?;
    let old = Remote::start(&["--legacy-sse", "0"]).await?;
    let gateway = Gateway::builder()
        .server("type", json!({"type": "http", "url": remote.url()}))
        .server(
            "streamable",
            json!({"type": "streamable-http", "url": remote.url()}),
        )
        .server(
            "camel",
            json!({"type": "streamableHttp", "url": remote.url()}),
        )
        .server("windsurf", json!({"serverUrl": remote.url()}))
        .server("gemini", json!({"httpUrl": remote.url()}))
        .server("sse", json!({"type": "sse", "url": old.url()}))
        .start_ready()
        .await?;
    let agent = Agent::of(&gateway).await?;
    for server in ["type", "streamable", "camel", "windsurf", "gemini", "sse"] {
        let sum = agent
            .read(&format!("{server}__add"), json!({"a": 1, "b": 2}))
            .await?;
        assert_eq!(sum, "3", "{server}");
    }
    Ok(())
}

#[tokio::test]
async fn headers_are_filled_from_references_and_shown_nowhere() -> anyhow::Result<()> {
    let remote = Remote::start(&["--http", "0", "--require-header", "X-Key=s3cr3t-value"]).await?;
    let entry = json!({"url": remote.url(), "headers": {"X-Key": "${env:REMOTE_KEY}"}});
    let gateway = Gateway::builder()
        .server("locked", entry)
        .env("REMOTE_KEY", "s3cr3t-value")
        .start_ready()
        .await?;
    let agent = Agent::of(&gateway).await?;
    assert_eq!(
        agent.read("locked__add", json!({"a": 1, "b": 2})).await?,
        "3"
    );
    for path in [
        "/status",
        "/servers/locked",
        "/servers/locked/logs?lines=100",
    ] {
        let shown = gateway.api("GET", path, "").await?.body;
        assert!(!shown.contains("s3cr3t-value"), "{path}: {shown}");
    }
    assert!(!gateway.diagnose().contains("s3cr3t-value"));
    Ok(())
}

#[tokio::test]
async fn a_literal_header_is_shown_nowhere_either() -> anyhow::Result<()> {
    let remote = Remote::start(&["--http", "0", "--require-header", "X-Key=s3cr3t-value"]).await?;
    let entry = json!({"url": remote.url(), "headers": {"X-Key": "s3cr3t-value"}});
    let gateway = Gateway::builder()
        .server("locked", entry)
        .start_ready()
        .await?;
    for path in ["/status", "/servers/locked", "/config"] {
        let shown = gateway.api("GET", path, "").await?.body;
        assert!(!shown.contains("s3cr3t-value"), "{path}: {shown}");
    }
    assert!(!gateway.diagnose().contains("s3cr3t-value"));
    Ok(())
}

#[tokio::test]
async fn a_missing_key_asks_for_a_sign_in() -> anyhow::Result<()> {
    let remote = Remote::start(&["--http", "0", "--require-header", "X-Key=open"]).await?;
    let gateway = Gateway::builder()
        .server("locked", remote.entry())
        .start()
        .await?;
    let status = gateway
        .wait_server("locked", "it has a problem", |locked| {
            locked.state.problem().is_some()
        })
        .await?;
    let code = status.state.problem().map(|problem| problem.code);
    assert_eq!(
        code,
        Some(ProblemCode::SignInRequired),
        "{:?}",
        status.state
    );
    Ok(())
}

#[tokio::test]
async fn an_http_error_is_named_with_its_status() -> anyhow::Result<()> {
    let remote = Remote::start(&["--http", "0", "--status", "503"]).await?;
    let gateway = Gateway::builder()
        .server("down", remote.entry())
        .start()
        .await?;
    let status = gateway
        .wait_server("down", "it has a problem", |down| {
            down.state.problem().is_some()
        })
        .await?;
    let problem = status.state.problem().cloned();
    assert_eq!(
        problem.as_ref().map(|problem| problem.code),
        Some(ProblemCode::HttpError)
    );
    let message = problem.map(|problem| problem.message).unwrap_or_default();
    assert!(message.contains("503"), "{message}");
    Ok(())
}

#[tokio::test]
async fn an_expired_session_is_opened_anew_without_the_client_noticing() -> anyhow::Result<()> {
    for more in [&[][..], &["--sse"]] {
        let arguments = [
            &[
                "--http",
                "0",
                "--era",
                "legacy",
                "--session-expires-after",
                "2",
            ],
            more,
        ]
        .concat();
        let remote = Remote::start(&arguments).await?;
        let gateway = in_front_of(&remote).await?;
        let agent = Agent::of(&gateway).await?;
        for n in 0..7 {
            assert_eq!(
                agent.write("remote__echo", json!({"n": n})).await?,
                format!(r#"{{"n":{n}}}"#)
            );
        }
        // A call that was answered with 404 has not run, so each one ran once.
        let counts = agent.read("remote__calls", json!({})).await?;
        assert!(counts.contains(r#""begun":7"#), "{counts}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_was_restarted_is_found_again() -> anyhow::Result<()> {
    let remote = Remote::start(&["--http", "0"]).await?;
    let port = remote.port()?;
    let gateway = in_front_of(&remote).await?;
    let agent = Agent::of(&gateway).await?;
    remote.kill().await?;
    let refused = agent
        .run("call_tool_read", "remote__add", json!({"a": 1, "b": 2}))
        .await?;
    assert_eq!(refused["isError"], true, "{refused}");
    let _again = Remote::start(&["--http", &port]).await?;
    let before = gateway.server("remote").await?.starts;
    let answer = gateway.api("POST", "/servers/remote/restart", "").await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    gateway
        .wait_server("remote", "it was started anew", |remote| {
            remote.starts > before && remote.state.is_ready()
        })
        .await?;
    assert_eq!(
        agent.read("remote__add", json!({"a": 1, "b": 2})).await?,
        "3"
    );
    Ok(())
}

#[tokio::test]
async fn a_changed_list_is_noticed() -> anyhow::Result<()> {
    for arguments in [
        &["--http", "0"][..],
        &["--http", "0", "--era", "legacy"],
        &["--legacy-sse", "0"],
    ] {
        let remote = Remote::start(arguments).await?;
        let gateway = in_front_of(&remote).await?;
        let tools = gateway.server("remote").await?.tools;
        Agent::of(&gateway)
            .await?
            .write("remote__grow", json!({}))
            .await?;
        gateway
            .wait_server(
                "remote",
                &format!("{arguments:?}: the new tool is known"),
                |remote| remote.tools == tools + 1,
            )
            .await?;
    }
    Ok(())
}
