//! The sandbox: a server that tries to get out, on every way that is known. What the system
//! cannot prevent has to be said in the server's status.

#![cfg(target_os = "linux")]

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::{FileAccess, ProcessLimit, Reach, SandboxProfile, SandboxStatus};
use serde_json::{Value, json};
use testkit::gateway::Gateway;
use testkit::{process, programs};

use crate::agent::Agent;

/// How long descendants may outlive what they descend from.
const GRACE: Duration = Duration::from_secs(10);

/// A gateway with one server that tries to get out, and what it must not reach.
struct Cage {
    gateway: Gateway,
    agent: Agent,
    status: SandboxStatus,
}

impl Cage {
    /// Starts the server with `keys` in its entry.
    async fn with(keys: Value) -> anyhow::Result<Self> {
        let mut entry = programs::fake(&["--break-out"])?;
        for (key, value) in keys.as_object().into_iter().flatten() {
            entry[key] = value.clone();
        }
        let mut gateway = Gateway::builder().server("s", entry).prepare()?;
        std::fs::create_dir(home(&gateway).join(".ssh"))?;
        std::fs::write(home(&gateway).join(".ssh/id_rsa"), "the secret key")?;
        std::fs::write(home(&gateway).join(".bashrc"), "mine\n")?;
        gateway.launch().await?;
        gateway.wait_ready().await?;
        let status = gateway.server("s").await?.sandbox;
        Ok(Self {
            agent: Agent::of(&gateway).await?,
            status: status.ok_or_else(|| anyhow::anyhow!("nothing is said of its sandbox"))?,
            gateway,
        })
    }

    /// What comes of an attempt: `done: …` or `refused: …`.
    async fn attempt(&self, way: &str, target: impl std::fmt::Display) -> anyhow::Result<String> {
        let arguments = json!({"way": way, "target": target.to_string()});
        self.agent.write("s__attempt", arguments).await
    }

    fn home(&self, place: &str) -> String {
        home(&self.gateway).join(place).display().to_string()
    }

    fn files_are_fenced(&self) -> bool {
        self.status.files == FileAccess::Fenced
    }
}

fn home(gateway: &Gateway) -> PathBuf {
    gateway.folder().join("home")
}

/// Prevented, or reported as not enforced.
fn assert_prevented(outcome: &str, enforced: bool, status: &SandboxStatus) {
    if enforced {
        assert!(outcome.starts_with("refused: "), "{outcome}: {status:?}");
    } else {
        assert!(!status.notes.is_empty(), "it is not said that {outcome}");
    }
}

#[tokio::test]
async fn s1_s2_what_is_in_the_home_directory_is_out_of_reach() -> anyhow::Result<()> {
    let cage = Cage::with(json!({})).await?;
    assert_eq!(cage.status.profile, SandboxProfile::Default);
    let fenced = cage.files_are_fenced();
    for (way, target) in [
        ("read", cage.home(".ssh/id_rsa")),
        ("list", cage.home(".ssh")),
        ("list", cage.home("")),
        ("write", cage.home(".bashrc")),
        ("write", cage.home(".config-of-mine")),
        ("read", "/proc/1/environ".to_owned()),
    ] {
        let outcome = cage.attempt(way, &target).await?;
        assert_prevented(&outcome, fenced, &cage.status);
    }
    let kept = std::fs::read_to_string(home(&cage.gateway).join(".bashrc"))?;
    assert!(kept == "mine\n" || !fenced, "{kept}");
    Ok(())
}

