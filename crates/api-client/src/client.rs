//! The typed methods, one per route.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use model::{
    AddServer, CallReply, CallTool, ConfigStatus, LogLines, ServerDetail, ServerStatus, Snapshot,
    ToolDetail, ToolSummary,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::path::{path, with_query};
use crate::stream::{self, EventStream, LineStream, SseStream};
use crate::{ClientError, Link, SendError, read_body};

/// How long to wait for answers that do not depend on a server's own speed.
const REPLY_TIMEOUT: Duration = Duration::from_mins(1);

/// A client of the local API. Requests take turns on one connection, which is opened again
/// when the gateway has closed it; every stream has its own connection.
pub struct Client {
    socket: PathBuf,
    link: Mutex<Option<Link>>,
}

/// What to do to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toggle {
    /// Switch it on in the configuration and start it.
    Enable,
    /// Stop it and switch it off in the configuration.
    Disable,
    /// Stop it and start it again.
    Restart,
}

impl Toggle {
    /// The last segment of the route.
    fn as_str(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Restart => "restart",
        }
    }
}

impl Client {
    /// Connects to the gateway that listens at `socket`.
    pub async fn connect(socket: &Path) -> Result<Self, ClientError> {
        let link = Link::open(socket).await?;
        Ok(Self {
            socket: socket.to_owned(),
            link: Mutex::new(Some(link)),
        })
    }

    /// The whole state.
    pub async fn status(&self) -> Result<Snapshot, ClientError> {
        self.get(path(&["status"])).await
    }

    /// All servers, in the order of the configuration.
    pub async fn servers(&self) -> Result<Vec<ServerStatus>, ClientError> {
        self.get(path(&["servers"])).await
    }

    /// One server with its tools.
    pub async fn server(&self, name: &str) -> Result<ServerDetail, ClientError> {
        self.get(path(&["servers", name])).await
    }

    /// Adds a server to the configuration and starts it; does not wait until it is ready.
    pub async fn add_server(&self, server: &AddServer) -> Result<ServerStatus, ClientError> {
        self.json(Method::POST, path(&["servers"]), Some(server))
            .await
    }

    /// Stops a server and removes it from the configuration.
    pub async fn remove_server(&self, name: &str) -> Result<(), ClientError> {
        self.reply(Method::DELETE, path(&["servers", name]), Bytes::new())
            .await
            .map(drop)
    }

    /// Enables, disables or restarts a server.
    pub async fn toggle(&self, name: &str, toggle: Toggle) -> Result<ServerStatus, ClientError> {
        let path = path(&["servers", name, toggle.as_str()]);
        self.json(Method::POST, path, None::<&()>).await
    }

    /// The last lines of a server's log, oldest first.
    pub async fn logs(&self, name: &str, lines: usize) -> Result<LogLines, ClientError> {
        let count = lines.to_string();
        self.get(with_query(
            path(&["servers", name, "logs"]),
            &[("lines", Some(&count))],
        ))
        .await
    }

