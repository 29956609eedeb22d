//! A conversation over a pair of channels: requests run side by side.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::exchange::{Connection, Incoming, Reply};
use super::server::FakeServer;

/// Answers everything that comes in until the input ends or a request ends the process, whose
/// exit code is then returned.
pub(super) async fn converse(
    server: Arc<FakeServer>,
    mut input: mpsc::Receiver<String>,
    outbox: mpsc::Sender<String>,
) -> Option<u8> {
    let connection = Arc::new(Connection::new(outbox, server.session()));
    let mut tasks = JoinSet::new();
    let (reporting, to) = (server.clone(), connection.clone());
    tasks.spawn(async move {
        reporting.report_news(&to).await;
        Reply::Nothing
    });
    loop {
        tokio::select! {
            line = input.recv() => {
                let Some(line) = line else {
                    server.journal.note("end");
                    return None;
                };
                accept(&line, &server, &connection, &mut tasks);
            }
            Some(Ok(reply)) = tasks.join_next() => if let Reply::Exit(code) = reply {
                return Some(code);
            },
        }
    }
}

/// Starts the work on a message. Tasks of this runtime begin in the order in which they are
/// spawned, so that a cancellation comes after what it cancels.
fn accept(
    line: &str,
    server: &Arc<FakeServer>,
    connection: &Arc<Connection>,
    tasks: &mut JoinSet<Reply>,
) {
    let Some(incoming) = Incoming::parse(line) else {
        return;
    };
    let (server, connection) = (server.clone(), connection.clone());
    tasks.spawn(async move {
        let reply = server.receive(incoming, &connection, &Value::Null).await;
        if let Reply::Line(line) = &reply {
            // The reader may be gone; the input ends then, too.
            let _ = connection.outbox.send(line.clone()).await;
        }
        reply
    });
}
