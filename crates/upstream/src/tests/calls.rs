//! Calls over standard input and output, and what can go wrong with them.

use std::time::Duration;

#[cfg(target_os = "linux")]
use super::script::runs;
use super::{Bench, call, call_within, tool_names, until, until_ready};
use crate::CallError;

#[tokio::test]
async fn a_result_arrives_as_it_was_sent() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*) result '{"content":[],"vendor":{"n":1.50,"z":1,"a":2}}' ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let result = call(&upstream.line(), "t").await.expect("a result");
    assert_eq!(
        result.get(),
        r#"{"content":[],"vendor":{"n":1.50,"z":1,"a":2}}"#
    );
    upstream.stop().await;
}

#[tokio::test]
async fn a_call_waits_for_a_server_on_its_way_up() {
    let bench = Bench::new();
    let gate = bench.gate();
    let upstream = bench.start(&bench.server_after(r#"cat "$dir/gate" > /dev/null"#, ""));
    let line = upstream.line();
    let (answered, ()) = tokio::join!(call(&line, "t"), gate.open());
    answered.expect("a result");
    upstream.stop().await;
}

#[tokio::test]
async fn a_server_error_is_an_answer() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*) answer '"error":{"code":-32000,"message":"no","data":[1]}' ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let error = call(&upstream.line(), "t").await.expect_err("an error");
    let CallError::Rpc(error) = error else {
        unreachable!("{error:?}")
    };
    assert_eq!((error.code, error.message.as_str()), (-32000, "no"));
    assert_eq!(error.data.expect("data").get(), "[1]");
    upstream.stop().await;
}

#[tokio::test]
async fn rubbish_on_standard_output_is_skipped_and_logged() {
    let bench = Bench::new();
    let before = r#"say 'Server running on stdio'; say '{"half":'; printf '\377\376\n\n'"#;
    let arms =
        r#"*'"tools/call"'*) say '[]'; say "debug: called"; result '{"content":[]}'; say bye ;;"#;
    let upstream = bench.start(&bench.server_after(before, arms));
    for _ in 0..2 {
        call(&upstream.line(), "t").await.expect("a result");
    }
    assert_eq!(until_ready(&upstream).await.starts, 1);
    upstream.stop().await;
    let log = bench.log().await;
    for skipped in ["Server running on stdio", "debug: called"] {
        assert!(log.contains(skipped), "{log}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_fails_its_own_call_only() {
    let bench = Bench::new();
    let arms = r#"*'"big"'*)
        printf '{"jsonrpc":"2.0","id":%s,"result":{"text":"' "$id"
        head -c 17000000 /dev/zero | tr '\0' x
        say '"}}' ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let line = upstream.line();
    let (big, small) = tokio::join!(call(&line, "big"), call(&line, "t"));
    let error = big.expect_err("it is too long");
    assert!(matches!(error, CallError::Lost(_)), "{error:?}");
    assert!(error.to_string().contains("over the limit"), "{error}");
    small.expect("a result");
    assert_eq!(until_ready(&upstream).await.starts, 1);
    upstream.stop().await;
}

#[tokio::test]
async fn a_call_that_may_have_run_is_never_repeated() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*) echo ran >> "$dir/calls"; exit 3 ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let error = call(&upstream.line(), "t").await.expect_err("it ended");
    assert!(matches!(error, CallError::Lost(_)), "{error:?}");
    assert!(!error.never_ran());
    let again = |status: &crate::Status| status.starts == 2 && status.state.is_ready();
    until(&upstream, again).await;
    let calls = std::fs::read_to_string(bench.path().join("calls")).expect("noted");
    assert_eq!(calls, "ran\n");
    upstream.stop().await;
}

#[tokio::test]
async fn the_next_call_finds_the_server_that_came_back() {
    let bench = Bench::new();
    let arms = r#"*'"crash"'*) exit 3 ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let line = upstream.line();
    call(&line, "crash").await.expect_err("it ended");
    call(&line, "t")
        .await
        .expect("it waits for the second start");
    assert_eq!(bench.starts().len(), 2);
    upstream.stop().await;
}

/// The server hears that nobody waits any more, and says so by changing its tools.
#[tokio::test]
async fn a_call_that_takes_too_long_is_cancelled_at_the_server() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*) ;;
        *'"notifications/cancelled"'*)
            tools='{"name":"cancelled","inputSchema":{}}'
            say '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}' ;;"#;
    let upstream = bench.start(&bench.server(arms));
    until_ready(&upstream).await;
    let error = call_within(&upstream.line(), "t", Duration::from_millis(100)).await;
    let error = error.expect_err("nobody answers");
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    until(&upstream, |status| tool_names(status) == ["cancelled"]).await;
    assert_eq!(until_ready(&upstream).await.starts, 1);
    upstream.stop().await;
}

#[tokio::test]
async fn a_changed_list_is_fetched_anew() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*)
        tools="$tools"',{"name":"u","inputSchema":{}}'
        say '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
        result '{"content":[]}' ;;"#;
    let upstream = bench.start(&bench.server(arms));
    call(&upstream.line(), "t").await.expect("a result");
    until(&upstream, |status| tool_names(status) == ["t", "u"]).await;
    upstream.stop().await;
}

#[tokio::test]
async fn a_list_that_cannot_be_fetched_anew_leaves_the_old_one() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*)
        broken=yes
        say '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
        result '{"content":[]}' ;;
        *'"tools/list"'*)
        if [ "$broken" ]; then
            answer '"error":{"code":-32603,"message":"broken"}'
            echo > "$dir/gate"
        else
            result "{\"tools\":[$tools]}"
        fi ;;"#;
    let gate = bench.gate();
    let upstream = bench.start(&bench.server(arms));
    let line = upstream.line();
    call(&line, "t").await.expect("a result");
    gate.pass().await;
    call(&line, "t").await.expect("it still serves");
    assert_eq!(tool_names(&upstream.status()), ["t"]);
    upstream.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_closes_its_output_is_started_again() {
    let bench = Bench::new();
    let arms = r#"*'"tools/call"'*) exec >&-; exec sleep 1000 ;;"#;
    let upstream = bench.start(&bench.server(arms));
    let old = until_ready(&upstream).await.pid.expect("a process");
    let error = call(&upstream.line(), "t").await.expect_err("it hung up");
    assert!(matches!(error, CallError::Lost(_)), "{error:?}");
    let again = |status: &crate::Status| status.starts == 2 && status.state.is_ready();
    until(&upstream, again).await;
    assert!(!runs(old));
    upstream.stop().await;
}
