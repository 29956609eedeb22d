//! Telling a server what its clients want to hear of.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value, json};
use wire::{Era, LogLevel, RawObject, raw};

use super::Caller;
use crate::interests::{Interests, Wanted};
use crate::link::CallError;

/// A modern server's subscription is a request without end; this is as good as that.
const SUBSCRIPTION: Duration = Duration::from_hours(24 * 365);

/// A subscription that ended is opened again after this long, doubling.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// How long two subscriptions overlap when one takes the place of the other.
const OVERLAP: Duration = Duration::from_millis(300);

/// A legacy server is told of each interest within this time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keeps a server of either era informed for as long as the connection lives.
pub(super) async fn keep_informed(caller: Caller, interests: Interests) {
    match caller.era {
        Era::Legacy => {
            let wanted = interests.follow().borrow().clone();
            remind(&caller, wanted.level, wanted.resources.keys()).await;
        }
        Era::Modern => keep_subscribed(&caller, &interests).await,
    }
}

/// Tells a legacy server at the start of a connection what was wanted of the last one, and returns
/// the resources that it will speak of. What is wanted later is told by the requests of the
/// clients themselves.
pub(super) async fn remind<'a>(
    caller: &Caller,
    level: Option<LogLevel>,
    uris: impl IntoIterator<Item = &'a String>,
) -> Vec<&'a String> {
    if let Some(level) = level {
        let _ = set_level(caller, level).await;
    }
    let mut followed = Vec::new();
    for uri in uris {
        let mut params = RawObject::default();
        params.set("uri", raw(uri));
        let told = caller.request("resources/subscribe", params, PATIENCE);
        // A resource that is gone will not change any more either.
        if told.await.is_ok() {
            followed.push(uri);
        }
    }
    followed
}

/// Asks a legacy server for its log from a level on.
pub(super) async fn set_level(caller: &Caller, level: LogLevel) -> Result<(), CallError> {
    if !caller.offers("logging") {
        return Ok(());
    }
    let mut params = RawObject::default();
    params.set("level", raw(level.as_str()));
    let set = caller.request("logging/setLevel", params, PATIENCE).await;
    set.map(drop)
}

/// Asks a modern server for news, again whenever its stream ends or other resources are wanted;
/// what changed meanwhile is asked for as well.
async fn keep_subscribed(caller: &Caller, interests: &Interests) {
    let mut follow = interests.follow();
    let mut wait = FIRST_RETRY;
    // A stream is listened to for a moment longer than it is wanted, until the server has surely
    // taken note of the next one: no news must fall between them.
    let mut fading = FuturesUnordered::new();
    loop {
        let wanted = follow.borrow_and_update().clone();
        let filter = filter(caller, &wanted);
        if filter.is_empty() {
            if follow.changed().await.is_err() {
                return;
            }
            continue;
        }
        let mut params = RawObject::default();
        params.set("notifications", raw(&filter));
        let began = Instant::now();
        let mut listening = Box::pin(caller.request("subscriptions/listen", params, SUBSCRIPTION));
        let ended = loop {
            tokio::select! {
                ended = &mut listening => break Some(ended),
                () = other_wishes(&mut follow, &wanted) => break None,
                Some(_) = fading.next(), if !fading.is_empty() => {}
            }
        };
        let Some(ended) = ended else {
            fading.push(tokio::time::timeout(OVERLAP, listening));
            continue;
        };
        if matches!(ended, Err(CallError::Rpc(_))) || caller.is_closed() {
            return;
        }
        if began.elapsed() > LONGEST_RETRY {
            wait = FIRST_RETRY;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_RETRY);
        caller.peer.suspect_changes();
    }
}

/// Waits until other things are watched than `asked`.
async fn other_wishes(follow: &mut tokio::sync::watch::Receiver<Wanted>, asked: &Wanted) {
    let same = |wanted: &Wanted| {
        wanted.resources.keys().eq(asked.resources.keys())
            && wanted.tasks.keys().eq(asked.tasks.keys())
    };
    // The sender lives as long as the connection's supervisor.
    let _ = follow.wait_for(|wanted| !same(wanted)).await;
}

/// What to subscribe to: what the server announces, and what is watched.
fn filter(caller: &Caller, wanted: &Wanted) -> Map<String, Value> {
    let announces = |kind: &str| {
        let kind = caller.greeting.capabilities.object(kind);
        kind.and_then(|kind| kind.get_as("listChanged"))
            .unwrap_or(false)
    };
    let mut filter = Map::new();
    for (kind, key) in [
        ("tools", "toolsListChanged"),
        ("prompts", "promptsListChanged"),
        ("resources", "resourcesListChanged"),
    ] {
        if announces(kind) {
            filter.insert(key.to_owned(), json!(true));
        }
    }
    for (key, watched) in [
        ("resourceSubscriptions", &wanted.resources),
        ("taskIds", &wanted.tasks),
    ] {
        if !watched.is_empty() {
            let ids: Vec<&String> = watched.keys().collect();
            filter.insert(key.to_owned(), json!(ids));
        }
    }
    filter
}
