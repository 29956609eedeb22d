//! Who is let in by TCP, and what a limited token shows.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use model::NewClientToken;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Answer, Bench, PATIENCE, fake, message, modern, post, text_of};
use crate::{Doorkeeper, router};

/// The door by TCP.
struct Tcp(Router);

impl Tcp {
    fn of(bench: &Bench) -> Self {
        let keeper = Doorkeeper::Loopback("127.0.0.1:4321".parse().expect("an address"));
        Self(router(bench.gateway.clone(), keeper))
    }

    async fn open(&self, mut request: Request<Body>, credentials: &[&str]) -> Response {
        let headers = request.headers_mut();
        headers.insert("host", "127.0.0.1:4321".parse().expect("a value"));
        for credential in credentials {
            headers.append("authorization", credential.parse().expect("a value"));
        }
        let answer = self.0.clone().oneshot(request).await;
        answer.expect("an answer")
    }

    async fn send(&self, request: Request<Body>, credentials: &[&str]) -> Answer {
        Answer::of(self.open(request, credentials).await).await
    }

    /// Sends a modern request with a token, and returns the message that answers it.
    async fn ask(&self, token: &str, path: &str, method: &str, params: Value) -> Value {
        let credential = format!("Bearer {token}");
        let request = modern(path, method, params);
        self.send(request, &[&credential]).await.json()
    }

    /// Calls a tool of the menu, and returns the JSON in its answer's text.
    async fn menu(&self, token: &str, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let answer = self.ask(token, "/mcp", "tools/call", params).await;
        serde_json::from_str(text_of(&answer["result"])).unwrap_or_else(|_| panic!("{answer}"))
    }
}

fn discover() -> Request<Body> {
    modern("/mcp", "server/discover", json!({}))
}

fn limited(servers: Option<&[&str]>, tools: Option<&[&str]>) -> NewClientToken {
    let list = |names: Option<&[&str]>| {
        names.map(|names| names.iter().map(|name| (*name).to_owned()).collect())
    };
    NewClientToken {
        name: format!("{servers:?} {tools:?}").replace('"', ""),
        servers: list(servers),
        tools: list(tools),
        ..NewClientToken::default()
    }
}

fn names(list: &Value) -> Vec<&str> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item["name"].as_str())
        .collect()
}

#[tokio::test]
async fn by_tcp_each_client_shows_its_token() {
    let bench = Bench::new(json!({})).await;
    let tcp = Tcp::of(&bench);
    let token = bench.token("a client").token;
    let bearer = format!("Bearer {token}");
    let wrong = format!("Bearer {}0", &token[..token.len() - 1]);
    for (credentials, status) in [
        (vec![bearer.as_str()], StatusCode::OK),
        (vec![], StatusCode::UNAUTHORIZED),
        (vec![wrong.as_str()], StatusCode::UNAUTHORIZED),
        (vec![token.as_str()], StatusCode::UNAUTHORIZED),
        (vec!["Basic dXNlcjpwYXNz"], StatusCode::UNAUTHORIZED),
        (vec![&bearer, &bearer], StatusCode::BAD_REQUEST),
    ] {
        let answer = tcp.send(discover(), &credentials).await;
        assert_eq!(answer.status, status, "{credentials:?}: {}", answer.body);
        let asks = answer.header("www-authenticate");
        let expected = match status {
            StatusCode::UNAUTHORIZED => "Bearer",
            _ => "",
        };
        assert_eq!(asks, expected, "no way to a sign-in is named");
    }
    bench.stop().await;
}

