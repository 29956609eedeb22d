//! The stdio transport: one message per line.

use std::io::{self, BufRead as _};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::conversation::converse;
use super::misbehave::GARBAGE;
use super::options::{Hang, Options};
use super::server::FakeServer;

/// Serves stdin and stdout until stdin ends.
pub(super) async fn serve(server: Arc<FakeServer>) -> io::Result<ExitCode> {
    if server.options().hang == Some(Hang::Stdin) {
        return std::future::pending().await;
    }
    let (sender, input) = mpsc::channel(64);
    // A thread of its own: the runtime's stdin would keep the process alive after a crash.
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    let code = serve_on(server.clone(), input, tokio::io::stdout()).await?;
    if code.is_none() && server.options().ignore_eof {
        return std::future::pending().await;
    }
    Ok(ExitCode::from(code.unwrap_or(0)))
}

/// Serves any pair of input lines and output.
async fn serve_on(
    server: Arc<FakeServer>,
    input: mpsc::Receiver<String>,
    output: impl AsyncWrite + Unpin,
) -> io::Result<Option<u8>> {
    let (outbox, lines) = mpsc::channel(64);
    let options = server.options().clone();
    let (code, written) = tokio::join!(
        converse(server, input, outbox),
        write(&options, lines, output)
    );
    // The client may have closed its end first, which is no error of ours.
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(code),
    }
}

async fn write(
    options: &Options,
    mut lines: mpsc::Receiver<String>,
    mut output: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut huge = options.huge_line;
    while let Some(line) = lines.recv().await {
        if let Some(bytes) = huge.take() {
            write_huge(bytes, &mut output).await?;
        }
        if options.garbage {
            for garbage in GARBAGE {
                output.write_all(garbage).await?;
            }
        }
        output.write_all(line.as_bytes()).await?;
        output.write_all(b"\n").await?;
        if options.garbage {
            output.write_all(b"request handled\n").await?;
        }
        output.flush().await?;
    }
    Ok(())
}

async fn write_huge(bytes: usize, output: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let block = vec![b'x'; 64 * 1024];
    let mut left = bytes;
    while left > 0 {
        let size = left.min(block.len());
        output.write_all(&block[..size]).await?;
        left -= size;
    }
    output.write_all(b"\n").await
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;
    use serde_json::{Value, json};

    /// Sends the messages one after the other and returns everything that was written.
    async fn exchange(arguments: &[&str], messages: &[Value]) -> (Vec<u8>, Option<u8>) {
        let options = Options::parse_from(std::iter::once(&"fake-server").chain(arguments));
        let server = Arc::new(FakeServer::new(options));
        let (sender, input) = mpsc::channel(16);
        let mut output = Vec::new();
        let (code, ()) = tokio::join!(serve_on(server, input, &mut output), async {
            for message in messages {
                // A crashed server takes no more; the test sees that in the code.
                let _ = sender.send(message.to_string()).await;
                for _ in 0..5 {
                    tokio::task::yield_now().await;
                }
            }
            // Lets the requests finish before the input ends.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            drop(sender);
        });
        (output, code.expect("written"))
    }

    fn initialize() -> Value {
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize",
               "params": {"protocolVersion": "2025-06-18"}})
    }

    fn answers(output: &[u8]) -> Vec<Value> {
        String::from_utf8_lossy(output)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|json| json.get("jsonrpc").is_some())
            .collect()
    }

    #[tokio::test]
    async fn one_line_per_answer() {
        let (output, code) = exchange(&[], &[initialize()]).await;
        assert_eq!(
            answers(&output)[0]["result"]["protocolVersion"],
            "2025-06-18"
        );
        assert_eq!(code, None);
    }

    #[tokio::test]
    async fn garbage_surrounds_answers_and_leaves_them_whole() {
        let (output, _) = exchange(&["--garbage"], &[initialize()]).await;
        assert!(output.contains(&0) && output.contains(&0xff));
        assert_eq!(answers(&output).len(), 1);
    }

    #[tokio::test]
    async fn the_huge_line_comes_first_and_once() {
        let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
        let (output, _) = exchange(&["--huge-line", "100000"], &[initialize(), ping]).await;
        let first = output.split(|byte| *byte == b'\n').next().expect("a line");
        assert_eq!(first.len(), 100_000);
        assert_eq!(answers(&output).len(), 2);
    }

    #[tokio::test]
    async fn a_crash_ends_the_conversation_with_a_code() {
        let crash = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": {"name": "crash"}});
        let (_, code) = exchange(&[], &[initialize(), crash]).await;
        assert_eq!(code, Some(101));
    }

    #[tokio::test]
    async fn a_probe_ends_a_server_that_exits_on_it() {
        let probe = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {}});
        let (output, code) = exchange(&["--exit-on-probe"], &[probe]).await;
        assert!(output.is_empty());
        assert_eq!(code, Some(1));
    }

    #[tokio::test]
    async fn a_cancelled_call_gets_no_answer_and_is_counted() {
        let slow = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                          "params": {"name": "slow", "arguments": {"ms": 60_000}}});
        let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
                            "params": {"requestId": 1}});
        let calls = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
                           "params": {"name": "calls"}});
        let (output, _) = exchange(&[], &[initialize(), slow, cancel, calls]).await;
        let answers = answers(&output);
        assert_eq!(answers.len(), 2);
        let counts = answers[1]["result"]["content"][0]["text"]
            .as_str()
            .expect("text");
        assert_eq!(counts, r#"{"begun":1,"cancelled":1}"#);
    }
}
