//! Bad configuration files and bad servers: each gets a clear error, and the rest works.

use model::{ProblemCode, ServerState, ServerStatus, Snapshot, StartPhase};
use serde_json::{Value, json};
use testkit::gateway::{Builder, Gateway};
use testkit::programs;

use crate::agent::Agent;

/// A configuration as text, with a good server and whatever stands in `more`.
fn config(more: &str) -> anyhow::Result<String> {
    let good = programs::fake(&[])?;
    Ok(format!(
        r#"{{"listen": "127.0.0.1:0", "tokens": "off", "mcpServers": {{"good": {good}{more}}}}}"#
    ))
}

async fn start_with(bytes: impl Into<Vec<u8>>) -> anyhow::Result<Gateway> {
    Gateway::builder().raw_config(bytes).start().await
}

/// Checks that the good server is ready and answers.
async fn rest_works(gateway: &Gateway) -> anyhow::Result<()> {
    gateway
        .wait_server("good", "the good server is ready", |good| {
            good.state.is_ready()
        })
        .await?;
    let agent = Agent::of(gateway).await?;
    assert_eq!(agent.read("good__add", json!({"a": 1, "b": 2})).await?, "3");
    Ok(())
}

fn messages(snapshot: &Snapshot) -> String {
    let findings = &snapshot.config.diagnostics;
    findings
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn a_byte_order_mark_windows_lines_and_comments_are_fine() -> anyhow::Result<()> {
    let text = format!(
        "\u{feff}// mine\r\n{}\r\n",
        config(",")?.replace(", \"", ",\r\n\"")
    );
    let gateway = start_with(text).await?;
    assert!(!gateway.snapshot().await?.config.has_errors());
    rest_works(&gateway).await
}

/// Starts a gateway on a file without a last good state and returns what it says on its way out.
async fn refused(file: impl Into<Vec<u8>>) -> anyhow::Result<String> {
    let gateway = Gateway::builder().raw_config(file).prepare()?;
    let output = gateway.cli(&["serve"]).await?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(
        said.contains("config.json") && said.contains("fix"),
        "{said}"
    );
    Ok(said)
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_refused_with_the_place() -> anyhow::Result<()> {
    for (file, place) in [
        ("{", "1:1"),
        ("[]", "1:1"),
        ("\u{0}", "1:1"),
        ("{\n  mcpServers: {}\n}", "2:3"),
        ("{\n\"mcpServers\": [1]}", "2:"),
        ("{\"listen\": \"0.0.0.0:80\"}", "1:"),
    ] {
        let said = refused(file).await?;
        assert!(
            said.contains(&format!("config.json:{place}")),
            "{file:?}: {said}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_name_given_twice_is_refused_with_both_places() -> anyhow::Result<()> {
    let said = refused("{\"mcpServers\": {\n\"good\": {},\n\"good\": {}\n}}").await?;
    assert!(
        said.contains("config.json:3:1") && said.contains("line 2"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn a_file_of_five_megabytes_is_refused() -> anyhow::Result<()> {
    let said = refused(config("")? + &" ".repeat(5 << 20)).await?;
    assert!(said.contains("4 MiB"), "{said}");
    Ok(())
}

#[tokio::test]
async fn unknown_keys_are_warnings() -> anyhow::Result<()> {
    let gateway = start_with(config(
        r#", "new": {"comand": "x", "url": "http://127.0.0.1:9"}"#,
    )?);
    let gateway = gateway.await?;
    let snapshot = gateway.snapshot().await?;
    assert!(!snapshot.config.has_errors(), "{}", messages(&snapshot));
    assert!(
        messages(&snapshot).contains("command"),
        "{}",
        messages(&snapshot)
    );
    rest_works(&gateway).await
}

#[tokio::test]
async fn an_invalid_entry_costs_only_itself() -> anyhow::Result<()> {
    for entry in [
        "{}",
        r#"{"command": 7}"#,
        r#"{"args": "x", "command": "y"}"#,
        r#""npx""#,
    ] {
        let gateway = start_with(config(&format!(r#", "bad": {entry}"#))?).await?;
        let snapshot = gateway.snapshot().await?;
        assert!(
            messages(&snapshot).contains("mcpServers.bad"),
            "{}",
            messages(&snapshot)
        );
        rest_works(&gateway).await?;
    }
    Ok(())
}

/// Starts a good server beside this one and returns how the bad one ends up.
async fn settled(builder: Builder, entry: Value) -> anyhow::Result<(Gateway, ServerStatus)> {
    let builder = builder.fake("good", &[])?.server("bad", entry);
    let gateway = builder.setting("startTimeout", json!(3)).start().await?;
    rest_works(&gateway).await?;
    let bad = gateway
        .wait_server("bad", "the bad server has a problem", |bad| {
            bad.state.problem().is_some()
        })
        .await?;
    Ok((gateway, bad))
}

/// Checks that a server of this kind gets this problem, with a way out.
async fn has_problem(entry: Value, code: ProblemCode) -> anyhow::Result<()> {
    let shown = entry.to_string();
    let (gateway, bad) = settled(Gateway::builder(), entry).await?;
    let problem = bad
        .state
        .problem()
        .map(|problem| (problem.code, problem.fix.is_empty()));
    assert_eq!(
        problem,
        Some((code, false)),
        "{shown}: {:?}\n{}",
        bad.state,
        gateway.diagnose()
    );
    rest_works(&gateway).await
}

#[tokio::test]
async fn a_missing_command_is_named() -> anyhow::Result<()> {
    has_problem(
        json!({"command": "no-such-command-anywhere"}),
        ProblemCode::CommandNotFound,
    )
    .await
}

#[tokio::test]
async fn an_unreachable_url_is_named() -> anyhow::Result<()> {
    has_problem(
        json!({"url": "http://127.0.0.1:9/mcp"}),
        ProblemCode::Unreachable,
    )
    .await
}

#[tokio::test]
async fn a_missing_variable_waits_for_a_person() -> anyhow::Result<()> {
    let entry = json!({"command": "true", "env": {"KEY": "${env:NO_SUCH_VARIABLE_ANYWHERE}"}});
    let (_gateway, bad) = settled(Gateway::builder(), entry).await?;
    assert!(
        matches!(bad.state, ServerState::NeedsPerson { .. }),
        "{:?}",
        bad.state
    );
    let problem = bad
        .state
        .problem()
        .map(ToString::to_string)
        .unwrap_or_default();
    assert!(problem.contains("NO_SUCH_VARIABLE_ANYWHERE"), "{problem}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_exits_at_once_is_told_from_one_that_hangs() -> anyhow::Result<()> {
    let exits = programs::fake(&["--exit-at-once", "3", "--stderr", "no licence found"])?;
    let (_gateway, bad) = settled(Gateway::builder(), exits).await?;
    let problem = bad.state.problem().cloned();
    assert_eq!(
        problem.as_ref().map(|problem| problem.code),
        Some(ProblemCode::ExitedAtStart)
    );
    let message = problem.map(|problem| problem.message).unwrap_or_default();
    assert!(
        message.contains('3') && message.contains("no licence found"),
        "{message}"
    );
    has_problem(
        programs::fake(&["--hang", "initialize"])?,
        ProblemCode::StartTimeout,
    )
    .await
}

#[tokio::test]
async fn a_server_that_reads_nothing_times_out() -> anyhow::Result<()> {
    has_problem(
        programs::fake(&["--hang", "stdin"])?,
        ProblemCode::StartTimeout,
    )
    .await
}

#[tokio::test]
async fn a_program_that_is_no_mcp_server_is_named() -> anyhow::Result<()> {
    let entry = json!({"command": "sh", "args": ["-c", "yes 'hello, I am no server'"]});
    let (_gateway, bad) = settled(Gateway::builder(), entry).await?;
    let code = bad.state.problem().map(|problem| problem.code);
    assert!(
        matches!(code, Some(ProblemCode::NotMcp | ProblemCode::StartTimeout)),
        "{:?}",
        bad.state
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_does_not_list_its_tools_is_shown_as_listing() -> anyhow::Result<()> {
    let builder = Gateway::builder().fake("good", &[])?;
    let gateway = builder.fake("bad", &["--hang", "list"])?.start().await?;
    let listing = ServerState::Starting {
        phase: StartPhase::Listing,
    };
    gateway
        .wait_server("bad", "it is listing", |bad| bad.state == listing)
        .await?;
    rest_works(&gateway).await
}

#[tokio::test]
async fn garbage_between_the_answers_is_skipped() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("noisy", &["--garbage"])?
        .start_ready()
        .await?;
    let agent = Agent::of(&gateway).await?;
    for n in 0..5 {
        assert_eq!(
            agent.read("noisy__add", json!({"a": n, "b": 0})).await?,
            n.to_string()
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_line_of_a_hundred_megabytes_takes_no_memory() -> anyhow::Result<()> {
    let builder = Gateway::builder().fake("good", &[])?;
    let huge = (100 << 20).to_string();
    let gateway = builder
        .fake("huge", &["--huge-line", &huge])?
        .start()
        .await?;
    rest_works(&gateway).await?;
    gateway
        .wait_server("huge", "the huge line is over", |huge| {
            huge.state.is_settled()
        })
        .await?;
    let peak = peak_memory(gateway.pid()?)?;
    assert!(peak < 150 << 10, "{peak} kB at the peak");
    Ok(())
}

/// The most memory that a process has held, in kB.
fn peak_memory(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line
        .unwrap_or_default()
        .split_whitespace()
        .next()
        .unwrap_or_default();
    Ok(number.parse()?)
}

#[tokio::test]
async fn a_call_that_hangs_does_not_block_the_others() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("good", &[])?
        .fake("stuck", &["--hang", "call"])?
        .setting("callTimeout", json!(2))
        .start_ready()
        .await?;
    let agent = Agent::of(&gateway).await?;
    let (stuck, ()) = tokio::try_join!(agent.read("stuck__add", json!({"a": 1, "b": 2})), async {
        for _ in 0..20 {
            assert_eq!(agent.read("good__add", json!({"a": 1, "b": 2})).await?, "3");
        }
        Ok(())
    })?;
    assert!(stuck.contains("timed-out"), "{stuck}");
    Ok(())
}

#[tokio::test]
async fn a_flood_on_stderr_does_not_stop_the_server() -> anyhow::Result<()> {
    let gateway = Gateway::builder()
        .fake("loud", &["--stderr-flood"])?
        .start_ready()
        .await?;
    let agent = Agent::of(&gateway).await?;
    for n in 0..5 {
        assert_eq!(
            agent.read("loud__add", json!({"a": n, "b": 0})).await?,
            n.to_string()
        );
    }
    let logs = std::fs::read_dir(gateway.data_dir().join("logs"))?;
    let bytes: u64 = logs
        .filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()))
        .sum();
    assert!(bytes < 60 << 20, "{bytes} bytes of logs");
    Ok(())
}
