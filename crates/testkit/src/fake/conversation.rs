//! A conversation over a pair of channels: requests run side by side, cancellations end them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::exchange::{Connection, Reply};
use super::server::FakeServer;

/// Answers everything that comes in until the input ends or a request ends the process, whose
/// exit code is then returned.
pub(super) async fn converse(
    server: Arc<FakeServer>,
    mut input: mpsc::Receiver<String>,
    outbox: mpsc::Sender<String>,
) -> Option<u8> {
    let connection = Arc::new(Connection::new(outbox));
    let mut tasks = JoinSet::new();
    let mut running = HashMap::new();
    let (changing, changed) = (server.clone(), connection.clone());
    tasks.spawn(async move {
        changing.report_changes(&changed).await;
        Reply::Nothing
    });
    loop {
        tokio::select! {
            line = input.recv() => match line {
                Some(line) => accept(&line, &server, &connection, &mut tasks, &mut running),
                None => return None,
            },
            Some(Ok(reply)) = tasks.join_next() => if let Reply::Exit(code) = reply {
                return Some(code);
            },
        }
    }
}

/// Starts a request, or ends one that was cancelled.
fn accept(
    line: &str,
    server: &Arc<FakeServer>,
    connection: &Arc<Connection>,
    tasks: &mut JoinSet<Reply>,
    running: &mut HashMap<String, AbortHandle>,
) {
    let Ok(message) = serde_json::from_str::<Value>(line) else {
        return;
    };
    if message["method"] == "notifications/cancelled" {
        if let Some(request) = running.remove(&message["params"]["requestId"].to_string()) {
            request.abort();
        }
        return;
    }
    let id = message["id"].to_string();
    let (server, connection) = (server.clone(), connection.clone());
    let task = tasks.spawn(async move {
        let reply = server.answer(&message, &connection).await;
        if let Reply::Line(line) = &reply {
            // The reader may be gone; the input ends then, too.
            let _ = connection.outbox.send(line.clone()).await;
        }
        reply
    });
    running.insert(id, task);
}
