//! What a person looks into by the command as well as in the window: activity, costs, the
//! gateway's own log, the bundle for those who help.

use super::*;

#[tokio::test]
async fn what_happened_is_listed_without_what_was_in_it() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let call = &["tools", "call", "good__add", "a=31337", "b=2"];
    session(&gateway, &[call]).await?;
    let calls =
        async || json_of(&gateway, &["activity", "--limit", "1", "--client", "local"]).await;
    let page = calls().await?;
    assert_eq!(page["items"][0]["tool"], "add", "{page}");
    assert_eq!(page["items"][0]["outcome"], "ok", "{page}");
    let commands: &[&[&str]] = &[
        &["activity", "--server", "good", "--client", "local"],
        &["activity", "--server", "nobody"],
        &["activity", "--limit", "0"],
    ];
    let seen = session(&gateway, commands).await?;
    assert!(!seen.contains("31337"), "{seen}");
    compare(&gateway, "activity", &seen);
    Ok(())
}

#[tokio::test]
async fn the_cost_of_tools_is_told() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let cost = json_of(&gateway, &["tools", "cost"]).await?;
    let tokens = |key: &str| cost[key].as_u64().unwrap_or_default();
    assert!(
        tokens("menu_tokens") > 0 && tokens("all_tokens") > 0,
        "{cost}"
    );
    let told = gateway.cli(&["tools", "cost"]).await?;
    let told = String::from_utf8(told.stdout)?;
    assert!(told.contains(&cost["all_tokens"].to_string()), "{told}");
    Ok(())
}

#[tokio::test]
async fn the_gateway_tells_of_itself_while_it_runs_and_after() -> anyhow::Result<()> {
    let mut gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    for arguments in [&["logs", "gateway"][..], &["logs", "--gateway"]] {
        let output = gateway.cli(arguments).await?;
        let text = String::from_utf8(output.stdout)?;
        assert!(text.contains("gateway INFO: daemon: ready"), "{text}");
    }
    gateway.stop().await?;
    let output = gateway.cli(&["logs", "gateway", "-n", "1"]).await?;
    let text = String::from_utf8(output.stdout)?;
    assert!(text.contains("daemon: stopped"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_server_called_gateway_keeps_its_log() -> anyhow::Result<()> {
    let said = fake(&["--stderr", "I am a server"]);
    let mut gateway = builder()?.server("gateway", said).start_ready().await?;
    let log = async |gateway: &Gateway, arguments: &[&str]| {
        let output = gateway.cli(&[&["logs"], arguments].concat()).await?;
        anyhow::Ok(String::from_utf8(output.stdout)?)
    };
    let own = log(&gateway, &["--gateway"]).await?;
    assert!(own.contains("daemon: ready"), "{own}");
    let of_server = log(&gateway, &["gateway"]).await?;
    assert!(!of_server.contains("daemon: ready"), "{of_server}");
    gateway.stop().await?;
    let of_server = log(&gateway, &["gateway"]).await?;
    assert!(of_server.contains("I am a server"), "{of_server}");
    Ok(())
}

#[tokio::test]
async fn a_bundle_is_written_once_and_lists_what_is_in_it() -> anyhow::Result<()> {
    let mut server = fake(&[]);
    server["env"] = json!({"TOKEN": "very-secret"});
    let gateway = builder()?.server("good", server).start_ready().await?;
    let first = gateway.cli(&["support-bundle", "b.zip"]).await?;
    assert!(first.status.success(), "{first:?}");
    let listed = String::from_utf8(first.stdout)?;
    for part in ["state.json", "config.json", "logs/gateway.log", "masked"] {
        assert!(listed.contains(part), "{part} is not in\n{listed}");
    }
    let archive = std::fs::read(gateway.folder().join("b.zip"))?;
    assert!(archive.starts_with(b"PK"));
    let commands: &[&[&str]] = &[
        &["support-bundle", "b.zip"],
        &["support-bundle", "no/such/folder/b.zip"],
        &["support-bundle"],
    ];
    compare(&gateway, "bundle", &session(&gateway, commands).await?);
    assert_eq!(std::fs::read(gateway.folder().join("b.zip"))?, archive);
    let forced = json_of(&gateway, &["support-bundle", "--force", "b.zip"]).await?;
    assert_eq!(forced["path"], "b.zip");
    assert!(forced["files"][0]["bytes"].is_number(), "{forced}");
    Ok(())
}

#[tokio::test]
async fn without_a_gateway_the_way_to_one_is_named() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).prepare()?;
    let commands: &[&[&str]] = &[
        &["pause"],
        &["resume"],
        &["review", "list"],
        &["activity"],
        &["settings", "list"],
        &["support-bundle", "b.zip"],
        &["servers", "import", "nothing.json"],
        &["servers", "history", "good"],
        &["servers", "sign-in", "good"],
        &["registry", "search", "x"],
        &["tools", "cost"],
        &["logs", "gateway", "-f"],
    ];
    let seen = session(&gateway, commands).await?;
    compare(&gateway, "all_need_a_gateway", &seen);
    assert!(!gateway.folder().join("b.zip").exists());
    Ok(())
}

#[tokio::test]
async fn each_help_has_an_example() -> anyhow::Result<()> {
    let gateway = builder()?.prepare()?;
    for command in [
        &["pause"][..],
        &["registry", "search"],
        &["registry", "add"],
        &["review", "accept"],
        &["review", "dismiss"],
        &["activity"],
        &["logs"],
        &["settings", "get"],
        &["settings", "set"],
        &["settings", "unset"],
        &["support-bundle"],
        &["servers", "import"],
        &["servers", "sign-in"],
        &["servers", "history"],
        &["servers", "revert"],
    ] {
        let output = gateway.cli(&[command, &["--help"]].concat()).await?;
        let help = String::from_utf8(output.stdout)?;
        let example = format!("\n  toolgate {} ", command.join(" "));
        assert!(
            help.contains("Example") && help.contains(&example),
            "{help}"
        );
    }
    Ok(())
}
