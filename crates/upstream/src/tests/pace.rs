//! When a server that does not come up is tried again. The clock stands still and jumps to
//! whatever is awaited next, so that minutes pass in no time.

use std::time::Duration;

use model::{Problem, ProblemCode, ServerState};
use serde_json::json;
use tokio::time::Instant;

use super::{Bench, call, until};
use crate::status::Watch;
use crate::{CallError, Status, Upstream};

fn start(bench: &Bench) -> Upstream {
    bench.start(&json!({ "command": "no-such-program" }))
}

/// The failures in a row, and what is wrong, of a server that is waiting for its next start.
fn failures(status: &Status) -> Option<(u32, &Problem)> {
    match &status.state {
        ServerState::BackingOff {
            attempts, problem, ..
        }
        | ServerState::CrashLoop {
            attempts, problem, ..
        } => Some((*attempts, problem)),
        _ => None,
    }
}

/// Waits for the failure of this number.
async fn failure(watch: &mut Watch, number: u32) -> Status {
    loop {
        let status = watch.changed().await.expect("the server is still there");
        if failures(&status).is_some_and(|(attempts, _)| attempts == number) {
            return status;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_waits_double_up_to_a_minute() {
    let bench = Bench::new();
    let upstream = start(&bench);
    let mut watch = upstream.watch();
    failure(&mut watch, 1).await;
    let mut waits = Vec::new();
    for number in 2..=10 {
        let before = Instant::now();
        failure(&mut watch, number).await;
        waits.push(before.elapsed().as_secs_f64());
    }
    for (wait, expected) in waits
        .iter()
        .zip([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0])
    {
        let ratio = wait / expected;
        assert!((0.89..1.11).contains(&ratio), "{waits:?}");
    }
    upstream.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_fifth_failure_in_a_row_is_a_crash_loop() {
    let bench = Bench::new();
    let upstream = start(&bench);
    let mut watch = upstream.watch();
    let fourth = failure(&mut watch, 4).await;
    assert_eq!(fourth.state.label(), "backing off");
    let fifth = failure(&mut watch, 5).await;
    assert_eq!(fifth.state.label(), "crash loop");
    assert_eq!(fifth.starts, 5);
    let (_, problem) = failures(&fifth).expect("a failure");
    assert_eq!(problem.code, ProblemCode::CommandNotFound);
    upstream.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_person_who_restarts_clears_the_count_and_the_wait() {
    let bench = Bench::new();
    let upstream = start(&bench);
    let mut watch = upstream.watch();
    failure(&mut watch, 5).await;
    let before = Instant::now();
    upstream.restart().await;
    let status = failure(&mut watch, 1).await;
    assert_eq!(status.starts, 6);
    assert!(before.elapsed() < Duration::from_secs(1), "it did not wait");
    upstream.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_the_second_start_and_no_longer() {
    let bench = Bench::new();
    let upstream = start(&bench);
    let line = upstream.line();
    let error = call(&line, "t").await.expect_err("it never comes up");
    let CallError::NotReady(ServerState::BackingOff { attempts, .. }) = error else {
        unreachable!("{error:?}")
    };
    assert_eq!(attempts, 2);
    upstream.stop().await;
}

#[tokio::test(start_paused = true)]
async fn stopping_does_not_wait_for_the_next_start() {
    let bench = Bench::new();
    let upstream = start(&bench);
    failure(&mut upstream.watch(), 5).await;
    let before = Instant::now();
    upstream.stop().await;
    assert_eq!(before.elapsed(), Duration::ZERO);
    let log = bench.log().await;
    assert_eq!(log.matches("starting no-such-program").count(), 5, "{log}");
}

#[tokio::test(start_paused = true)]
async fn what_needs_a_person_is_not_tried_again_by_itself() {
    let bench = Bench::new();
    let entry = json!({ "command": "sh", "env": { "TOKEN": "${env:NOT_SET}" } });
    let upstream = bench.start(&entry);
    let needs = |status: &Status| matches!(status.state, ServerState::NeedsPerson { .. });
    until(&upstream, needs).await;
    tokio::time::advance(Duration::from_hours(24)).await;
    assert_eq!(upstream.status().starts, 1);
    let error = call(&upstream.line(), "t").await.expect_err("it is down");
    assert!(error.never_ran(), "{error:?}");
    upstream.restart().await;
    until(&upstream, |status| status.starts == 2 && needs(status)).await;
    upstream.stop().await;
}
