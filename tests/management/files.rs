//! M9: files and folders that somebody prepared before the gateway came.

#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Stdio;

use testkit::gateway::Gateway;

const PRECIOUS: &str = "precious, and longer than thirty-two characters\n";

fn mode(path: &Path) -> anyhow::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

fn open_to_all(path: &Path) -> anyhow::Result<()> {
    Ok(fs::set_permissions(path, Permissions::from_mode(0o777))?)
}

/// A gateway that was not started, and beside it a file that is nothing of its own.
fn prepared() -> anyhow::Result<(Gateway, std::path::PathBuf)> {
    let gateway = Gateway::builder().prepare()?;
    let precious = gateway.folder().join("home/.bashrc");
    fs::write(&precious, PRECIOUS)?;
    fs::set_permissions(&precious, Permissions::from_mode(0o644))?;
    fs::create_dir_all(gateway.data_dir().join("logs"))?;
    fs::create_dir_all(gateway.data_dir().join("state"))?;
    Ok((gateway, precious))
}

fn is_untouched(precious: &Path) -> anyhow::Result<()> {
    assert_eq!(fs::read_to_string(precious)?, PRECIOUS);
    assert_eq!(mode(precious)?, 0o644);
    Ok(())
}

#[tokio::test]
async fn m09_what_everybody_may_enter_is_closed() -> anyhow::Result<()> {
    let (mut gateway, _) = prepared()?;
    let data = gateway.data_dir();
    for folder in ["", "logs", "state"] {
        open_to_all(&data.join(folder))?;
    }
    open_to_all(&gateway.config_file())?;
    fs::write(data.join("local-token"), "a".repeat(64))?;
    open_to_all(&data.join("local-token"))?;
    gateway.launch().await?;
    for folder in ["", "logs", "state"] {
        assert_eq!(mode(&data.join(folder))?, 0o700, "{folder}");
    }
    assert_eq!(mode(&data.join("local-token"))?, 0o600);
    assert_eq!(mode(&data.join("toolgate.sock"))?, 0o600);
    // Others could put servers into it, so they may not write any more.
    assert_eq!(mode(&gateway.config_file())? & 0o022, 0);
    Ok(())
}

#[tokio::test]
async fn m09_a_link_in_the_place_of_a_file_is_not_followed() -> anyhow::Result<()> {
    for name in ["local-token", "toolgate.sock", "toolgate.lock"] {
        let (mut gateway, precious) = prepared()?;
        symlink(&precious, gateway.data_dir().join(name))?;
        let started = gateway.launch().await;
        let said = started.expect_err(name).to_string();
        assert!(said.contains(name), "{name}: {said}");
        is_untouched(&precious)?;
    }
    Ok(())
}

#[tokio::test]
async fn m09_a_second_name_of_another_file_is_not_used() -> anyhow::Result<()> {
    for name in ["local-token", "toolgate.lock"] {
        let (mut gateway, precious) = prepared()?;
        fs::hard_link(&precious, gateway.data_dir().join(name))?;
        let started = gateway.launch().await;
        let said = started.expect_err(name).to_string();
        assert!(said.contains(name), "{name}: {said}");
        is_untouched(&precious)?;
    }
    Ok(())
}

#[tokio::test]
async fn m09_nothing_is_written_through_a_link() -> anyhow::Result<()> {
    for name in [
        "logs/gateway.log",
        "logs/server-fake.log",
        "state/activity.jsonl",
        "state/changes.jsonl",
        "state/clients.json",
        "state/stats.json",
        "state/review.json",
    ] {
        let (mut gateway, precious) = prepared()?;
        symlink(&precious, gateway.data_dir().join(name))?;
        // Whether it starts or not: what is not its own stays as it is.
        if gateway.launch().await.is_ok() {
            gateway
                .cli(&["servers", "add", "x", "--no-wait", "--", "no-such-command"])
                .await?;
            gateway.cli(&["tokens", "add", "x"]).await?;
            gateway.stop().await?;
        }
        is_untouched(&precious)?;
    }
    Ok(())
}

/// Another user, for whom even the modes were opened, is turned away by who they are. Only the
/// superuser can become another user, so elsewhere there is nothing to be seen.
#[tokio::test]
async fn m09_another_user_is_not_let_in_by_the_socket() -> anyhow::Result<()> {
    const ASK: &str = "
import os, socket, sys
os.chdir(sys.argv[1])
if sys.argv[2] == 'other':
    os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect('toolgate.sock')
try:
    s.sendall(b'GET /api/v1/status HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n')
    print(s.recv(64))
except (BrokenPipeError, ConnectionResetError):
    print(b'')
";
    let gateway = Gateway::builder().start().await?;
    let data = gateway.data_dir();
    open_to_all(&data)?;
    open_to_all(&data.join("toolgate.sock"))?;
    let ask = async |who: &str| {
        let mut python = tokio::process::Command::new("python3");
        python.args(["-c", ASK]).arg(&data).arg(who);
        python.stdin(Stdio::null()).kill_on_drop(true);
        let output = python.output().await?;
        anyhow::Ok(String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?)
    };
    let (same, other) = (ask("same").await?, ask("other").await?);
    assert!(same.contains("200 OK"), "{same}");
    if other.contains("PermissionError") || other.contains("Operation not permitted") {
        eprintln!("not seen: only the superuser can become another user");
        return Ok(());
    }
    assert_eq!(other.trim(), "b''");
    Ok(())
}
