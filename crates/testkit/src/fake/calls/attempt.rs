//! What the tool of `--break-out` tries: things that a sandbox is there to prevent.
//!
//! Every attempt is harmless where it succeeds: what it starts is bounded and sleeps, what it
//! opens it only looks at, and what it writes the test has chosen.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::fake::exchange::{Failure, text};

/// Processes that are started at most, whatever a test asks for.
const MOST: u64 = 400;

/// Connections are given up after this long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Tries, and returns `done: …` or `refused: …`.
pub(super) fn run(arguments: &Map<String, Value>) -> Result<String, Failure> {
    let word = |name: &str| {
        arguments
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let target = word("target");
    let tried = match word("way") {
        "read" => std::fs::read_to_string(target),
        "list" => list(target),
        "write" => write(target),
        "connect" => connect(target),
        "ask" => ask(target),
        "connect-socket" => connect_socket(target),
        "memory" => memory(target),
        "signal" => signal(target),
        "breed" => Ok(breed(target)),
        "escape" => escape(),
        "self" => itself(),
        other => return Err(Failure::error(-32602, format!("no way {other}"))),
    };
    Ok(text(&match tried {
        Ok(said) => format!("done: {said}"),
        Err(error) => format!("refused: {error}"),
    }))
}

fn list(folder: &str) -> std::io::Result<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names.join(" "))
}

fn write(file: &str) -> std::io::Result<String> {
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)?;
    file.write_all(b"written by the server\n")?;
    Ok(String::new())
}

fn open(address: &str) -> std::io::Result<TcpStream> {
    let address: SocketAddr = address.parse().map_err(std::io::Error::other)?;
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn connect(address: &str) -> std::io::Result<String> {
    open(address).map(|_| String::new())
}

/// Asks the management API behind an address for its state, without a credential.
fn ask(address: &str) -> std::io::Result<String> {
    let mut stream = open(address)?;
    write!(
        stream,
        "GET /api/v1/status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[cfg(unix)]
fn connect_socket(path: &str) -> std::io::Result<String> {
    use std::os::unix::net::{SocketAddr, UnixStream};
    #[cfg(target_os = "linux")]
    if let Some(name) = path.strip_prefix('@') {
        use std::os::linux::net::SocketAddrExt as _;
        let address = SocketAddr::from_abstract_name(name)?;
        return UnixStream::connect_addr(&address).map(|_| String::new());
    }
    let address = SocketAddr::from_pathname(path)?;
    UnixStream::connect_addr(&address).map(|_| String::new())
}

#[cfg(not(unix))]
fn connect_socket(_path: &str) -> std::io::Result<String> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Opens another process's memory, for which the system asks what it asks of a debugger.
fn memory(process: &str) -> std::io::Result<String> {
    let folder = format!("/proc/{process}");
    std::fs::read(format!("{folder}/environ"))?;
    std::fs::File::open(format!("{folder}/mem")).map(|_| String::new())
}

/// Signals nothing, which is allowed whenever a real signal is.
#[cfg(unix)]
fn signal(process: &str) -> std::io::Result<String> {
    let process = process
        .parse()
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    let process = process.ok_or(std::io::ErrorKind::InvalidInput)?;
    rustix::process::test_kill_process(process)?;
    Ok(String::new())
}

#[cfg(not(unix))]
fn signal(_process: &str) -> std::io::Result<String> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Starts many processes that sleep. Says how many there were when one was refused.
fn breed(count: &str) -> String {
    let wanted = count.parse().unwrap_or(0).min(MOST);
    let mut children: Vec<Child> = Vec::new();
    for number in 0..wanted {
        match quiet("sleep", &["1000"]).spawn() {
            Ok(child) => children.push(child),
            Err(error) => return format!("{number} and then {error}"),
        }
    }
    wanted.to_string()
}

/// Starts a process that leaves the group, the session and its parents. Says its number.
fn escape() -> std::io::Result<String> {
    let script = "setsid sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!'";
    let output = Command::new("sh").args(["-c", script]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What this process has of its own, as JSON.
fn itself() -> std::io::Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let field = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map(|line| line.trim().to_owned())
    };
    let said = json!({
        "umask": field(&status, "Umask:"),
        "noNewPrivileges": field(&status, "NoNewPrivs:"),
        "coreLimit": field(&limits, "Max core file size"),
        "files": inherited()?,
        "folder": std::env::current_dir()?,
    });
    Ok(said.to_string())
}

/// Open files that are neither a standard stream nor of the runtime's own making.
fn inherited() -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        let number = entry.file_name().to_string_lossy().into_owned();
        let target = std::fs::read_link(entry.path()).unwrap_or_default();
        let target = target.display().to_string();
        let is_own = ["anon_inode:", "socket:", "pipe:", "/proc/"]
            .iter()
            .any(|start| target.starts_with(start));
        if !is_own && number.parse::<u32>().is_ok_and(|number| number > 2) {
            found.push(target);
        }
    }
    Ok(found)
}

fn quiet(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(way: &str, target: &str) -> String {
        let arguments = json!({"way": way, "target": target});
        run(arguments.as_object().expect("an object")).expect("a known way")
    }

    #[test]
    fn what_nobody_prevents_is_done() {
        let scratch = tempfile::tempdir().expect("a folder");
        let file = scratch.path().join("f").display().to_string();
        assert!(attempt("write", &file).contains("done: "));
        assert!(attempt("read", &file).contains("written by the server"));
        assert!(attempt("list", &scratch.path().display().to_string()).contains("done: f"));
        assert!(attempt("read", "/nowhere").contains("refused: "));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_looks_at_itself() {
        let said = attempt("self", "");
        assert!(said.contains("umask") && said.contains("done: "), "{said}");
    }
}
