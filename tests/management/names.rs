//! M6: names of servers that are paths, or worse.

use serde_json::json;
use testkit::gateway::Gateway;
use testkit::programs;

use super::{add, files_below};

#[tokio::test]
async fn m06_a_name_that_no_server_can_have_is_refused() -> anyhow::Result<()> {
    let gateway = Gateway::builder().start().await?;
    let before = std::fs::read(gateway.config_file())?;
    let long = "a".repeat(300);
    for name in ["a\nb", "a\u{0}b", "\u{1b}[2J", "", "  ", " a", &long] {
        let refused = add(&gateway, name, &json!({ "command": "echo" })).await?;
        assert_eq!(refused.status, 422, "{name:?}: {refused:?}");
    }
    assert_eq!(std::fs::read(gateway.config_file())?, before);
    Ok(())
}

#[tokio::test]
async fn m06_a_name_is_never_a_path() -> anyhow::Result<()> {
    let names = [
        "../../etc/x",
        "..",
        ".",
        "con",
        "NUL.log",
        "/etc/passwd",
        "C:\\x",
        "a/../../b",
        "%2e%2e%2fx",
        "gateway",
        "\u{202e}x",
    ];
    let mut builder = Gateway::builder();
    for name in names {
        builder = builder.server(name, programs::fake(&["--stderr", "it said so"])?);
    }
    let gateway = builder.start_ready().await?;
    let mut slugs = Vec::new();
    for server in gateway.snapshot().await?.servers {
        let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(server.slug.chars().all(is_safe), "{}", server.slug);
        slugs.push(server.slug);
    }
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), names.len(), "two servers share a log");
    // Everything that was written lies where it belongs, under names that are no devices.
    for file in files_below(gateway.folder())? {
        let name = file.file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_default();
        if name.starts_with("server-") {
            assert_eq!(
                file.parent(),
                Some(gateway.data_dir().join("logs").as_path())
            );
        }
    }
    let above = gateway.folder().parent().unwrap_or(gateway.folder());
    for place in ["etc", "b", "b.log", "x.log"] {
        assert!(!gateway.folder().join(place).exists());
        assert!(!above.join(place).exists());
    }
    Ok(())
}

#[tokio::test]
async fn m06_no_path_leads_out_of_the_folder_of_logs() -> anyhow::Result<()> {
    let gateway = Gateway::builder().fake("fake", &[])?.start_ready().await?;
    let ids = [
        "..%2Fconfig.json",
        "..%2f..%2fconfig.json",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "%2Fetc%2Fpasswd",
        "..%5C..%5Cconfig",
        "server-fake",
        "fake.log",
        "fake%00",
        "..",
        "local-token",
    ];
    for id in ids {
        for path in [format!("/logs/{id}"), format!("/servers/{id}/logs")] {
            let answer = gateway.api("GET", &path, "").await?;
            assert_eq!(answer.status, 404, "{path}: {answer:?}");
        }
        let opened = gateway.api("POST", &format!("/logs/{id}/open"), "").await?;
        assert_eq!(opened.status, 404, "{id}: {opened:?}");
    }
    for query in ["?server=../x", "?path=/etc/passwd", "?file=../config.json"] {
        let answer = gateway
            .api("GET", &format!("/logs/fake{query}"), "")
            .await?;
        assert!(!answer.body.contains("mcpServers"), "{answer:?}");
        assert!(!answer.body.contains("root:"), "{answer:?}");
    }
    for name in ["../../config.json", "../local-token", "/etc/passwd"] {
        let told = gateway.cli(&["logs", name]).await?;
        assert_eq!(told.status.code(), Some(5), "{told:?}");
    }
    Ok(())
}
