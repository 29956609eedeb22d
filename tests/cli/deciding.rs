//! What a person decides by the command as well as in the window: pauses, reviews, settings,
//! imports and reverts.

use super::*;

/// Runs commands and compares what a person would see of them.
async fn compare_session(
    gateway: &Gateway,
    name: &str,
    commands: &[&[&str]],
) -> anyhow::Result<()> {
    compare(gateway, name, &session(gateway, commands).await?);
    Ok(())
}

#[tokio::test]
async fn calls_are_paused_and_resumed() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    compare_session(&gateway, "pause", &[&["pause", "15"]]).await?;
    let paused = |snapshot: &model::Snapshot| snapshot.pause.is_some();
    gateway.wait_until("calls are paused", paused).await?;
    let status = gateway.cli(&["status"]).await?;
    let status = String::from_utf8(status.stdout)?;
    assert!(status.contains("paused for another"), "{status}");
    let commands: &[&[&str]] = &[&["resume"], &["pause"], &["resume"], &["pause", "0"]];
    compare_session(&gateway, "resume", commands).await?;
    let resumed = |snapshot: &model::Snapshot| snapshot.pause.is_none();
    gateway.wait_until("calls are let through", resumed).await?;
    let pause = json_of(&gateway, &["pause", "5"]).await?;
    assert_eq!(
        pause["until"].as_u64(),
        pause["since"].as_u64().map(|since| since + 300_000)
    );
    assert_eq!(json_of(&gateway, &["resume"]).await?, Value::Null);
    Ok(())
}

#[tokio::test]
async fn servers_are_imported_after_a_look_at_them() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let text = json!({"mcpServers": {
        "good": {"command": "npx"},
        "two": fake(&["--tools", "2"]),
        "three": {"command": "no-such-command-anywhere", "env": {"TOKEN": "very-secret"}},
    }});
    std::fs::write(gateway.folder().join("servers.json"), text.to_string())?;
    std::fs::write(gateway.folder().join("notes.txt"), "- not: servers\n")?;
    let commands: &[&[&str]] = &[
        &["servers", "import", "servers.json"],
        &["servers", "import", "servers.json", "--yes"],
        &["servers", "import", "servers.json"],
        &["servers", "import", "notes.txt", "--yes"],
        &["servers", "import", "nothing.json", "--yes"],
        &["servers", "import", "-", "--yes"],
    ];
    let seen = session(&gateway, commands).await?;
    assert!(!seen.contains("very-secret"), "{seen}");
    compare(&gateway, "import", &seen);
    assert!(gateway.server("two").await?.state.is_ready());
    Ok(())
}

#[tokio::test]
async fn an_import_answers_programs_too() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let text = json!({"mcpServers": {"good": {"command": "npx"}, "two": fake(&[])}});
    std::fs::write(gateway.folder().join("servers.json"), text.to_string())?;
    let arguments = &["servers", "import", "servers.json", "--yes"];
    let imported = json_of(&gateway, arguments).await?;
    let outcomes = [&imported[0]["outcome"], &imported[1]["outcome"]];
    assert_eq!(outcomes, ["skipped", "added"], "{imported}");
    assert_eq!(imported[1]["server"]["state"], "ready", "{imported}");
    Ok(())
}

#[tokio::test]
async fn what_was_changed_can_be_reverted() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let commands: &[&[&str]] = &[
        &["servers", "history", "good"],
        &["servers", "add", "new", "--", "fake-server"],
        &["servers", "disable", "new"],
        &["servers", "history", "new"],
        &["servers", "revert", "1"],
        &["servers", "revert", "9"],
        &["servers", "revert", "first"],
        &["servers", "history", "nobody"],
    ];
    compare_session(&gateway, "history", commands).await?;
    let reverted = gateway.cli(&["servers", "revert", "2"]).await?;
    let said = String::from_utf8(reverted.stderr)?;
    assert!(said.starts_with("Reverted change 2; new is "), "{said}");
    let changes = json_of(&gateway, &["servers", "history", "new"]).await?;
    assert_eq!(changes[0]["kind"], "enabled", "{changes}");
    assert_eq!(changes[1]["by"]["kind"], "person", "{changes}");
    Ok(())
}

