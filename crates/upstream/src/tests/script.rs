//! Small MCP servers as shell scripts.

use serde_json::{Value, json};

use super::Bench;

/// Reads messages line by line; `answer` answers the one just read, `say` writes a line.
const HEAD: &str = r#"
dir=$(dirname "$0")
echo $$ >> "$dir/starts"
tools='{"name":"t","inputSchema":{"type":"object"}}'
say() { printf '%s\n' "$1"; }
answer() { say "{\"jsonrpc\":\"2.0\",\"id\":$id,$1}"; }
result() { answer "\"result\":$1"; }
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

impl Bench {
    /// The entry of a legacy server with these `case` arms before the usual ones.
    pub(super) fn server(&self, arms: &str) -> Value {
        self.program(&format!("{HEAD}{arms}{TAIL}"))
    }

    /// The entry of a program with this text.
    pub(super) fn program(&self, text: &str) -> Value {
        let file = self.path().join("server.sh");
        std::fs::write(&file, text).expect("written");
        json!({ "command": "sh", "args": [file] })
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
