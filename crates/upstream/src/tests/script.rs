//! Small MCP servers as shell scripts.

use serde_json::{Value, json};

use super::{Bench, PATIENCE};

/// Reads messages line by line; `answer` answers the one just read, `say` writes a line.
const FUNCTIONS: &str = r#"
dir=$(dirname "$0")
echo $$ >> "$dir/starts"
tools='{"name":"t","inputSchema":{"type":"object"}}'
say() { printf '%s\n' "$1"; }
answer() { say "{\"jsonrpc\":\"2.0\",\"id\":$id,$1}"; }
result() { answer "\"result\":$1"; }
"#;

/// The start of the loop over messages.
const LOOP: &str = r#"
while IFS= read -r line; do
  id=${line#*'"id":'}
  id=${id%%[!0-9]*}
  case $line in
"#;

/// What a legacy server answers, unless an arm before it does.
const TAIL: &str = r#"
  *'"server/discover"'*) answer '"error":{"code":-32601,"message":"Method not found"}' ;;
  *'"initialize"'*) result '{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"sh","version":"1"},"instructions":"Be kind."}' ;;
  *'"tools/list"'*) result "{\"tools\":[$tools]}" ;;
  *'"ping"'*) result '{}' ;;
  *'"tools/call"'*) result '{"content":[]}' ;;
  esac
done
"#;

/// A named pipe on which a script and its test meet, instead of waiting for some time to pass.
pub(super) struct Gate(std::path::PathBuf);

impl Gate {
    /// Waits until the script writes into the pipe, and returns what it wrote.
    pub(super) async fn pass(&self) -> String {
        let read = tokio::fs::read_to_string(&self.0);
        let read = tokio::time::timeout(PATIENCE, read).await;
        read.expect("the script gets there").expect("readable")
    }

    /// Waits until the script reads from the pipe.
    pub(super) async fn open(&self) {
        let written = tokio::time::timeout(PATIENCE, tokio::fs::write(&self.0, "open\n")).await;
        written.expect("the script gets there").expect("writable");
    }
}

impl Bench {
    /// The entry of a legacy server with these `case` arms before the usual ones.
    pub(super) fn server(&self, arms: &str) -> Value {
        self.server_around("", arms, "")
    }

    /// The same, with a text that runs before the first message is read.
    pub(super) fn server_after(&self, before: &str, arms: &str) -> Value {
        self.server_around(before, arms, "")
    }

    /// The same, with another text that runs after the end of input.
    pub(super) fn server_around(&self, before: &str, arms: &str, after: &str) -> Value {
        self.program(&format!("{FUNCTIONS}{before}\n{LOOP}{arms}{TAIL}{after}\n"))
    }

    /// The entry of a program with this text.
    pub(super) fn program(&self, text: &str) -> Value {
        let file = self.path().join("server.sh");
        std::fs::write(&file, text).expect("written");
        json!({ "command": "sh", "args": [file] })
    }

    /// A pipe `gate` beside the script.
    pub(super) fn gate(&self) -> Gate {
        let gate = self.path().join("gate");
        let made = std::process::Command::new("mkfifo").arg(&gate).status();
        assert!(made.expect("mkfifo exists").success());
        Gate(gate)
    }

    /// The process ids of all starts so far.
    pub(super) fn starts(&self) -> Vec<u32> {
        let text = std::fs::read_to_string(self.path().join("starts")).unwrap_or_default();
        text.lines()
            .map(|line| line.parse().expect("a process id"))
            .collect()
    }
}

/// Whether a process runs; one that has ended and was not yet collected does not.
#[cfg(target_os = "linux")]
pub(super) fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, rest)| &rest[..1]);
    state.is_some_and(|state| !matches!(state, "Z" | "X"))
}