#[tokio::test]
async fn a_server_is_gone_when_its_addition_is_reverted() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let commands: &[&[&str]] = &[
        &["servers", "add", "new", "--no-wait", "--", "fake-server"],
        &["servers", "revert", "1"],
        &["servers", "remove", "new"],
    ];
    let seen = session(&gateway, commands).await?;
    assert!(
        seen.contains("Reverted change 1; the server that it added is gone."),
        "{seen}"
    );
    assert!(seen.contains("There is no server named `new`."), "{seen}");
    Ok(())
}

#[tokio::test]
async fn what_others_propose_is_accepted_or_dismissed() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let empty: &[&[&str]] = &[&["review", "list"]];
    compare_session(&gateway, "review_empty", empty).await?;
    for text in ["fake-server --tools 2", "npx -y no-such-server"] {
        let body = json!({"source": "paste", "text": text}).to_string();
        let answer = gateway.api("POST", "/review", &body).await?;
        anyhow::ensure!(answer.status == 201, "{}", answer.body);
    }
    let both = |snapshot: &model::Snapshot| snapshot.review.len() == 2;
    let snapshot = gateway.wait_until("both wait", both).await?;
    let ids: Vec<&str> = snapshot.review.iter().map(|item| &*item.id).collect();
    let commands: &[&[&str]] = &[
        &["review", "list"],
        &["review", "accept", ids[0], "--name", "mine"],
        &["review", "dismiss", ids[1]],
        &["review", "accept", ids[1]],
        &["review", "dismiss", "nothing"],
    ];
    compare_session(&gateway, "review", commands).await?;
    assert!(gateway.server("mine").await?.state.is_ready());
    let none = |snapshot: &model::Snapshot| snapshot.review.is_empty();
    gateway.wait_until("nothing waits", none).await?;
    assert_eq!(
        json_of(&gateway, &["review", "list"]).await?,
        json!({"proposals": [], "servers": []})
    );
    Ok(())
}

#[tokio::test]
async fn settings_are_read_and_changed_one_by_one() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let commands: &[&[&str]] = &[
        &["settings", "get", "desktop.theme"],
        &["settings", "set", "desktop.theme", "dark"],
        &["settings", "get", "desktop.theme"],
        &["settings", "unset", "desktop.theme"],
        &["settings", "set", "desktop.theme", "pink"],
        &["settings", "set", "readOnly", "on"],
        &["settings", "set", "readOnly", "maybe"],
        &["settings", "set", "callTimeout", "soon"],
        &["settings", "set", "logs.maxFiles", "7"],
        &["settings", "get", "nothing"],
        &["settings", "unset", "nothing"],
    ];
    compare_session(&gateway, "settings", commands).await?;
    let file = std::fs::read_to_string(gateway.config_file())?;
    assert!(file.contains("\"readOnly\": true"), "{file}");
    assert!(!file.contains("theme"), "{file}");
    let list = gateway.cli(&["settings", "list"]).await?;
    let list = String::from_utf8(list.stdout)?;
    let line = list.lines().find(|line| line.starts_with("readOnly"));
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    assert_eq!(words[1..3], ["on", "off"], "{list}");
    let page = json_of(&gateway, &["settings", "list"]).await?;
    assert!(page["settings"].is_array(), "{page}");
    Ok(())
}

#[tokio::test]
async fn only_servers_that_are_signed_in_to_have_a_sign_in() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let commands: &[&[&str]] = &[
        &["servers", "sign-in", "good"],
        &["servers", "sign-in", "good", "--cancel"],
        &["servers", "sign-in", "nobody"],
        &["servers", "sign-in", "good", "--cancel", "--no-wait"],
    ];
    compare_session(&gateway, "sign_in", commands).await
}
