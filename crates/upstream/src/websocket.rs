//! WebSocket (RFC 6455): one message per text frame, both ways over one connection.
//!
//! The protocol leaves this transport to its users; what is built here is what they agree on: the
//! subprotocol `mcp`, and messages as on standard input and output.

mod upgrade;

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use model::{Problem, ProblemCode, SafeUrl};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message as Frame};
use wire::Message;

use crate::http::{Farewell, Target, too_large};
use crate::link::{CallError, Incoming, Link, LinkEnd, MAX_MESSAGE, link};

/// The server is asked for a sign of life this often, which also keeps the way to it open.
const PING_EVERY: Duration = Duration::from_secs(30);

/// A server that gives none for so long is gone.
const SILENCE: Duration = Duration::from_secs(90);

/// The other end has this long to be told of the end.
const GOODBYE: Duration = Duration::from_secs(2);

/// Characters of a server's reason for closing that are shown.
const MAX_REASON: usize = 120;

type Sink<S> = SplitSink<WebSocketStream<S>, Frame>;
type Stream<S> = SplitStream<WebSocketStream<S>>;

/// Opens the connection.
pub(crate) async fn connect(
    target: Target,
    farewell: Farewell,
    tasks: &mut JoinSet<()>,
) -> Result<Link, CallError> {
    let connection = upgrade::open(&target).await?;
    Ok(start(connection, target.url, farewell, tasks).await)
}

/// Starts to read and write on a connection after its opening handshake.
async fn start<S>(connection: S, url: SafeUrl, farewell: Farewell, tasks: &mut JoinSet<()>) -> Link
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let socket = WebSocketStream::from_raw_socket(connection, Role::Client, Some(limits)).await;
    let (sink, stream) = socket.split();
    let (link, LinkEnd { outgoing, incoming }) = link();
    // Apart, because a server may wait for us to read before it reads.
    tasks.spawn(write(sink, outgoing, farewell));
    tasks.spawn(read(stream, url, incoming));
    link
}

/// Writes what comes and asks for signs of life, until the end is wanted or the connection breaks;
/// the reading end tells of that.
async fn write<S: AsyncRead + AsyncWrite + Unpin>(
    mut sink: Sink<S>,
    mut outgoing: mpsc::Receiver<Message>,
    farewell: Farewell,
) {
    // Dropped, and so said, however this ends.
    let _gone = farewell.gone.drop_guard();
    let mut pings = tokio::time::interval(PING_EVERY);
    pings.reset();
    loop {
        let frame = tokio::select! {
            message = outgoing.recv() => message.map(|message| Frame::text(message.to_json())),
            _ = pings.tick() => Some(Frame::Ping(Bytes::new())),
            () = farewell.wanted.cancelled() => None,
        };
        let Some(frame) = frame else {
            let _ = tokio::time::timeout(GOODBYE, sink.close()).await;
            return;
        };
        let sent = tokio::select! {
            sent = sink.send(frame) => sent,
            // A server that does not read need not be told, either.
            () = farewell.wanted.cancelled() => return,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Hands on what the server says, and at last why it says no more.
async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: Stream<S>,
    url: SafeUrl,
    incoming: mpsc::Sender<Incoming>,
) {
    let problem = loop {
        let text = match tokio::time::timeout(SILENCE, stream.next()).await {
            Ok(Some(Ok(Frame::Text(text)))) => Bytes::from(text),
            // Some servers send JSON as bytes.
            Ok(Some(Ok(Frame::Binary(bytes)))) => bytes,
            // Pings are answered below; the loop that reads also sends the answers.
            Ok(Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_)))) => continue,
            Ok(Some(Ok(Frame::Close(frame)))) => break closed(&url, frame.as_ref()),
            Ok(Some(Err(error))) => break broken(&url, &error),
            Ok(None) => break closed(&url, None),
            Err(_) => break silent(&url),
        };
        match Message::parse(&text) {
            Ok(message) => {
                if incoming.send(Incoming::loose(message)).await.is_err() {
                    return;
                }
            }
            Err(error) => tracing::debug!(%url, %error, "a frame was not taken"),
        }
    };
    let _ = incoming.send(Incoming::Closed(problem)).await;
}

fn closed(url: &SafeUrl, frame: Option<&CloseFrame>) -> Problem {
    let reason = frame.map_or_else(String::new, |frame| {
        let reason = frame.reason.as_str().chars();
        let reason: String = reason
            .filter(|c| !c.is_control())
            .take(MAX_REASON)
            .collect();
        let code = u16::from(frame.code);
        if reason.is_empty() {
            format!(" (code {code})")
        } else {
            format!(" (code {code}: {reason})")
        }
    });
    Problem::new(
        ProblemCode::Exited,
        format!("{url} closed the connection{reason}."),
        "Nothing to do; it is opened again.",
    )
}

fn broken(url: &SafeUrl, error: &Error) -> Problem {
    match error {
        Error::Capacity(_) => too_large(url),
        Error::ConnectionClosed | Error::AlreadyClosed => closed(url, None),
        _ => Problem::new(
            ProblemCode::Unreachable,
            format!("The connection to {url} broke: {error}."),
            "Nothing to do; it is opened again.",
        ),
    }
}

fn silent(url: &SafeUrl) -> Problem {
    let seconds = SILENCE.as_secs();
    Problem::new(
        ProblemCode::Unresponsive,
        format!("{url} has given no sign of life for {seconds} s."),
        "Nothing to do; it is opened again.",
    )
}

#[cfg(test)]
mod tests {
    use tokio::io::DuplexStream;

    use super::*;

    async fn pair() -> (Link, WebSocketStream<DuplexStream>, JoinSet<()>) {
        let (ours, theirs) = tokio::io::duplex(4096);
        let (mut tasks, url) = (JoinSet::new(), "ws://host/mcp".parse().expect("a URL"));
        let link = start(ours, SafeUrl::new(url), Farewell::default(), &mut tasks).await;
        let server = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
        (link, server, tasks)
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_answers_pings_stays() {
        let (mut link, mut server, _tasks) = pair().await;
        let mut pings = 0;
        let idle = async {
            // Whoever reads also answers.
            while let Some(Ok(frame)) = server.next().await {
                pings += usize::from(frame.is_ping());
            }
        };
        let patience = SILENCE * 10;
        tokio::select! {
            () = idle => unreachable!("the connection stays"),
            closed = link.incoming.recv() => unreachable!("{closed:?}"),
            () = tokio::time::sleep(patience) => {}
        }
        assert!(pings >= 10, "{pings}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_without_a_sign_of_life_is_given_up() {
        let (mut link, _server, _tasks) = pair().await;
        let Some(Incoming::Closed(problem)) = link.incoming.recv().await else {
            unreachable!("it is closed")
        };
        assert_eq!(problem.code, ProblemCode::Unresponsive);
    }

    #[tokio::test]
    async fn neither_end_waits_for_the_other_to_read() {
        let (mut link, mut server, _tasks) = pair().await;
        let text = format!(
            r#"{{"jsonrpc":"2.0","method":"n","params":"{}"}}"#,
            "x".repeat(100_000)
        );
        let message = Message::parse(text.as_bytes()).expect("a message");
        // More than fits between them, both ways at once; the server writes before it reads.
        link.outgoing.send(message).await.expect("taken");
        server.send(Frame::text(text)).await.expect("taken");
        assert!(matches!(server.next().await, Some(Ok(Frame::Text(_)))));
        assert!(matches!(
            link.incoming.recv().await,
            Some(Incoming::Message { .. })
        ));
    }
}