#[tokio::test]
async fn s3_the_management_api_is_closed_to_servers() -> anyhow::Result<()> {
    let cage = Cage::with(json!({})).await?;
    let url = cage.gateway.url("");
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    // The network is open: it may connect, and is told that it may not ask.
    let answer = cage.attempt("ask", address).await?;
    assert!(answer.contains(" 401 "), "{answer}");
    let data = cage.gateway.data_dir();
    for (way, place) in [("read", "local-token"), ("list", ""), ("write", "state/x")] {
        let outcome = cage.attempt(way, data.join(place).display()).await?;
        assert_prevented(&outcome, cage.files_are_fenced(), &cage.status);
    }
    let config = cage.gateway.config_file();
    let outcome = cage.attempt("write", config.display()).await?;
    assert_prevented(&outcome, cage.files_are_fenced(), &cage.status);
    let socket = data.join("toolgate.sock");
    let outcome = cage.attempt("connect-socket", socket.display()).await?;
    assert_prevented(&outcome, cage.status.sockets == Reach::None, &cage.status);
    Ok(())
}

#[tokio::test]
async fn s4_without_network_nothing_is_connected_to() -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let open = Cage::with(json!({})).await?;
    assert!(open.attempt("connect", address).await?.starts_with("done"));
    let closed = Cage::with(json!({"sandbox": {"network": "none"}})).await?;
    assert_eq!(
        closed.status.network,
        Reach::None,
        "it is started with it, or not at all"
    );
    let outcome = closed.attempt("connect", address).await?;
    assert!(outcome.starts_with("refused: "), "{outcome}");
    Ok(())
}

/// Sockets such as the session bus and a container engine have: by a path, and without one.
#[tokio::test]
async fn s5_sockets_of_other_programs_are_out_of_reach() -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let (bus, engine) = (
        scratch.path().join("bus"),
        scratch.path().join("docker.sock"),
    );
    let _listening = [UnixListener::bind(&bus)?, UnixListener::bind(&engine)?];
    let name = format!("toolgate-test-{}", std::process::id());
    let _abstract = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
    let sockets = [
        bus.display().to_string(),
        engine.display().to_string(),
        format!("@{name}"),
    ];

    let closed = Cage::with(json!({})).await?;
    for socket in &sockets {
        let outcome = closed.attempt("connect-socket", socket).await?;
        assert_prevented(
            &outcome,
            closed.status.sockets == Reach::None,
            &closed.status,
        );
    }
    let open = Cage::with(json!({"sandbox": {"sockets": "open"}})).await?;
    for socket in &sockets {
        let outcome = open.attempt("connect-socket", socket).await?;
        assert!(outcome.starts_with("done"), "{socket}: {outcome}");
    }
    Ok(())
}

#[tokio::test]
async fn s6_the_gateway_is_neither_debugged_nor_signalled() -> anyhow::Result<()> {
    let cage = Cage::with(json!({})).await?;
    let gateway = cage.gateway.pid()?;
    for way in ["memory", "signal"] {
        let outcome = cage.attempt(way, gateway).await?;
        assert_prevented(&outcome, cage.files_are_fenced(), &cage.status);
    }
    Ok(())
}

/// Bounded by the server itself, so that it endangers no machine where nothing limits it.
#[tokio::test]
async fn s7_a_fork_bomb_is_limited_or_told_of_and_ends_with_its_server() -> anyhow::Result<()> {
    let cage = Cage::with(json!({})).await?;
    let outcome = cage.attempt("breed", 300).await?;
    assert!(outcome.starts_with("done: "), "{outcome}");
    if cage.status.processes == ProcessLimit::Open {
        assert!(
            !cage.status.notes.is_empty(),
            "it is not said that nothing limits it"
        );
    }
    // The gateway goes on serving, and nothing is left when the server is stopped.
    assert_eq!(cage.gateway.snapshot().await?.totals.ready, 1);
    let answer = cage.gateway.api("POST", "/servers/s/disable", "").await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let breeding = || {
        let all = cage.gateway.processes().into_iter();
        all.filter(|pid| process::command_line(*pid).starts_with("sleep"))
            .count()
    };
    assert!(
        process::wait_for(GRACE, || breeding() == 0).await,
        "{} live on",
        breeding()
    );
    Ok(())
}