    /// Tools: ranked where a query is given, by id otherwise.
    pub async fn tools(
        &self,
        query: Option<&str>,
        server: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<ToolSummary>, ClientError> {
        let limit = limit.map(|limit| limit.to_string());
        let pairs = [
            ("query", query),
            ("server", server),
            ("limit", limit.as_deref()),
        ];
        self.get(with_query(path(&["tools"]), &pairs)).await
    }

    /// One tool with its definition.
    pub async fn tool(&self, id: &str) -> Result<ToolDetail, ClientError> {
        self.get(path(&["tools", id])).await
    }

    /// Calls a tool and waits for as long as the gateway lets it run.
    pub async fn call(&self, id: &str, arguments: Box<RawValue>) -> Result<CallReply, ClientError> {
        let body = encode(&CallTool {
            name: id.to_owned(),
            arguments,
        })?;
        decode(
            &self
                .exchange(Method::POST, path(&["tools", "call"]), body)
                .await?,
        )
    }

    /// How the configuration stands.
    pub async fn config(&self) -> Result<ConfigStatus, ClientError> {
        self.get(path(&["config"])).await
    }

    /// Reads the configuration file again.
    pub async fn reload_config(&self) -> Result<ConfigStatus, ClientError> {
        self.json(Method::POST, path(&["config", "reload"]), None::<&()>)
            .await
    }

    /// The full state at once and after every change, and the news in between.
    pub async fn events(&self) -> Result<EventStream, ClientError> {
        let stream = SseStream::open(&self.socket, path(&["events"])).await?;
        Ok(stream::events(stream))
    }

    /// The last lines of a server's log, and then each line as it is written.
    pub async fn follow_logs(&self, name: &str, lines: usize) -> Result<LineStream, ClientError> {
        let count = lines.to_string();
        let pairs = [("lines", Some(count.as_str())), ("follow", Some("true"))];
        let path = with_query(path(&["servers", name, "logs"]), &pairs);
        Ok(stream::lines(SseStream::open(&self.socket, path).await?))
    }

    pub(crate) async fn get<R: DeserializeOwned>(&self, path: String) -> Result<R, ClientError> {
        self.json(Method::GET, path, None::<&()>).await
    }

    /// Where the gateway listens.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(crate) async fn json<B: Serialize, R: DeserializeOwned>(
        &self,
        method: Method,
        path: String,
        body: Option<&B>,
    ) -> Result<R, ClientError> {
        let body = body.map(encode).transpose()?.unwrap_or_default();
        decode(&self.reply(method, path, body).await?)
    }

    /// Sends a body where the answer has none.
    pub(crate) async fn send<B: Serialize>(
        &self,
        method: Method,
        path: String,
        body: &B,
    ) -> Result<(), ClientError> {
        self.reply(method, path, encode(body)?).await.map(drop)
    }

    /// [`Self::exchange`] with a bound on its time.
    pub(crate) async fn reply(
        &self,
        method: Method,
        path: String,
        body: Bytes,
    ) -> Result<Bytes, ClientError> {
        timeout(REPLY_TIMEOUT, self.exchange(method, path, body))
            .await
            .map_err(|_| ClientError::TimedOut {
                seconds: REPLY_TIMEOUT.as_secs(),
            })?
    }

    /// Sends a request and reads its whole answer; an answer that is no success is an error.
    ///
    /// The link is taken out of its place meanwhile, so that a caller who gives up closes it
    /// instead of leaving half an answer to the next request.
    async fn exchange(
        &self,
        method: Method,
        path: String,
        body: Bytes,
    ) -> Result<Bytes, ClientError> {
        let mut place = self.link.lock().await;
        let mut link = match place.take() {
            Some(link) if link.is_open() => link,
            _ => Link::open(&self.socket).await?,
        };
        let mut sent = link.send(request(&method, path, body)?).await;
        if let Err(SendError::NotSent(again)) = sent {
            // The gateway closed the idle connection, or was restarted, in this very moment.
            link = Link::open(&self.socket).await?;
            sent = link.send(*again).await;
        }
        let response = sent.map_err(|failed| match failed {
            SendError::NotSent(_) => ClientError::NotRunning {
                socket: self.socket.clone(),
            },
            SendError::Broken(error) => ClientError::Broken(error),
        })?;
        let status = response.status();
        let body = read_body(response.into_body()).await?;
        *place = Some(link);
        if status.is_success() {
            Ok(body)
        } else {
            Err(ClientError::from_reply(status.as_u16(), &body))
        }
    }
}

fn request(
    method: &Method,
    path: String,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, ClientError> {
    let mut request = Request::builder().method(method).uri(path);
    // Also where there is no body: the gateway's door wants it on every POST, so that no web page
    // can send one without asking first.
    if matches!(*method, Method::POST | Method::PATCH) {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    request
        .body(Full::new(body))
        .map_err(|error| ClientError::Protocol(error.to_string()))
}

fn encode<B: Serialize>(body: &B) -> Result<Bytes, ClientError> {
    let bytes = serde_json::to_vec(body).map_err(|e| ClientError::Protocol(e.to_string()))?;
    Ok(bytes.into())
}

fn decode<R: DeserializeOwned>(body: &[u8]) -> Result<R, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::Protocol(error.to_string()))
}
