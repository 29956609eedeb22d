//! A scripted server over HTTP, as a process of its own.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::programs;

/// A running scripted server; it ends with this value.
pub struct Remote {
    child: Child,
    url: String,
}

impl Remote {
    /// Starts one; the arguments must hold `--http PORT` or `--legacy-sse PORT`.
    pub async fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = Command::new(programs::fake_server()?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).await?;
        let url = url.trim().to_owned();
        ensure!(
            url.starts_with("http://"),
            "the scripted server printed {url:?} for its URL"
        );
        Ok(Self { child, url })
    }

    /// The URL of its endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its port, to start another one in its place.
    pub fn port(&self) -> anyhow::Result<String> {
        let address = self.url.trim_start_matches("http://").split('/').next();
        let port = address.and_then(|address| address.rsplit_once(':'));
        Ok(port.context("a URL without a port")?.1.to_owned())
    }

    /// A configuration entry that names nothing but the URL.
    pub fn entry(&self) -> Value {
        json!({"url": self.url})
    }

    /// Ends it at once.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{McpClient, post};
    use crate::fake::MIXED_RESULT;
    use crate::http::Door;

    /// Sends a call of `mixed` and returns the text of the answer's last message.
    async fn mixed(client: &McpClient) -> String {
        let answer = client
            .send("tools/call", json!({"name": "mixed"}))
            .await
            .expect("an answer");
        answer.messages().pop().expect("a message")
    }

    #[tokio::test]
    async fn both_eras_work_on_one_endpoint_as_json_and_as_stream() {
        for more in [&[][..], &["--sse"]] {
            let arguments = [&["--http", "0"], more].concat();
            let server = Remote::start(&arguments).await.expect("it starts");
            let legacy = McpClient::legacy(server.url()).await.expect("a session");
            assert!(mixed(&legacy).await.contains(MIXED_RESULT));
            let modern = McpClient::modern(server.url()).expect("a URL");
            assert!(mixed(&modern).await.contains(MIXED_RESULT));
        }
    }

    #[tokio::test]
    async fn an_expired_or_closed_session_is_not_found() {
        let server = Remote::start(&["--http", "0", "--session-expires-after", "1"])
            .await
            .expect("it starts");
        let client = McpClient::legacy(server.url()).await.expect("a session");
        let ping = || client.send("tools/call", json!({"name": "pid"}));
        assert_eq!(ping().await.expect("an answer").status, 200);
        assert_eq!(ping().await.expect("an answer").status, 404);
        assert_eq!(client.close().await.expect("an answer"), 404);
    }

    #[tokio::test]
    async fn a_session_hears_of_changes_on_its_stream() {
        let server = Remote::start(&["--http", "0"]).await.expect("it starts");
        let client = McpClient::legacy(server.url()).await.expect("a session");
        let mut stream = client.listen().await.expect("a stream");
        let name = client.call_text("grow", json!({})).await.expect("a name");
        let event = stream
            .next_event()
            .await
            .expect("readable")
            .expect("an event");
        assert!(event.data.contains("notifications/tools/list_changed"));
        assert!(client.tool_names().await.expect("tools").contains(&name));
    }

    #[tokio::test]
    async fn headers_that_contradict_the_body_are_refused() {
        let server = Remote::start(&["--http", "0"]).await.expect("it starts");
        let (door, path) = Door::of_url(server.url()).expect("a URL");
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta":
            {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}});
        let request = post(&path)
            .header("mcp-method", "tools/call")
            .body(body.to_string());
        let answer = door
            .send(request.expect("a request"))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json().expect("JSON")["error"]["code"], -32020);
    }

    #[tokio::test]
    async fn refusals_are_as_asked() {
        let server = Remote::start(&["--http", "0", "--status", "503"])
            .await
            .expect("it starts");
        assert!(McpClient::legacy(server.url()).await.is_err());
        let locked = ["--http", "0", "--require-header", "X-Key=open"];
        let server = Remote::start(&locked).await.expect("it starts");
        let error = McpClient::legacy(server.url())
            .await
            .err()
            .expect("refused")
            .to_string();
        assert!(error.contains("401"), "{error}");
    }

    #[tokio::test]
    async fn the_older_transport_answers_on_its_stream() {
        let server = Remote::start(&["--legacy-sse", "0"])
            .await
            .expect("it starts");
        let (door, path) = Door::of_url(server.url()).expect("a URL");
        let refused = door
            .send(post(&path).body("{}".to_owned()).expect("a request"))
            .await;
        assert_eq!(refused.expect("an answer").status, 405);
        let open = hyper::Request::get(&path)
            .body(String::new())
            .expect("a request");
        let mut stream = door.open(open).await.expect("a stream");
        let first = stream
            .next_event()
            .await
            .expect("readable")
            .expect("an event");
        assert_eq!(first.event, "endpoint");
        let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize",
                                "params": {"protocolVersion": "2024-11-05"}});
        let post = post(&first.data)
            .body(initialize.to_string())
            .expect("a request");
        assert_eq!(door.send(post).await.expect("an answer").status, 202);
        let answer = stream
            .next_event()
            .await
            .expect("readable")
            .expect("an event");
        assert!(answer.data.contains(r#""protocolVersion":"2024-11-05""#));
    }

    #[tokio::test]
    async fn a_crash_ends_the_process() {
        let mut server = Remote::start(&["--http", "0"]).await.expect("it starts");
        let client = McpClient::legacy(server.url()).await.expect("a session");
        assert!(client.call("crash", json!({})).await.is_err());
        let status = server.child.wait().await.expect("it ends");
        assert_eq!(status.code(), Some(101));
    }
}