#[tokio::test]
async fn s8_what_leaves_its_session_and_parents_does_not_outlive_the_gateway() -> anyhow::Result<()>
{
    let mut cage = Cage::with(json!({})).await?;
    let outcome = cage.attempt("escape", "").await?;
    let pid: u32 = outcome.trim_start_matches("done: ").parse()?;
    assert!(process::lives(pid));
    cage.gateway.kill9().await?;
    assert!(
        process::wait_for(GRACE, || !process::lives(pid)).await,
        "{pid} lives on"
    );
    Ok(())
}

#[tokio::test]
async fn m5_a_server_inherits_nothing_but_its_standard_streams() -> anyhow::Result<()> {
    let cage = Cage::with(json!({})).await?;
    let said = cage.attempt("self", "").await?;
    let said: Value = serde_json::from_str(said.trim_start_matches("done: "))?;
    assert_eq!(said["umask"], "0077", "{said}");
    assert_eq!(said["noNewPrivileges"], "1", "{said}");
    assert_eq!(said["files"], json!([]), "{said}");
    assert!(
        said["coreLimit"]
            .as_str()
            .is_some_and(|limit| limit.starts_with('0')),
        "{said}"
    );
    let environment = cage.agent.read("s__env", json!({})).await?;
    let environment: Value = serde_json::from_str(&environment)?;
    let scratch = environment["TMPDIR"].as_str().unwrap_or_default();
    assert!(scratch.contains("scratch"), "{environment}");
    for secret in [
        "DBUS_SESSION_BUS_ADDRESS",
        "SSH_AUTH_SOCK",
        "XDG_RUNTIME_DIR",
        "DISPLAY",
    ] {
        assert_eq!(environment.get(secret), None, "{secret}");
    }
    let own = Path::new(scratch).join("note");
    assert!(
        cage.attempt("write", own.display())
            .await?
            .starts_with("done")
    );
    Ok(())
}

