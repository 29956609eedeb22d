//! A protected server and its authorization server, whose faults can be chosen.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Json, Query, State};
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

type Fields = BTreeMap<String, String>;

/// What is wrong, or special, about it.
#[derive(Clone, Default)]
pub(super) struct Traits {
    /// Put over the authorization server's metadata; `null` takes a field away.
    pub(super) metadata: Value,
    /// Put over the protected server's metadata.
    pub(super) resource: Value,
    /// Put over the answer of the token endpoint.
    pub(super) token: Value,
    /// Put over what the browser brings back; `null` takes a parameter away, and `{base}` is its
    /// own address.
    pub(super) callback: Value,
    /// The token endpoint refuses refresh tokens with this status and error.
    pub(super) refuses_refresh: Option<(u16, &'static str)>,
    /// Nothing is published anywhere.
    pub(super) is_silent: bool,
}

/// The two servers, at one address, until dropped.
pub(super) struct Fake {
    base: String,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

struct Shared {
    base: String,
    traits: Mutex<Traits>,
    seen: Mutex<Vec<(String, Fields)>>,
}

impl Fake {
    pub(super) async fn start(traits: Traits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            base: base.clone(),
            traits: Mutex::new(traits),
            seen: Mutex::default(),
        });
        let app = Router::new()
            .route("/mcp", get(refuse))
            .route("/.well-known/oauth-protected-resource/mcp", get(describe))
            .route("/.well-known/oauth-authorization-server", get(publish))
            .route("/register", post(register))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(shared.clone());
        let mut server = JoinSet::new();
        let serving = axum::serve(listener, app).into_future();
        server.spawn(async { serving.await.expect("served") });
        Self {
            base,
            shared,
            _server: server,
        }
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Traits)) {
        change(&mut lock(&self.shared.traits));
    }

    /// What was sent to a path, in order.
    pub(super) fn seen(&self, path: &str) -> Vec<Fields> {
        let seen = lock(&self.shared.seen);
        let at = seen.iter().filter(|(at, _)| at == path);
        at.map(|(_, fields)| fields.clone()).collect()
    }
}

impl Shared {
    fn note(&self, path: &str, fields: Fields) {
        lock(&self.seen).push((path.to_owned(), fields));
    }

    fn count(&self, path: &str) -> usize {
        lock(&self.seen).iter().filter(|(at, _)| at == path).count()
    }

    fn traits(&self) -> Traits {
        lock(&self.traits).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One object over another.
fn over(mut below: Value, above: &Value) -> Value {
    for (key, value) in above.as_object().into_iter().flatten() {
        below[key] = value.clone();
    }
    if let Some(fields) = below.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    below
}

async fn refuse(State(shared): State<Arc<Shared>>) -> Response {
    let pointer = format!(
        "Bearer resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"",
        shared.base
    );
    let is_silent = shared.traits().is_silent;
    let header = if is_silent { "Bearer" } else { &pointer };
    let header = header.to_owned();
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, header)]).into_response()
}

async fn describe(State(shared): State<Arc<Shared>>) -> Response {
    let traits = shared.traits();
    if traits.is_silent {
        return StatusCode::NOT_FOUND.into_response();
    }
    shared.note("describe", Fields::new());
    let resource = format!("{}/mcp", shared.base);
    let metadata = json!({"resource": resource, "authorization_servers": [shared.base]});
    Json(over(metadata, &traits.resource)).into_response()
}

async fn publish(State(shared): State<Arc<Shared>>) -> Response {
    let (traits, base) = (shared.traits(), &shared.base);
    if traits.is_silent {
        return StatusCode::NOT_FOUND.into_response();
    }
    let metadata = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "registration_endpoint": format!("{base}/register"),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    Json(over(metadata, &traits.metadata)).into_response()
}

async fn register(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    let fields = body.as_object().expect("an object").iter();
    let fields = fields.map(|(key, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (key.clone(), text)
    });
    shared.note("register", fields.collect());
    let id = format!("client-{}", shared.count("register"));
    let answer = json!({"client_id": id, "redirect_uris": body["redirect_uris"]});
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn authorize(State(shared): State<Arc<Shared>>, Query(query): Query<Fields>) -> Response {
    shared.note("authorize", query.clone());
    let answer = json!({"code": "code-hush", "state": query["state"], "iss": shared.base});
    let answer = over(answer, &shared.traits().callback);
    let mut back: url::Url = query["redirect_uri"].parse().expect("a URL");
    for (key, value) in answer.as_object().expect("an object") {
        let value = value.as_str().expect("a text");
        let value = &value.replace("{base}", &shared.base);
        back.query_pairs_mut().append_pair(key, value);
    }
    Redirect::to(back.as_str()).into_response()
}

async fn token(State(shared): State<Arc<Shared>>, form: String) -> Response {
    let form = url::form_urlencoded::parse(form.as_bytes());
    let form: Fields = form.into_owned().collect();
    shared.note("token", form.clone());
    let traits = shared.traits();
    if let (Some("refresh_token"), Some((status, error))) = (
        form.get("grant_type").map(String::as_str),
        traits.refuses_refresh,
    ) {
        let status = StatusCode::from_u16(status).expect("a status");
        return (status, Json(json!({"error": error}))).into_response();
    }
    if let Some(verifier) = form.get("code_verifier") {
        let asked = lock(&shared.seen);
        let asked = asked.iter().rev().find(|(path, _)| path == "authorize");
        let challenge = &asked.expect("an authorization").1["code_challenge"];
        let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        assert_eq!(&hash, challenge, "PKCE");
    }
    let number = shared.count("token");
    let answer = json!({
        "access_token": format!("access-{number}"),
        "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer",
        "expires_in": 3600,
    });
    Json(over(answer, &traits.token)).into_response()
}
