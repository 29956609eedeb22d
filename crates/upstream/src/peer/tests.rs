//! A peer against a scripted transport.

use std::time::Duration;

use model::Problem;

use wire::{Message, RawObject, RequestId};

use futures_util::FutureExt as _;

use super::{InFlight, ListChanges, Listener, Peer};
use crate::exchange::{Happening, Party};
use crate::link::{CallError, Incoming, LinkEnd, link};
use crate::news::NewsDesk;

const SOON: Duration = Duration::from_secs(5);

fn start() -> (Peer, LinkEnd, ListChanges) {
    let (link, end) = link();
    let (peer, dispatch, changes) = Peer::new(link, NewsDesk::idle());
    #[expect(clippy::disallowed_methods, reason = "the test ends with its runtime")]
    tokio::spawn(dispatch.run());
    (peer, end, changes)
}

fn respond(text: &str) -> Incoming {
    Incoming::loose(Message::parse(text.as_bytes()).expect("a message"))
}

fn problem() -> Problem {
    Problem::new(model::ProblemCode::Exited, "It ended.", "Look.")
}

#[tokio::test]
async fn answers_find_their_requests_in_any_order() {
    let (peer, mut end, _notices) = start();
    let params = RawObject::default();
    let server = async {
        for _ in 0..2 {
            end.outgoing.recv().await.expect("a request");
        }
        for id in [2, 1, 99] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"id":{id}}}}}"#);
            end.incoming.send(respond(&text)).await.expect("taken");
        }
    };
    let (one, two, ()) = tokio::join!(
        peer.request("a", &params, SOON),
        peer.request("b", &params, SOON),
        server
    );
    assert_eq!(one.expect("a result").get(), r#"{"id":1}"#);
    assert_eq!(two.expect("a result").get(), r#"{"id":2}"#);
}

#[tokio::test]
async fn a_dropped_request_is_cancelled_at_the_server() {
    let (peer, mut end, _notices) = start();
    let params = RawObject::default();
    tokio::select! {
        _ = peer.request("tools/call", &params, SOON) => unreachable!("nobody answers"),
        sent = end.outgoing.recv() => assert!(sent.is_some()),
    }
    let Some(Message::Notification(cancelled)) = end.outgoing.recv().await else {
        unreachable!("a notification follows")
    };
    assert_eq!(cancelled.method, "notifications/cancelled");
    assert!(
        cancelled
            .params
            .expect("params")
            .get()
            .contains(r#""requestId":1"#)
    );
}

#[tokio::test]
async fn a_lost_link_fails_what_waits_and_what_comes() {
    let (peer, mut end, _notices) = start();
    let params = RawObject::default();
    let server = async {
        end.outgoing.recv().await.expect("a request");
        end.incoming
            .send(Incoming::Closed(problem()))
            .await
            .expect("taken");
    };
    let (waiting, ()) = tokio::join!(peer.request("a", &params, SOON), server);
    assert!(matches!(waiting, Err(CallError::Lost(lost)) if lost == problem()));
    assert_eq!(peer.closed().await, problem());
    drop(end);
    let late = peer.request("b", &params, SOON).await.expect_err("closed");
    assert!(late.never_ran());
}

#[tokio::test]
async fn the_server_may_ping_but_asks_no_client_outside_of_a_call() {
    let (_peer, mut end, _notices) = start();
    for (method, expected) in [
        ("ping", "\"result\":{}"),
        ("sampling/createMessage", "-32603"),
        ("roots/list", "-32603"),
    ] {
        let text = format!(r#"{{"jsonrpc":"2.0","id":"s1","method":"{method}"}}"#);
        end.incoming.send(respond(&text)).await.expect("taken");
        let answer = end.outgoing.recv().await.expect("an answer").to_json();
        assert!(
            answer.contains(expected) && answer.contains("\"s1\""),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn any_number_of_changes_is_one_piece_of_news() {
    let (peer, end, mut changes) = start();
    let text = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let log = r#"{"jsonrpc":"2.0","method":"notifications/message"}"#;
    for text in [text, log, text, text] {
        end.incoming.send(respond(text)).await.expect("taken");
    }
    end.incoming
        .send(Incoming::Closed(problem()))
        .await
        .expect("taken");
    peer.closed().await;
    assert!(changes.tools.recv().await.is_some());
    assert!(changes.tools.try_recv().is_err());
}

#[tokio::test]
async fn a_server_that_is_gone_ends_the_connection() {
    let (peer, end, _changes) = start();
    let (id, error) = (RequestId::number(9), CallError::NotDelivered(problem()));
    end.incoming
        .send(Incoming::Failed { id, error })
        .await
        .expect("taken");
    assert_eq!(peer.closed().await, problem());
}

const ONE: &str = r#"{"jsonrpc":"2.0","id":"s1","method":"elicitation/create","params":{}}"#;

/// One whose calls need not wait for a turn.
fn listener(party: &Party) -> Listener {
    Listener {
        party: party.id(),
        progress: true,
        needs_turn: false,
    }
}

async fn open(peer: &Peer, party: &Party) -> InFlight {
    let opened = peer.open("tools/call", RawObject::default(), listener(party));
    opened.await.expect("sent")
}

async fn say(end: &LinkEnd, text: &str) {
    end.incoming.send(respond(text)).await.expect("taken");
}

#[tokio::test]
async fn all_progress_comes_before_the_answer_and_in_order() {
    let (peer, mut end, _changes) = start();
    let mut call = open(&peer, &Party::fresh()).await;
    let sent = end.outgoing.recv().await.expect("a request").to_json();
    assert!(sent.contains(r#""progressToken":1"#), "{sent}");
    for step in 0..500 {
        say(&end, &format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":1,"progress":{step}}}}}"#)).await;
    }
    say(&end, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await;
    for step in 0..500 {
        let Happening::Notification(progress) = call.next().await else {
            unreachable!("progress {step} is missing")
        };
        let params = RawObject::parse(&progress.params.expect("params")).expect("an object");
        assert_eq!(params.get_as::<u32>("progress"), Some(step));
    }
    assert!(matches!(call.next().await, Happening::Reply(Ok(_))));
}

#[tokio::test]
async fn a_question_goes_to_the_only_party_in_a_call() {
    let (peer, mut end, _changes) = start();
    let mut call = open(&peer, &Party::fresh()).await;
    end.outgoing.recv().await.expect("the call");
    say(&end, ONE).await;
    let Happening::Request(asked) = call.next().await else {
        unreachable!("a question")
    };
    assert_eq!(asked.method, "elicitation/create");
    asked.answer(Ok(RawObject::default().to_raw())).await;
    let answer = end.outgoing.recv().await.expect("an answer").to_json();
    assert_eq!(answer, r#"{"jsonrpc":"2.0","id":"s1","result":{}}"#);
}

#[tokio::test]
async fn a_question_of_unclear_origin_waits_until_it_is_clear() {
    let (peer, mut end, _changes) = start();
    let (one, two) = (Party::fresh(), Party::fresh());
    let (mut first, mut second) = (open(&peer, &one).await, open(&peer, &two).await);
    for _ in 0..2 {
        end.outgoing.recv().await.expect("a call");
    }
    say(&end, ONE).await;
    say(&end, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await;
    assert!(matches!(first.next().await, Happening::Reply(Ok(_))));
    assert!(matches!(second.next().await, Happening::Request(_)));
}

#[tokio::test]
async fn calls_that_may_ask_do_not_overlap_with_those_of_others() {
    let (peer, mut end, _changes) = start();
    let (one, two) = (Party::fresh(), Party::fresh());
    let asked = |party: &Party| Listener {
        needs_turn: true,
        ..listener(party)
    };
    let call = |party: &Party| peer.open("tools/call", RawObject::default(), asked(party));
    let first = call(&one).await.expect("sent");
    let same = call(&one).await.expect("sent");
    assert!(call(&two).now_or_never().is_none());
    drop((first, same));
    call(&two).await.expect("sent");
    // Answered without a question again and again, the tool is taken for a quiet one.
    for _ in 0..6 {
        end.outgoing
            .recv()
            .await
            .expect("calls and their cancellation");
    }
    for id in [10, 11, 12] {
        let mut answered = open(&peer, &one).await;
        let Some(Message::Request(request)) = end.outgoing.recv().await else {
            unreachable!("a request {id}")
        };
        say(
            &end,
            &format!(r#"{{"jsonrpc":"2.0","id":{:?},"result":{{}}}}"#, request.id),
        )
        .await;
        assert!(matches!(answered.next().await, Happening::Reply(Ok(_))));
    }
    let _first = call(&one).await.expect("sent");
    let _second = call(&two).await.expect("need not wait");
}

#[tokio::test]
async fn the_stream_tells_whose_question_it_is() {
    let (peer, end, _changes) = start();
    let (mut first, _second) = (
        open(&peer, &Party::fresh()).await,
        open(&peer, &Party::fresh()).await,
    );
    let message = Message::parse(ONE.as_bytes()).expect("a message");
    let during = Some(RequestId::number(1));
    end.incoming
        .send(Incoming::Message { message, during })
        .await
        .expect("taken");
    assert!(matches!(first.next().await, Happening::Request(_)));
}

#[tokio::test]
async fn the_log_of_several_parties_is_told_to_none() {
    let (peer, end, _changes) = start();
    let (mut first, mut second) = (
        open(&peer, &Party::fresh()).await,
        open(&peer, &Party::fresh()).await,
    );
    say(&end, r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#).await;
    for id in [1, 2] {
        say(
            &end,
            &format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#),
        )
        .await;
    }
    assert!(matches!(first.next().await, Happening::Reply(Ok(_))));
    assert!(matches!(second.next().await, Happening::Reply(Ok(_))));
}

#[tokio::test]
async fn a_question_that_nobody_takes_is_refused() {
    let (peer, mut end, _changes) = start();
    let mut call = open(&peer, &Party::fresh()).await;
    end.outgoing.recv().await.expect("the call");
    say(&end, ONE).await;
    drop(call.next().await);
    let answer = end.outgoing.recv().await.expect("an answer").to_json();
    assert!(
        answer.contains("\"error\"") && answer.contains("s1"),
        "{answer}"
    );
}
