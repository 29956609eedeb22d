//! The command line: whole outputs with their exit codes, as a person sees them.
//!
//! What differs between machines and runs is replaced: folders, ports, process ids, times, and
//! the width of columns.

use std::fmt::Write as _;
use std::process::Output;

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::gateway::{Builder, Gateway};
use testkit::programs;

mod admitting;
mod deciding;
mod looking;

/// A gateway that finds the scripted server on its PATH, so that outputs name no folder.
fn builder() -> anyhow::Result<Builder> {
    let program = programs::fake_server()?;
    let folder = program.parent().context("the program lies in a folder")?;
    let path = std::env::var("PATH").unwrap_or_default();
    Ok(Gateway::builder().env("PATH", &format!("{}:{path}", folder.display())))
}

fn fake(arguments: &[&str]) -> Value {
    json!({"command": "fake-server", "args": arguments})
}

/// A gateway with one server of each kind: working, failing, switched off.
async fn three_kinds() -> anyhow::Result<Gateway> {
    let mut off = fake(&[]);
    off["disabled"] = true.into();
    let gateway = builder()?
        .server("good", fake(&[]))
        .server("off", off)
        .server(
            "needs key",
            json!({"command": "fake-server", "env": {"KEY": "${env:NO_SUCH_KEY}"}}),
        )
        .start()
        .await?;
    gateway
        .wait_server("good", "it is ready", |good| good.state.is_ready())
        .await?;
    gateway.wait_settled().await?;
    Ok(gateway)
}

/// Runs commands one after the other and returns what a person would see of them.
async fn session(gateway: &Gateway, commands: &[&[&str]]) -> anyhow::Result<String> {
    let mut text = String::new();
    for arguments in commands {
        let output = gateway.cli(arguments).await?;
        let code = output.status.code().context("it was killed")?;
        let Output { stdout, stderr, .. } = output;
        writeln!(text, "$ toolgate {}", arguments.join(" "))?;
        text += &String::from_utf8(stdout)?;
        for line in String::from_utf8(stderr)?.lines() {
            writeln!(text, "stderr| {line}")?;
        }
        writeln!(text, "exit code {code}\n")?;
    }
    Ok(text)
}

/// Compares an output with the checked-in one of this name.
fn compare(gateway: &Gateway, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    let folder = gateway.folder().display().to_string();
    for (pattern, replacement) in [
        (folder.as_str(), "[FOLDER]"),
        // What the system enforces, and what it does not.
        (r"Sandbox +default: [^\n]*", "Sandbox  default: [LEVEL]"),
        (r"(Calls +\d[^\n]*\n)( {10,}[^\n]*\n)+", "$1"),
        // Shown only when the wait takes long enough to be noticed.
        (r"stderr\| waiting for [^\n]*\n", ""),
        (r"http://127\.0\.0\.1:\d+/mcp", "[ENDPOINT]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
        (r"\(process \d+\)", "(process [PID])"),
        (r"Process +\d+", "Process [PID]"),
        (r"\b\d+(\.\d+)? (ms|s|min|h)\b", "[AGE]"),
        (r"\bjust now\b", "[AGE]"),
        (r" {2,}", "  "),
        (r"-{4,}", "---"),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(format!("cli_{name}"), text));
}

async fn json_of(gateway: &Gateway, arguments: &[&str]) -> anyhow::Result<Value> {
    let output = gateway.cli(&[&["--json"], arguments].concat()).await?;
    anyhow::ensure!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout)?;
    serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))
}

#[tokio::test]
async fn status_and_lists() -> anyhow::Result<()> {
    let gateway = three_kinds().await?;
    let commands: &[&[&str]] = &[
        &["status"],
        &["servers", "list"],
        &["servers", "inspect", "needs key"],
        &["servers", "inspect", "good"],
    ];
    compare(&gateway, "status", &session(&gateway, commands).await?);
    Ok(())
}

#[tokio::test]
async fn without_a_gateway() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).prepare()?;
    let commands: &[&[&str]] = &[
        &["status"],
        &["servers", "list"],
        &["tools", "search", "add"],
        &["servers", "disable", "good"],
        &["servers", "list"],
        &["servers", "remove", "good"],
        &["servers", "remove", "good"],
    ];
    compare(
        &gateway,
        "without_a_gateway",
        &session(&gateway, commands).await?,
    );
    Ok(())
}

#[tokio::test]
async fn servers_are_added_changed_and_removed() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let commands: &[&[&str]] = &[
        &["servers", "add", "new", "--", "fake-server", "--tools", "3"],
        &["servers", "add", "new", "--", "fake-server"],
        &["servers", "add", "broken", "--", "no-such-command-anywhere"],
        &["servers", "disable", "new"],
        &["servers", "enable", "new"],
        &["servers", "restart", "nobody"],
        &["servers", "remove", "new"],
        &["servers", "remove", "new"],
    ];
    compare(&gateway, "servers", &session(&gateway, commands).await?);
    let file = std::fs::read_to_string(gateway.config_file())?;
    assert!(
        !file.contains("\"new\"") && file.contains("\"good\""),
        "{file}"
    );
    Ok(())
}

#[tokio::test]
async fn tools_are_searched_described_and_called() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).start_ready().await?;
    let commands: &[&[&str]] = &[
        &["tools", "search", "add two numbers"],
        &["tools", "search", "zzzz"],
        &["tools", "describe", "good__add"],
        &["tools", "describe", "good__ad"],
        &["tools", "call", "good__add", "a=1", "b=2.5"],
        &[
            "tools",
            "call",
            "good__add",
            "--args",
            r#"{"a": 1, "b": 2}"#,
        ],
        &["tools", "call", "good__add", "a=1"],
        &["tools", "call", "good__add", "--args", "{"],
        &["tools", "call", "good__fail"],
        &["tools", "call", "good__mixed"],
        &["tools", "call", "nobody__nothing"],
    ];
    compare(&gateway, "tools", &session(&gateway, commands).await?);
    Ok(())
}

