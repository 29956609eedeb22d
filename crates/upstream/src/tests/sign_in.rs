//! Remote servers that want a sign-in.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse as _, Response};
use model::{ProblemCode, ServerState};
use oauth::{Authorizer, Browser, Initiative, MemoryStore};
use serde_json::json;
use tokio_util::task::TaskTracker;
use url::Url;

use super::origin::{Origin, Seen, json_response, open_stream, status_of};
use super::{Bench, PATIENCE, call, until, until_down, until_ready};
use crate::{CallError, Context, Upstream};

/// Says yes to everything, and comes back after a while that takes no time.
#[derive(Default)]
struct Willing {
    tasks: TaskTracker,
    after: Duration,
}

impl Browser for Willing {
    fn open(&self, url: &Url) -> io::Result<()> {
        let of = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(key, _)| key == name).expect(name).1
        };
        let back = Url::parse_with_params(
            &of("redirect_uri"),
            [("code", "c"), ("state", &*of("state"))],
        );
        let (visit, after) = (reqwest::get(back.expect("a URL")), self.after);
        self.tasks.spawn(async move {
            if !after.is_zero() {
                // Nothing else happens meanwhile, so that the clock leaps.
                tokio::time::pause();
                tokio::time::sleep(after).await;
                tokio::time::resume();
            }
            visit.await.map(drop)
        });
        Ok(())
    }
}

impl Bench {
    fn signing_in(initiative: Initiative) -> Self {
        Self::with_browser(Willing::default(), initiative)
    }

    fn with_browser(browser: Willing, initiative: Initiative) -> Self {
        let bench = Self::new();
        let context = Arc::into_inner(bench.context).expect("nobody else has it");
        let store = Arc::new(MemoryStore::default());
        let authorizer = Authorizer::new(store, Arc::new(browser), initiative);
        let context: Context = context.with_authorizer(Arc::new(authorizer));
        Self {
            context: Arc::new(context),
            ..bench
        }
    }

    fn start_at(&self, origin: &Origin) -> Upstream {
        self.start(&json!({ "url": origin.url("/mcp") }))
    }
}

/// The answers of an authorization server at the same address; its tokens are numbered.
fn provide(seen: &Seen) -> Option<Response> {
    let base = format!("http://{}", seen.header("host"));
    let body = match seen.path.as_str() {
        "/.well-known/oauth-protected-resource/mcp" => {
            json!({ "resource": format!("{base}/mcp"), "authorization_servers": [base] })
        }
        "/.well-known/oauth-authorization-server" => json!({
            "issuer": base,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "registration_endpoint": format!("{base}/register"),
            "code_challenge_methods_supported": ["S256"],
        }),
        "/register" => json!({ "client_id": "client", "redirect_uris": [] }),
        "/token" => json!({ "access_token": "good", "token_type": "Bearer" }),
        _ => return None,
    };
    Some(json_response(&body))
}

fn refuse(status: u16, challenge: &str) -> Response {
    let header = [(WWW_AUTHENTICATE, challenge.to_owned())];
    (status_of(status), header).into_response()
}

/// Answers whoever brings the token, and refuses the rest.
fn guarded(seen: &Seen, answer: impl FnOnce(&Seen) -> Response) -> Response {
    if let Some(response) = provide(seen) {
        return response;
    }
    if seen.header("authorization") != "Bearer good" {
        return refuse(401, "Bearer");
    }
    answer(seen)
}

