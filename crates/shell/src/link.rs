//! The link to the gateway: what it says comes in, what is asked of it goes out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api_client::{ApiEvent, Client, ClientError, EventStream};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use model::{Event, Snapshot};
use tokio::sync::mpsc;

use crate::action::Action;

/// The first wait before the next attempt to reach the gateway, and the longest one.
const WAITS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// Everything that the shell reacts to.
#[derive(Debug)]
pub enum Input {
    /// The link to the gateway changed.
    Link(LinkState),
    /// The gateway's state.
    Snapshot(Arc<Snapshot>),
    /// Something happened at the gateway.
    News(Event),
    /// The address with a one-time code, as asked for by [`Request::Address`].
    Address(String),
    /// What was asked of the gateway failed, in words for a person.
    Refused(String),
    /// A person chose something in the menu or in a notice.
    Chosen(Action),
    /// The tray can be seen, or no longer.
    Tray(bool),
    /// The window was closed; if it never opened or broke, why.
    WindowClosed(Option<String>),
    /// A wait is over.
    Tick,
}

/// How the link to the gateway stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Not there yet.
    #[default]
    Connecting,
    /// There.
    Connected,
    /// There no longer.
    Lost,
    /// There is no gateway, because it does not start for this reason.
    Failed(String),
}

/// What is asked of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The address of this screen, with a one-time code.
    Address(String),
    /// Let no call through for so many minutes, or until resumed.
    Pause(Option<u32>),
    /// Let calls through again.
    Resume,
    /// Begin to sign in to this server.
    SignIn(String),
    /// Put what this link offers up for review.
    Propose(String),
    /// Say the last state again.
    Repeat,
}

/// Keeps the link to the gateway that listens at `socket`, until nobody takes `inputs` any more.
/// Requests wait while there is no gateway.
pub async fn run_link(
    socket: &Path,
    inputs: mpsc::Sender<Input>,
    mut requests: mpsc::Receiver<Request>,
) {
    let [first, longest] = WAITS;
    let mut wait = first;
    while !inputs.is_closed() {
        if let Ok((client, events)) = connect(socket).await {
            wait = first;
            let followed = follow(&client, events, &inputs, &mut requests).await;
            if followed.is_err() || inputs.send(Input::Link(LinkState::Lost)).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(longest);
    }
}

async fn connect(socket: &Path) -> Result<(Client, EventStream), ClientError> {
    let client = Client::connect(socket).await?;
    let events = client.desktop_events().await?;
    Ok((client, events))
}

/// Nobody takes the inputs, or nobody makes requests.
struct Over;

/// Hands on what the gateway says, and carries out requests, until it says no more.
async fn follow(
    client: &Client,
    mut events: EventStream,
    inputs: &mpsc::Sender<Input>,
    requests: &mut mpsc::Receiver<Request>,
) -> Result<(), Over> {
    let send = async |input| inputs.send(input).await.map_err(|_| Over);
    let mut last: Option<Arc<Snapshot>> = None;
    let mut under_way = FuturesUnordered::new();
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(ApiEvent::Snapshot(snapshot))) => {
                    let snapshot = Arc::new(*snapshot);
                    if last.replace(Arc::clone(&snapshot)).is_none() {
                        send(Input::Link(LinkState::Connected)).await?;
                    }
                    send(Input::Snapshot(snapshot)).await?;
                }
                Some(Ok(ApiEvent::News(news))) => send(Input::News(news)).await?,
                Some(Err(error)) => {
                    tracing::warn!(%error, "the gateway's events broke off");
                    return Ok(());
                }
                None => return Ok(()),
            },
            request = requests.recv() => match request {
                Some(Request::Repeat) => {
                    if let Some(snapshot) = &last {
                        send(Input::Link(LinkState::Connected)).await?;
                        send(Input::Snapshot(Arc::clone(snapshot))).await?;
                    }
                }
                Some(request) => under_way.push(carry_out(client, request)),
                None => return Err(Over),
            },
            Some(Some(answer)) = under_way.next() => send(answer).await?,
        }
    }
}

/// Carries out one request; what there is to say about it, if anything.
async fn carry_out(client: &Client, request: Request) -> Option<Input> {
    let done = match request {
        Request::Address(path) => {
            let code = client.session_code(Some(&path)).await;
            code.map(|code| Some(Input::Address(code.url)))
        }
        Request::Pause(minutes) => client.pause(minutes).await.map(|_| None),
        Request::Resume => client.resume().await.map(|()| None),
        Request::SignIn(server) => client.sign_in(&server).await.map(|()| None),
        Request::Propose(link) => {
            let opened = Input::Chosen(Action::Open("/review".to_owned()));
            client.propose_link(&link).await.map(|_| Some(opened))
        }
        Request::Repeat => Ok(None),
    };
    done.unwrap_or_else(|error| Some(Input::Refused(in_words(&error))))
}

/// What happened and what to do.
fn in_words(error: &ClientError) -> String {
    match error {
        ClientError::Api { error, .. } if !error.fix.is_empty() => {
            format!("{} {}", error.message, error.fix)
        }
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