/// A file that the gateway was started with must not reach its servers.
#[tokio::test]
async fn m5_inherited_files_are_closed() -> anyhow::Result<()> {
    let plan = json!({
        "profile": "off", "read": [], "write": [], "devices": [], "hidden": [], "make": [],
        "scratch": null, "network": "open", "sockets": "open", "notes": [],
        "limits": {"files": 64, "more_processes": 64, "memory": 1024},
    });
    let script = r#"exec "$0" __sandbox "$1" /bin/sh -c 'readlink /proc/$$/fd/7' 7</etc/passwd"#;
    let output = tokio::process::Command::new("sh")
        .args(["-c", script])
        .arg(programs::toolgate()?)
        .arg(plan.to_string())
        .output()
        .await?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("toolgate-sandbox: {\"applied\""), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_is_configured_is_let_in() -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    for folder in ["read", "write", "named"] {
        std::fs::create_dir(scratch.path().join(folder))?;
        std::fs::write(scratch.path().join(folder).join("f"), "x")?;
    }
    let at = |place: &str| scratch.path().join(place).display().to_string();
    let cage = Cage::with(json!({
        "env": {"FOLDER": at("named")},
        "sandbox": {"read": [at("read"), "~/.ssh"], "write": [at("write")]},
    }))
    .await?;
    for (way, target, expected) in [
        ("read", at("read/f"), "done"),
        ("write", at("read/f"), "refused"),
        ("read", cage.home(".ssh/id_rsa"), "done"),
        ("write", at("write/f"), "done"),
        ("write", at("named/new"), "done"),
        ("write", at("other"), "refused"),
    ] {
        let outcome = cage.attempt(way, &target).await?;
        let enforced = cage.files_are_fenced() || expected == "done";
        assert!(
            outcome.starts_with(expected) || !enforced,
            "{way} {target}: {outcome}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn compat_reads_everything_but_the_gateways_own_files() -> anyhow::Result<()> {
    let cage = Cage::with(json!({"sandbox": "compat"})).await?;
    let key = cage.attempt("read", cage.home(".ssh/id_rsa")).await?;
    assert_eq!(key, "done: the secret key");
    let fenced = cage.status.files == FileAccess::WritesFenced;
    let token = cage.gateway.data_dir().join("local-token");
    let outcome = cage.attempt("read", token.display()).await?;
    assert_prevented(&outcome, fenced, &cage.status);
    let outside = format!("/var/toolgate-test-{}", std::process::id());
    let outcome = cage.attempt("write", &outside).await?;
    let _ = std::fs::remove_file(&outside);
    assert_prevented(&outcome, fenced, &cage.status);
    Ok(())
}

/// Shows that the attempts above are real ones.
#[tokio::test]
async fn off_is_off() -> anyhow::Result<()> {
    let cage = Cage::with(json!({"sandbox": "off"})).await?;
    assert!(cage.status.is_open(), "{:?}", cage.status);
    let gateway = cage.gateway.pid()?;
    for (way, target) in [
        ("read", cage.home(".ssh/id_rsa")),
        ("write", cage.home(".bashrc")),
        ("signal", gateway.to_string()),
        (
            "connect-socket",
            cage.gateway
                .data_dir()
                .join("toolgate.sock")
                .display()
                .to_string(),
        ),
    ] {
        let outcome = cage.attempt(way, &target).await?;
        assert!(outcome.starts_with("done"), "{way} {target}: {outcome}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_dies_at_once_is_told_of_its_sandbox() -> anyhow::Result<()> {
    let dying = programs::fake(&["--exit-at-once", "1"])?;
    let gateway = Gateway::builder().server("dying", dying).start().await?;
    let status = gateway
        .wait_server("dying", "it has failed", |server| {
            server.state.problem().is_some()
        })
        .await?;
    let fix = status.state.problem().map(|problem| problem.fix.clone());
    let fix = fix.unwrap_or_default();
    assert!(fix.contains("sandbox") && fix.contains("compat"), "{fix}");
    Ok(())
}

/// A stand-in for an engine's client: notes its arguments, and runs what is to run inside.
const ENGINE: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$(dirname \"$0\")/arguments\"\n\
                      while [ \"$1\" != the-image ]; do shift; done\nshift\nexec \"$@\"\n";

#[tokio::test]
async fn a_container_is_started_without_secrets_on_its_command_line() -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let engine = scratch.path().join("docker");
    std::fs::write(&engine, ENGINE)?;
    std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755))?;
    let mut entry = programs::fake(&["--break-out"])?;
    entry["env"] = json!({"TOKEN": "hush-hush"});
    entry["isolation"] = json!({"docker": {"image": "the-image", "network": "none"}});
    let path = std::env::var("PATH")?;
    let gateway = Gateway::builder()
        .server("s", entry)
        .env("PATH", &format!("{}:{path}", scratch.path().display()))
        .start_ready()
        .await?;
    let arguments = std::fs::read_to_string(scratch.path().join("arguments"))?;
    for expected in [
        "--cap-drop\nALL\n",
        "--network\nnone\n",
        "-e\nTOKEN\n",
        "the-image\n",
    ] {
        assert!(arguments.contains(expected), "{arguments}");
    }
    assert!(!arguments.contains("hush"), "{arguments}");
    let seen = Agent::of(&gateway).await?.read("s__env", json!({})).await?;
    assert!(seen.contains("hush-hush"), "{seen}");
    let status = gateway.server("s").await?.sandbox.unwrap_or_else(|| {
        SandboxStatus::open(SandboxProfile::Off, "nothing is said of its sandbox")
    });
    assert_eq!(
        (status.files, status.network),
        (FileAccess::Fenced, Reach::None)
    );
    assert!(status.notes[0].contains("the-image"), "{status:?}");
    Ok(())
}