#[tokio::test]
async fn a_token_goes_with_every_request() {
    let streams = Arc::new(std::sync::Mutex::new(Vec::new()));
    let origin = Origin::new(move |seen| {
        guarded(seen, |seen| match seen.method() {
            "initialize" => ([("mcp-session-id", "s-1")], seen.legacy()).into_response(),
            "GET" => {
                let (sender, response) = open_stream();
                streams.lock().expect("free").push(sender);
                response
            }
            "DELETE" => status_of(204).into_response(),
            _ => seen.legacy(),
        })
    })
    .await;
    let bench = Bench::signing_in(Initiative::Anything);
    let upstream = bench.start_at(&origin);
    until_ready(&upstream).await;
    call(&upstream.line(), "t").await.expect("a result");
    let is_stream = |seen: &Seen| seen.path == "/mcp" && seen.header("accept").contains("event");
    let opened = async {
        while !origin.seen("GET").iter().any(is_stream) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let opened = tokio::time::timeout(PATIENCE, opened).await;
    opened.expect("the stream is opened");
    upstream.stop().await;
    for method in ["initialize", "tools/list", "tools/call", "DELETE"] {
        let seen = origin.seen(method);
        assert_eq!(seen.len(), 1, "{method}");
        assert_eq!(seen[0].header("authorization"), "Bearer good", "{method}");
    }
    let stream = origin.seen("GET").into_iter().find(is_stream);
    assert_eq!(stream.expect("one").header("authorization"), "Bearer good");
    assert_eq!(
        origin.seen("server/discover").len(),
        2,
        "refused, and again"
    );
}

#[tokio::test]
async fn a_person_may_take_longer_than_a_handshake() {
    let origin = Origin::new(|seen| guarded(seen, Seen::modern)).await;
    let browser = Willing {
        after: Duration::from_secs(40),
        ..Willing::default()
    };
    let bench = Bench::with_browser(browser, Initiative::Anything);
    let entry = json!({ "url": origin.url("/mcp"), "startTimeout": 10 });
    let upstream = bench.start(&entry);
    let status = until_ready(&upstream).await;
    assert_eq!(
        (status.starts, status.protocol.as_deref()),
        (1, Some("2026-07-28"))
    );
    upstream.stop().await;
    assert_eq!(origin.seen("server/discover").len(), 2);
    assert!(origin.seen("initialize").is_empty());
}

#[tokio::test]
async fn a_configured_header_is_the_last_word() {
    let origin = Origin::new(|seen| guarded(seen, Seen::modern)).await;
    let upstream = Bench::signing_in(Initiative::Anything).start(&origin.entry());
    let status = until_down(&upstream).await;
    let problem = status.state.problem().expect("a problem");
    assert_eq!(problem.code, ProblemCode::SignInRequired);
    upstream.stop().await;
    assert!(origin.seen("GET").is_empty(), "nothing was looked up");
    assert!(origin.seen("server/discover")[0].header("authorization") == "Bearer secret");
}

#[tokio::test]
async fn without_an_order_a_person_is_waited_for() {
    let origin = Origin::new(|seen| guarded(seen, Seen::modern)).await;
    let upstream = Bench::signing_in(Initiative::Person).start_at(&origin);
    let status = until_down(&upstream).await;
    assert!(matches!(status.state, ServerState::NeedsPerson { .. }));
    upstream.stop().await;
    assert!(origin.seen("GET").is_empty(), "nothing was looked up");
}

#[tokio::test]
async fn a_call_that_needs_more_scope_is_sent_again_with_it() {
    let origin = Origin::new(|seen| {
        guarded(seen, |seen| match seen.method() {
            "tools/call" => refuse(403, r#"Bearer error="insufficient_scope", scope="more""#),
            _ => seen.modern(),
        })
    })
    .await;
    let upstream = Bench::signing_in(Initiative::Anything).start_at(&origin);
    until_ready(&upstream).await;
    let refused = call(&upstream.line(), "t").await;
    let Err(CallError::Http {
        status: 403,
        problem,
        ..
    }) = refused
    else {
        panic!("{refused:?}")
    };
    assert!(problem.message.contains("more"), "{problem}");
    assert_eq!(
        origin.seen("tools/call").len(),
        2,
        "once as it was, once better"
    );
    assert_eq!(upstream.status().state, ServerState::Ready);
    upstream.stop().await;
}

#[tokio::test]
async fn a_plain_no_is_no_matter_of_signing_in() {
    let origin = Origin::new(|seen| {
        guarded(seen, |seen| match seen.method() {
            "tools/call" => refuse(403, "Bearer"),
            _ => seen.modern(),
        })
    })
    .await;
    let upstream = Bench::signing_in(Initiative::Anything).start_at(&origin);
    until_ready(&upstream).await;
    let refused = call(&upstream.line(), "t").await;
    assert!(matches!(refused, Err(CallError::Http { status: 403, .. })));
    assert_eq!(origin.seen("tools/call").len(), 1);
    upstream.stop().await;
}

#[tokio::test]
async fn an_authorization_server_that_is_gone_is_tried_again() {
    let origin = Origin::new(|seen| match seen.path.as_str() {
        "/.well-known/oauth-authorization-server" => status_of(503).into_response(),
        _ => guarded(seen, Seen::modern),
    })
    .await;
    let upstream = Bench::signing_in(Initiative::Anything).start_at(&origin);
    let is_waiting = |state: &ServerState| matches!(state, ServerState::BackingOff { .. });
    let status = until(&upstream, |status| is_waiting(&status.state)).await;
    let problem = status.state.problem().expect("a problem");
    assert_eq!(problem.code, ProblemCode::Unreachable);
    assert!(problem.message.contains("wants a sign-in"), "{problem}");
    upstream.stop().await;
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_sign_in_is_told() {
    let origin = Origin::new(|seen| match seen.path.as_str() {
        "/register" => status_of(403).into_response(),
        _ => guarded(seen, Seen::modern),
    })
    .await;
    let upstream = Bench::signing_in(Initiative::Anything).start_at(&origin);
    let status = until_down(&upstream).await;
    let problem = status.state.problem().expect("a problem");
    assert_eq!(problem.code, ProblemCode::SignInRequired);
    assert!(problem.message.contains("did not register"), "{problem}");
    assert!(problem.fix.contains("oauth.clientId"), "{problem}");
    upstream.stop().await;
}