#[tokio::test]
async fn on_the_socket_none_is_needed_and_one_that_is_sent_counts() {
    let bench = Bench::new(json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    let issued = bench.limited_token(limited(Some(&["a"]), None));
    let list = |credential: Option<String>| {
        let mut request = modern("/mcp/all", "tools/list", json!({}));
        let credential = credential.map(|text| text.parse().expect("a value"));
        let values = credential.map(|value| (axum::http::header::AUTHORIZATION, value));
        request.headers_mut().extend(values);
        bench.send(request)
    };
    let all = list(None).await.json();
    let some = list(Some(format!("Bearer {}", issued.token))).await.json();
    let of_b = |list: &Value| {
        let list = names(&list["result"]["tools"]);
        list.iter().filter(|name| name.starts_with("b__")).count()
    };
    assert!(of_b(&all) > 0);
    assert_eq!(of_b(&some), 0);
    let foreign = list(Some("Bearer of something else".to_owned())).await;
    assert_eq!(foreign.status, StatusCode::OK, "meant for somebody else");
    let fleet = bench.gateway.fleet();
    fleet.revoke_token(&issued.client.id).expect("revoked");
    let revoked = list(Some(format!("Bearer {}", issued.token))).await;
    assert_eq!(revoked.status, StatusCode::UNAUTHORIZED);
    bench.stop().await;
}

#[tokio::test]
async fn where_none_is_required_a_token_that_is_sent_counts_all_the_same() {
    let file = json!({ "tokens": "off", "mcpServers": {} });
    let bench = Bench::with(&file, crate::Overrides::default()).await;
    let tcp = Tcp::of(&bench);
    assert_eq!(tcp.send(discover(), &[]).await.status, StatusCode::OK);
    let wrong = tcp.send(discover(), &["Bearer tg_none"]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let held = bench.gateway.fleet().admit_anybody().expect("let in");
    let config = bench.folder.path().join("config.json");
    std::fs::write(config, "{}").expect("written");
    bench.gateway.fleet().config().reload();
    tokio::time::timeout(PATIENCE, held.over().cancelled())
        .await
        .expect("whoever is in without one goes");
    let later = tcp.send(discover(), &[]).await;
    assert_eq!(later.status, StatusCode::UNAUTHORIZED);
    bench.stop().await;
}

#[tokio::test]
async fn a_limited_token_sees_and_calls_only_what_it_names() {
    let bench = Bench::new(json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    let tcp = Tcp::of(&bench);
    let token = bench.limited_token(limited(Some(&["a"]), None)).token;
    let listed = tcp.ask(&token, "/mcp/all", "tools/list", json!({})).await;
    let shown = names(&listed["result"]["tools"]);
    assert!(!shown.is_empty() && shown.iter().all(|name| name.starts_with("a__")));
    let query = json!({ "query": "add two numbers", "limit": 50 });
    let found = tcp.menu(&token, "retrieve_tools", query).await;
    let found = names(&found["tools"]).join(" ");
    assert!(
        found.contains("a__add") && !found.contains("b__"),
        "{found}"
    );
    let wanted = json!({ "names": ["a__add", "b__add", "b__none"] });
    let described = tcp.menu(&token, "describe_tools", wanted).await;
    assert_eq!(described["unknown"], json!(["b__add", "b__none"]));
    for name in ["b__add", "b__none"] {
        let call = json!({ "name": name, "arguments": { "a": 1, "b": 2 } });
        let said = tcp.menu(&token, "call_tool_destructive", call).await;
        assert_eq!(said["error"]["code"], "unknown-tool", "{said}");
        assert!(
            !said["error"]["similar"].to_string().contains("b__"),
            "{said}"
        );
        let direct = json!({ "name": name, "arguments": {} });
        let said = tcp.ask(&token, "/mcp/all", "tools/call", direct).await;
        assert_eq!(said["error"]["message"], format!("Unknown tool: {name}"));
    }
    let list = json!({ "operation": "list" });
    let servers = tcp.menu(&token, "upstream_servers", list).await;
    assert_eq!(names(&servers["servers"]), ["a"]);
    let restart = json!({ "operation": "restart", "name": "a" });
    let refused = tcp.menu(&token, "upstream_servers", restart).await;
    assert_eq!(refused["error"]["code"], "forbidden");
    let told = tcp.ask(&token, "/mcp", "server/discover", json!({})).await;
    let told = told["result"]["instructions"].to_string();
    assert!(told.contains("- a ") && !told.contains("- b "), "{told}");
    bench.stop().await;
}

#[tokio::test]
async fn the_face_of_a_server_is_closed_to_tokens_that_do_not_name_it() {
    let bench = Bench::new(json!({ "a": fake(&[]), "b": fake(&[]) })).await;
    let tcp = Tcp::of(&bench);
    let token = bench.limited_token(limited(Some(&["a"]), None)).token;
    let bearer = format!("Bearer {token}");
    let ask = |server: &str| {
        let path = format!("/mcp/server/{server}");
        modern(&path, "tools/list", json!({}))
    };
    assert_eq!(tcp.send(ask("a"), &[&bearer]).await.status, StatusCode::OK);
    let known = tcp.send(ask("b"), &[&bearer]).await;
    let unknown = tcp.send(ask("none"), &[&bearer]).await;
    assert_eq!(known.status, StatusCode::FORBIDDEN);
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    bench.stop().await;
}

/// The address of a resource, as the face of its server shows it.
async fn whole_uri(tcp: &Tcp, token: &str) -> Value {
    let all = tcp.ask(token, "/mcp/server/a", "resources/list", json!({}));
    all.await["result"]["resources"][0]["uri"].take()
}

#[tokio::test]
async fn where_tools_are_named_there_is_nothing_else() {
    let bench = Bench::new(json!({ "a": fake(&["--full"]), "b": fake(&[]) })).await;
    let tcp = Tcp::of(&bench);
    let all = bench.token("everything").token;
    let resources = |list: &Value| list["result"]["resources"].as_array().map(Vec::len);
    let some = bench.limited_token(limited(None, Some(&["a__add"]))).token;
    for path in ["/mcp/all", "/mcp/server/a"] {
        let whole = tcp.ask(&all, path, "resources/list", json!({})).await;
        let uri = &whole["result"]["resources"][0]["uri"];
        assert!(uri.is_string(), "{whole}");
        let listed = tcp.ask(&some, path, "resources/list", json!({})).await;
        assert_eq!(resources(&listed), Some(0), "{listed}");
        let mut read = modern(path, "resources/read", json!({ "uri": uri }));
        let name = uri.as_str().expect("text").parse().expect("a value");
        read.headers_mut().insert("mcp-name", name);
        let refused = tcp.send(read, &[&format!("Bearer {some}")]).await.json();
        assert!(refused["error"]["message"].is_string(), "{refused}");
        let vendor = tcp.ask(&some, path, "vendor/anything", json!({})).await;
        assert_eq!(vendor["error"]["code"], -32601);
    }
    let watched = json!({ "resourceSubscriptions": [whole_uri(&tcp, &all).await], "resourcesListChanged": true });
    let listening = json!({ "notifications": watched });
    let listening = modern("/mcp/server/a", "subscriptions/listen", listening);
    let bearer = format!("Bearer {some}");
    let mut stream = tcp.open(listening, &[&bearer]).await.into_body();
    let first = stream.frame().await.expect("a frame").expect("whole");
    let first = String::from_utf8_lossy(first.data_ref().expect("data")).into_owned();
    assert!(
        first.contains("acknowledged") && !first.contains("esource"),
        "{first}"
    );
    drop(stream);
    let listed = tcp
        .ask(&some, "/mcp/server/a", "tools/list", json!({}))
        .await;
    assert_eq!(names(&listed["result"]["tools"]), ["add"]);
    bench.stop().await;
}

#[tokio::test]
async fn a_session_is_nobody_elses_and_ends_with_its_token() {
    let bench = Bench::new(json!({ "a": fake(&[]) })).await;
    let tcp = Tcp::of(&bench);
    let (one, other) = (bench.token("one"), bench.token("other"));
    let [first, second] = [&one, &other].map(|issued| format!("Bearer {}", issued.token));
    let params = json!({ "protocolVersion": "2025-06-18", "clientInfo": { "name": "test" } });
    let opening = post("/mcp", &message("initialize", &params), &[]);
    let opened = tcp.send(opening, &[&first]).await;
    let session = opened.header("mcp-session-id").to_owned();
    let headers = [("mcp-session-id", session.as_str())];
    let ping = || post("/mcp", &message("ping", &json!({})), &headers);
    assert_eq!(tcp.send(ping(), &[&first]).await.status, StatusCode::OK);
    assert_eq!(
        tcp.send(ping(), &[&second]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(bench.send(ping()).await.status, StatusCode::NOT_FOUND);
    let stream = Request::get("/mcp").header("accept", "text/event-stream");
    let stream = stream
        .header("mcp-session-id", &session)
        .body(Body::empty());
    let stream = tcp.open(stream.expect("a request"), &[&first]).await;
    assert_eq!(stream.status(), StatusCode::OK);
    bench
        .until(|snapshot| {
            snapshot
                .clients
                .iter()
                .any(|c| c.name == "one (test)" && c.open == 1)
                && snapshot.tokens.iter().any(|token| token.name == "one")
        })
        .await;
    bench
        .gateway
        .fleet()
        .revoke_token(&one.client.id)
        .expect("revoked");
    let ended = tokio::time::timeout(PATIENCE, stream.into_body().collect()).await;
    ended.expect("the stream ends").expect("cleanly");
    bench
        .until(|snapshot| snapshot.clients.iter().all(|client| client.open == 0))
        .await;
    bench.stop().await;
}

#[tokio::test]
async fn wrong_tokens_are_slowed_down_and_good_ones_are_not() {
    let bench = Bench::new(json!({})).await;
    let tcp = Tcp::of(&bench);
    let bearer = format!("Bearer {}", bench.token("a client").token);
    let mut told = std::collections::BTreeMap::new();
    for number in 0..200 {
        let wrong = format!("Bearer tg_{number:064x}");
        let answer = tcp.send(discover(), &[&wrong]).await;
        *told.entry(answer.status.as_u16()).or_insert(0) += 1;
    }
    assert!(told[&401] >= 20 && told[&429] > 0, "{told:?}");
    assert_eq!(
        tcp.send(discover(), &[&bearer]).await.status,
        StatusCode::OK
    );
    bench.stop().await;
}
