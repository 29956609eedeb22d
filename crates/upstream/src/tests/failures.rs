//! Servers that do not come up, and what is said of them.

use model::{ProblemCode, ServerState};
use serde_json::{Value, json};

use super::{Bench, tool_names, until_down, until_ready};
use crate::Status;

/// Starts a server that fails, and returns its first failure.
async fn failure(bench: &Bench, entry: &Value) -> Status {
    let upstream = bench.start(entry);
    let status = until_down(&upstream).await;
    upstream.stop().await;
    status
}

fn problem(status: &Status) -> &model::Problem {
    status.state.problem().expect("a problem")
}

#[tokio::test]
async fn a_command_that_is_not_there() {
    let status = failure(&Bench::new(), &json!({ "command": "no-such-program" })).await;
    assert!(matches!(
        status.state,
        ServerState::BackingOff { attempts: 1, .. }
    ));
    let problem = problem(&status);
    assert_eq!(problem.code, ProblemCode::CommandNotFound);
    assert_eq!(
        problem.message,
        "The command `no-such-program` was not found on PATH."
    );
    assert!(problem.fix.contains("toolgate doctor"), "{}", problem.fix);
}

#[tokio::test]
async fn a_folder_that_is_not_there() {
    let bench = Bench::new();
    let mut entry = bench.server("");
    let missing = bench.path().join("missing");
    entry["cwd"] = json!(missing);
    let status = failure(&bench, &entry).await;
    let problem = problem(&status);
    assert_eq!(problem.code, ProblemCode::SpawnFailed);
    let said = format!(
        "The working directory {} does not exist.",
        missing.display()
    );
    assert_eq!(problem.message, said);
}

#[tokio::test]
async fn a_file_that_is_no_program() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let file = bench.path().join("picture");
    std::fs::write(&file, [0x89, b'P', b'N', b'G', 0, 0]).expect("written");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&file, executable).expect("changed");
    let status = failure(&bench, &json!({ "command": file })).await;
    assert_eq!(problem(&status).code, ProblemCode::SpawnFailed);
}

#[tokio::test]
async fn a_variable_that_is_not_set_needs_a_person() {
    let entry = json!({ "command": "sh", "env": { "TOKEN": "${env:NOT_SET}" } });
    let status = failure(&Bench::new(), &entry).await;
    assert!(matches!(status.state, ServerState::NeedsPerson { .. }));
    let problem = problem(&status);
    assert_eq!(problem.code, ProblemCode::MissingVariable);
    assert!(problem.message.contains("NOT_SET"), "{}", problem.message);
}

#[tokio::test]
async fn a_secret_that_is_not_stored_needs_a_person() {
    let entry = json!({ "command": "sh", "env": { "TOKEN": "${keyring:absent}" } });
    let status = failure(&Bench::new(), &entry).await;
    assert!(matches!(status.state, ServerState::NeedsPerson { .. }));
    assert_eq!(problem(&status).code, ProblemCode::MissingSecret);
}

#[tokio::test]
async fn a_server_that_ends_at_once_is_quoted() {
    let bench = Bench::new();
    let text = "echo first >&2; echo 'API key missing' >&2; exit 3";
    let status = failure(&bench, &bench.program(text)).await;
    let problem = problem(&status);
    assert_eq!(problem.code, ProblemCode::ExitedAtStart);
    let said = "The process ended (exit status: 3). Its last words: first | API key missing";
    assert_eq!(problem.message, said);
    let log = bench.log().await;
    assert!(log.contains("API key missing"), "{log}");
}

#[tokio::test]
async fn a_program_that_is_no_server() {
    let bench = Bench::new();
    let mut entry = bench.program("echo 'Usage: thing [FILE]'; exec sleep 1000");
    entry["startTimeout"] = json!(1);
    let status = failure(&bench, &entry).await;
    let problem = problem(&status);
    assert_eq!(problem.code, ProblemCode::NotMcp);
    let said = "Its standard output is not MCP; it began with: Usage: thing [FILE]";
    assert_eq!(problem.message, said);
}

#[tokio::test]
async fn a_server_that_never_answers() {
    let bench = Bench::new();
    let mut entry = bench.program("echo 'still loading' >&2; exec sleep 1000");
    entry["startTimeout"] = json!(1);
    let status = failure(&bench, &entry).await;
    let problem = problem(&status);
    assert_eq!(problem.code, ProblemCode::StartTimeout);
    let said = "It did not answer the handshake within 1 s. Its last words: still loading";
    assert_eq!(problem.message, said);
}

#[tokio::test]
async fn a_server_that_refuses_the_handshake() {
    let bench = Bench::new();
    let arms = r#"*'"initialize"'*) answer '"error":{"code":-32000,"message":"no licence"}' ;;"#;
    let status = failure(&bench, &bench.server(arms)).await;
    let problem = problem(&status);
    assert_eq!(problem.code, ProblemCode::HandshakeRefused);
    let said = "The server refused the handshake: no licence (code -32000).";
    assert_eq!(problem.message, said);
}

#[tokio::test]
async fn a_server_that_cannot_list_its_tools() {
    let bench = Bench::new();
    for (answer, said) in [
        (
            r#"answer '"error":{"code":-32603,"message":"broken"}'"#,
            "broken",
        ),
        (
            "result '[]'",
            "the result of `tools/list` has the wrong form",
        ),
        (
            r#"result '{"tools":7}'"#,
            "`tools` of `tools/list` has the wrong form",
        ),
    ] {
        let arms = format!(r#"*'"tools/list"'*) {answer} ;;"#);
        let status = failure(&bench, &bench.server(&arms)).await;
        let problem = problem(&status);
        assert_eq!(problem.code, ProblemCode::ListFailed);
        assert!(problem.message.contains(said), "{}", problem.message);
    }
}

#[tokio::test]
async fn a_server_that_knows_no_tools_has_none() {
    let bench = Bench::new();
    let arms = r#"*'"tools/list"'*) answer '"error":{"code":-32601,"message":"?"}' ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let status = until_ready(&upstream).await;
    assert!(status.tools.is_empty() && status.rejected.is_empty());
    upstream.stop().await;
}

#[tokio::test]
async fn all_pages_are_read_and_bad_definitions_named() {
    let bench = Bench::new();
    let arms = r#"*'"cursor":"2"'*) result '{"tools":[{"name":"c","inputSchema":{}},{"description":"nameless"}]}' ;;
        *'"cursor":""'*) result '{"tools":[{"name":"b","inputSchema":{}}],"nextCursor":"2"}' ;;
        *'"tools/list"'*) result '{"tools":[{"name":"a","inputSchema":{}}],"nextCursor":""}' ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let status = until_ready(&upstream).await;
    assert_eq!(tool_names(&status), ["a", "b", "c"]);
    assert_eq!(status.rejected.len(), 1, "{:?}", status.rejected);
    upstream.stop().await;
    assert!(bench.log().await.contains("left out a tool"));
}

#[tokio::test]
async fn a_list_without_end_is_cut() {
    let bench = Bench::new();
    let arms = r#"*'"tools/list"'*) result "{\"tools\":[$tools],\"nextCursor\":\"again\"}" ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let status = until_ready(&upstream).await;
    assert_eq!(tool_names(&status), ["t"]);
    let rejected = status.rejected.join("; ");
    assert!(rejected.contains("repeats itself"), "{rejected}");
    upstream.stop().await;
}
