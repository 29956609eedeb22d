//! Tokens of clients: made, shown, used and revoked by the command.

use anyhow::ensure;
use testkit::client::McpClient;

use super::*;

/// A client of the endpoint with this header.
async fn connect(gateway: &Gateway, authorization: &str) -> anyhow::Result<McpClient> {
    let builder = McpClient::builder(gateway.endpoint())?;
    let builder = builder.header("authorization", authorization);
    builder.legacy("2025-11-25").await
}

#[tokio::test]
async fn what_is_pasted_lets_a_client_in_until_it_is_revoked() -> anyhow::Result<()> {
    let builder = builder()?.server("good", fake(&[])).guarded();
    let gateway = builder.start_ready().await?;
    let nothing = gateway.cli(&["tokens"]).await?;
    let said = String::from_utf8(nothing.stderr)?;
    assert!(said.contains("toolgate tokens add"), "{said}");
    ensure!(
        gateway.mcp_client().await.is_err(),
        "nobody has a token yet"
    );

    let added = gateway
        .cli(&["tokens", "add", "VS Code", "--expires", "30d"])
        .await?;
    let pasted: Value = serde_json::from_slice(&added.stdout)?;
    let entry = &pasted["toolgate"];
    assert_eq!(entry["url"], gateway.endpoint());
    let header = entry["headers"]["Authorization"]
        .as_str()
        .unwrap_or_default();
    let client = connect(&gateway, header).await?;
    assert!(!client.tool_names().await?.is_empty());

    let listed = gateway.cli(&["tokens", "list"]).await?;
    let listed = String::from_utf8(listed.stdout)?;
    assert!(
        listed.contains("VS Code") && listed.contains("everything"),
        "{listed}"
    );
    assert!(
        !listed.contains(header.trim_start_matches("Bearer ")),
        "{listed}"
    );
    let json = json_of(&gateway, &["tokens"]).await?;
    assert!(json[0]["last_used"].is_u64(), "{json}");

    let again = gateway.cli(&["tokens", "add", "vs code"]).await?;
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    let revoked = gateway.cli(&["tokens", "revoke", "VS Code"]).await?;
    assert!(revoked.status.success(), "{revoked:?}");
    ensure!(
        connect(&gateway, header).await.is_err(),
        "it is still let in"
    );
    let unknown = gateway.cli(&["tokens", "revoke", "VS Code"]).await?;
    assert_eq!(unknown.status.code(), Some(5), "{unknown:?}");
    Ok(())
}

#[tokio::test]
async fn limits_are_said_on_the_command_line() -> anyhow::Result<()> {
    let builder = builder()?.server("good", fake(&[])).guarded();
    let gateway = builder.start_ready().await?;
    let add = [
        "tokens",
        "add",
        "ci",
        "--server",
        "good",
        "--tool",
        "good__ec*",
    ];
    let issued = json_of(&gateway, &add).await?;
    assert_eq!(issued["servers"], json!(["good"]));
    let token = issued["token"].as_str().unwrap_or_default();
    let builder = McpClient::builder(&gateway.url("/mcp/all"))?;
    let builder = builder.header("authorization", &format!("Bearer {token}"));
    let client = builder.legacy("2025-11-25").await?;
    assert_eq!(client.tool_names().await?, ["good__echo"]);
    let typo = gateway
        .cli(&["tokens", "add", "x", "--server", "god"])
        .await?;
    assert_eq!(typo.status.code(), Some(5), "{typo:?}");
    Ok(())
}

#[tokio::test]
async fn the_doctor_warns_where_tokens_are_off() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let found = gateway.cli(&["doctor"]).await?;
    let found = String::from_utf8(found.stdout)?;
    assert!(found.contains("tokens-off"), "{found}");
    let listed = gateway.cli(&["tokens"]).await?;
    let said = String::from_utf8(listed.stderr)?;
    assert!(said.contains("not required"), "{said}");
    Ok(())
}