#[tokio::test]
async fn a_good_configuration_is_checked() -> anyhow::Result<()> {
    let gateway = builder()?.server("good", fake(&[])).prepare()?;
    compare(
        &gateway,
        "config",
        &session(&gateway, &[&["config", "check"], &["config", "path"]]).await?,
    );
    Ok(())
}

#[tokio::test]
async fn a_bad_configuration_is_shown_with_its_lines() -> anyhow::Result<()> {
    let file = r#"{
  // Mine.
  "listen": "0.0.0.0:8665",
  "toolResponseLimt": 5,
  "mcpServers": {
    "one": { "comand": "npx" },
    "two": { "command": "npx", "args": "-y" },
    "two": { "url": "not a url" }
  }
}
"#;
    let gateway = builder()?.raw_config(file).prepare()?;
    compare(
        &gateway,
        "config_errors",
        &session(&gateway, &[&["config", "check"]]).await?,
    );
    let gateway = builder()?
        .raw_config("{ \"mcpServers\": { \"a\": }\n}")
        .prepare()?;
    compare(
        &gateway,
        "config_syntax",
        &session(&gateway, &[&["config", "check"]]).await?,
    );
    Ok(())
}

#[tokio::test]
async fn mistakes_on_the_command_line() -> anyhow::Result<()> {
    let gateway = builder()?.prepare()?;
    let commands: &[&[&str]] = &[
        &["stats"],
        &["servers", "add", "x"],
        &["logs"],
        &["tools", "call"],
        &["logs", "nobody"],
    ];
    compare(&gateway, "usage", &session(&gateway, commands).await?);
    Ok(())
}

#[tokio::test]
async fn the_help_names_every_command_and_exit_code() -> anyhow::Result<()> {
    let gateway = builder()?.prepare()?;
    compare(&gateway, "help", &session(&gateway, &[&["--help"]]).await?);
    Ok(())
}

#[tokio::test]
async fn with_json_every_answer_is_json() -> anyhow::Result<()> {
    let gateway = three_kinds().await?;
    let status = json_of(&gateway, &["status"]).await?;
    assert_eq!(status["totals"]["ready"], 1);
    let servers = json_of(&gateway, &["servers", "list"]).await?;
    assert_eq!(servers.as_array().map(Vec::len), Some(3));
    let inspected = json_of(&gateway, &["servers", "inspect", "good"]).await?;
    assert_eq!(inspected["status"]["name"], "good");
    let found = json_of(&gateway, &["tools", "search", "add two numbers"]).await?;
    assert_eq!(found[0]["id"], "good__add");
    let described = json_of(&gateway, &["tools", "describe", "good__add"]).await?;
    assert_eq!(
        described["definition"]["vendorField"],
        json!({"kept": [1, 2.5, null]})
    );
    let called = json_of(&gateway, &["tools", "call", "good__add", "a=1", "b=2"]).await?;
    assert!(called.to_string().contains(r#""sum":3"#), "{called}");
    let schema = json_of(&gateway, &["config", "schema"]).await?;
    assert!(schema["properties"]["mcpServers"].is_object(), "{schema}");
    Ok(())
}

#[tokio::test]
async fn with_json_a_failure_leaves_stdout_empty() -> anyhow::Result<()> {
    let gateway = builder()?.prepare()?;
    let output = gateway.cli(&["--json", "status"]).await?;
    assert_eq!(output.status.code(), Some(3));
    assert!(
        output.stdout.is_empty() && !output.stderr.is_empty(),
        "{output:?}"
    );
    Ok(())
}

#[tokio::test]
async fn the_doctor_says_what_it_looked_at() -> anyhow::Result<()> {
    let gateway = three_kinds().await?;
    let output = gateway.cli(&["doctor"]).await?;
    let text = String::from_utf8(output.stdout)?;
    // A reference that cannot be resolved is an error, and it is named.
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["NO_SUCH_KEY", "config", "ok", "error"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    Ok(())
}

#[tokio::test]
async fn completions_exist_for_the_usual_shells() -> anyhow::Result<()> {
    let gateway = builder()?.prepare()?;
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = gateway.cli(&["completions", shell]).await?;
        assert!(output.status.success(), "{shell}");
        assert!(
            String::from_utf8(output.stdout)?.contains("servers"),
            "{shell}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_entry_of_another_client_can_be_pasted() -> anyhow::Result<()> {
    let gateway = builder()?.start().await?;
    let entry = r#"{"command": "fake-server", "args": ["--tools", "2"], "type": "stdio"}"#;
    let output = gateway
        .cli(&["servers", "add", "pasted", "--json-entry", entry])
        .await?;
    assert!(output.status.success(), "{output:?}");
    assert!(gateway.server("pasted").await?.state.is_ready());
    Ok(())
}

#[tokio::test]
async fn an_edit_keeps_the_rest_of_the_file() -> anyhow::Result<()> {
    let text = "{\r\n\t// Mine.\r\n\t\"listen\": \"127.0.0.1:0\",\r\n\t\"mcpServers\": {\r\n\t\t\
                \"a\": { \"command\": \"fake-server\" }, // first\r\n\t},\r\n}\r\n";
    let gateway = builder()?.raw_config(text).start().await?;
    for arguments in [&["add", "b", "--", "fake-server"][..], &["remove", "b"]] {
        let output = gateway.cli(&[&["servers"], arguments].concat()).await?;
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(std::fs::read_to_string(gateway.config_file())?, text);
    Ok(())
}
