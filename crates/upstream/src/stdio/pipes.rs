//! The three pipes of a server's process.

use std::sync::Arc;
use std::time::Duration;

use model::{Problem, ProblemCode};
use sandbox::Report;
use telemetry::ServerLog;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use wire::{Message, RequestId};

use super::keeper::Ended;
use super::remarks::{Remarks, readable};
use crate::framer::{Line, Lines};
use crate::link::{CallError, Incoming, MAX_MESSAGE};

/// What a process that has ended may still have in its pipes is waited for this long.
pub(super) const DRAIN: Duration = Duration::from_millis(500);
/// Longest line of standard error that is kept; the rest of it is skipped.
const MAX_STDERR_LINE: usize = 64 * 1024;

/// Writes messages as lines until the link closes or the process is to stop; then the process
/// sees the end of its input.
pub(super) async fn write(
    mut stdin: ChildStdin,
    mut outgoing: mpsc::Receiver<Message>,
    stop: CancellationToken,
) {
    let lines = async {
        while let Some(message) = outgoing.recv().await {
            let mut line = message.to_json();
            line.push('\n');
            if stdin.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = lines => {}
        () = stop.cancelled() => {}
    }
}

/// Copies standard error to the log. Its first line is for `report`, if somebody waits for one.
pub(super) async fn listen(
    stderr: ChildStderr,
    log: ServerLog,
    remarks: Arc<Remarks>,
    report: Option<oneshot::Sender<Option<Report>>>,
) {
    let mut lines = Lines::new(BufReader::new(stderr), MAX_STDERR_LINE);
    if let Some(report) = report {
        let Ok(Some(Line::Whole(first))) = lines.next().await else {
            return;
        };
        let found = std::str::from_utf8(first).ok().and_then(Report::parse);
        if found.is_none() {
            log.stderr_line(first);
            remarks.note_stderr(first);
        }
        // Whoever waited may have lost patience.
        let _ = report.send(found);
    }
    while let Ok(Some(line)) = lines.next().await {
        let (Line::Whole(text) | Line::TooLong { head: text, .. }) = line;
        log.stderr_line(text);
        remarks.note_stderr(text);
    }
}

/// Reads messages until the output ends, or shortly after the process has ended: a grandchild may
/// hold the pipe open for ever.
pub(super) async fn read(
    stdout: ChildStdout,
    incoming: mpsc::Sender<Incoming>,
    log: ServerLog,
    remarks: Arc<Remarks>,
    mut ended: Ended,
) {
    let messages = async {
        let mut lines = Lines::new(BufReader::new(stdout), MAX_MESSAGE);
        while let Ok(Some(line)) = lines.next().await {
            if let Some(message) = interpret(&line, &log, &remarks)
                && incoming.send(message).await.is_err()
            {
                return;
            }
        }
    };
    let outlived = async {
        let _ = ended.wait_for(Option::is_some).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = messages => {}
        () = outlived => {}
    }
    let problem = Problem::new(
        ProblemCode::Exited,
        "The server's process ended.",
        "It is started again by itself; see its log for the cause.",
    );
    let _ = incoming.send(Incoming::Closed(problem)).await;
}

/// What a line means; `None` for what is not a message, which is logged and skipped.
fn interpret(line: &Line<'_>, log: &ServerLog, remarks: &Remarks) -> Option<Incoming> {
    match line {
        Line::Whole(text) if text.iter().all(u8::is_ascii_whitespace) => None,
        Line::Whole(text) => match Message::parse(text) {
            Ok(message) => Some(Incoming::loose(message)),
            Err(error) => {
                remarks.note_junk(text);
                let shown = readable(text);
                log.event(
                    tracing::Level::WARN,
                    &format!("skipped a line ({error}): {shown}"),
                );
                None
            }
        },
        Line::TooLong { head, tail, length } => {
            remarks.note_junk(head);
            let text = format!("a message of {length} bytes is over the limit of {MAX_MESSAGE}");
            log.event(tracing::Level::WARN, &text);
            let problem = Problem::new(
                ProblemCode::NotMcp,
                format!("The server sent {text}."),
                "Ask it for less at once.",
            );
            let id = answered_id(head, tail)?;
            let error = CallError::Lost(problem);
            Some(Incoming::Failed { id, error })
        }
    }
}

/// The id of a response of which only both ends are known: written first, as most do, or last, as
/// some SDKs do. Anywhere else it could be an id within the result.
fn answered_id(head: &[u8], tail: &[u8]) -> Option<RequestId> {
    let compact = |bytes: &[u8]| -> String {
        String::from_utf8_lossy(bytes)
            .chars()
            .filter(|c| !c.is_ascii_whitespace())
            .collect()
    };
    let (head, tail) = (compact(head), compact(tail));
    let first = [r#"{"jsonrpc":"2.0","id":"#, r#"{"id":"#]
        .iter()
        .find_map(|start| head.strip_prefix(start))
        .and_then(|rest| rest.split_once(',').map(|(id, _)| id));
    let last = || {
        let body = tail.strip_suffix('}')?;
        let body = body.strip_suffix(r#","jsonrpc":"2.0""#).unwrap_or(body);
        body.rsplit_once(r#","id":"#).map(|(_, id)| id)
    };
    let id = first.or_else(last)?;
    id.parse().ok().map(RequestId::number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_message_that_is_too_long_is_found() {
        let id = |head: &str, tail: &str| {
            answered_id(head.as_bytes(), tail.as_bytes()).and_then(|id| id.as_number())
        };
        assert_eq!(
            id(
                r#"{"jsonrpc": "2.0", "id": 17,"result":{"content":[{"te"#,
                ""
            ),
            Some(17)
        );
        let sdk = r#"{"result":{"content":[{"id":3,"text":"#;
        assert_eq!(id(sdk, r#"xx"}]},"jsonrpc":"2.0","id":18}"#), Some(18));
        assert_eq!(id(sdk, r#"xx"}]},"id":19,"jsonrpc":"2.0"}"#), Some(19));
        assert_eq!(id(sdk, r#"x","id":4}]}}"#), None, "an id within the result");
        assert_eq!(id(r#"{"jsonrpc":"2.0","method":"x"#, "}"), None);
        assert_eq!(id(r#"{"id":"text","result""#, "}"), None);
    }
}
