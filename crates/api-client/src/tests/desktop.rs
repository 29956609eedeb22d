//! What a desktop shell asks for.

use axum::routing::get;

use super::*;

fn api() -> Router {
    let seen = |body: Value| Json(json!({"code": "c", "url": body["path"], "expires_at": 1}));
    Router::new()
        .route(
            "/api/v1/session/code",
            post(move |Json(body): Json<Value>| async move { seen(body) }),
        )
        .route(
            "/api/v1/pause",
            post(|Json(body): Json<Value>| async move {
                Json(json!({"since": 1, "until": body["minutes"]}))
            })
            .delete(|| async { StatusCode::NO_CONTENT }),
        )
        .route("/api/v1/servers/{name}/sign-in", post(refuse))
        .route(
            "/api/v1/review",
            post(|Json(body): Json<Value>| async move {
                assert_eq!(body["source"], "link");
                assert_eq!(body["text"], "toolgate://mcp/install");
                Json(json!([]))
            }),
        )
        .route("/api/v1/window", post(no_desktop))
        .route("/api/v1/events", get(events))
}

async fn no_desktop() -> impl IntoResponse {
    let error = json!({"code": "no-desktop", "message": "M.", "fix": "F."});
    (StatusCode::CONFLICT, Json(json!({"error": error})))
}

async fn events(Query(query): Query<Vec<(String, String)>>) -> impl IntoResponse {
    assert_eq!(query, [("desktop".to_owned(), "true".to_owned())]);
    let news = "event: news\ndata: {\"event\":\"open-window\",\"path\":\"/logs\"}\n\n";
    ([(header::CONTENT_TYPE, "text/event-stream")], news)
}

async fn client() -> (Fake, Client) {
    let fake = Fake::start(api());
    let client = Client::connect(&fake.socket()).await.expect("connects");
    (fake, client)
}

#[tokio::test]
async fn a_code_is_for_one_screen_or_for_the_first() {
    let (_fake, client) = client().await;
    let code = client.session_code(Some("/review")).await.expect("a code");
    assert_eq!((code.code.as_str(), code.url.as_str()), ("c", "/review"));
}

#[tokio::test]
async fn calls_are_paused_and_resumed() {
    let (_fake, client) = client().await;
    assert_eq!(
        client.pause(Some(15)).await.expect("paused").until,
        Some(15)
    );
    assert_eq!(client.pause(None).await.expect("paused").until, None);
    client.resume().await.expect("resumed");
}

#[tokio::test]
async fn refusals_keep_their_status_and_words() {
    let (_fake, client) = client().await;
    let error = client.open_window("/").await.expect_err("no desktop");
    assert_eq!(error.status(), Some(409));
    let error = client.sign_in("a b").await.expect_err("no such server");
    assert_eq!(error.to_string(), "There is no server `a b`.");
    let items = client.propose_link("toolgate://mcp/install").await;
    assert_eq!(items.expect("proposed"), []);
}

#[tokio::test]
async fn a_shell_says_that_it_is_one() {
    let (_fake, client) = client().await;
    let mut events = client.desktop_events().await.expect("events");
    let event = events.next().await.expect("one").expect("readable");
    let ApiEvent::News(news) = event else {
        panic!("news were expected, not {event:?}");
    };
    let path = "/logs".to_owned();
    assert_eq!(news, Event::OpenWindow { path });
}
