//! A request and everything that comes of it, in order.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::{Era, McpClient};
use crate::http::Streaming;
use crate::json;

/// A request that is being answered. Dropping it closes the connection.
pub struct Exchange<'a> {
    client: &'a McpClient,
    id: String,
    method: String,
    params: String,
    streaming: Streaming,
}

/// A message as it was written, and parsed.
#[derive(Clone, Debug)]
pub struct Message {
    /// The JSON text.
    pub text: String,
    /// The same, parsed.
    pub json: Value,
}

/// A request's answer, and what came before it.
#[derive(Debug)]
pub struct Answered {
    /// Notifications and requests of the server, in order; of all rounds.
    pub events: Vec<Message>,
    /// The results that asked for more input; of a stateless request only.
    pub rounds: Vec<Message>,
    /// The message with `result` or `error`.
    pub reply: Message,
    /// Whether anything came after it.
    pub came_after: Vec<Message>,
}

impl McpClient {
    /// Sends a request and returns at the beginning of its answer.
    pub async fn open(&self, method: &str, params: &Value) -> anyhow::Result<Exchange<'_>> {
        self.open_text(method, &params.to_string()).await
    }

    /// The same, with parameters as JSON text.
    pub async fn open_text(&self, method: &str, params: &str) -> anyhow::Result<Exchange<'_>> {
        self.open_as(&self.fresh_id(), method, params).await
    }

    /// The same, with this id as JSON text.
    pub async fn open_as(
        &self,
        id: &str,
        method: &str,
        params: &str,
    ) -> anyhow::Result<Exchange<'_>> {
        let request = self.request_text(Some(id), method, params)?;
        Ok(Exchange {
            client: self,
            id: id.to_owned(),
            method: method.to_owned(),
            params: params.to_owned(),
            streaming: self.door.open(request).await?,
        })
    }

    /// Sends a request, answers everything the server asks meanwhile, and returns all of it.
    pub async fn exchange(&self, method: &str, params: &Value) -> anyhow::Result<Answered> {
        self.open(method, params).await?.finish().await
    }

    /// The same, with parameters as JSON text.
    pub async fn exchange_text(&self, method: &str, params: &str) -> anyhow::Result<Answered> {
        self.open_text(method, params).await?.finish().await
    }

    /// Says that the request of this id, as JSON text, is no longer wanted.
    pub async fn cancel(&self, id: &str) -> anyhow::Result<()> {
        let params = format!(r#"{{"requestId":{id},"reason":"the test wants it"}}"#);
        self.notify_text("notifications/cancelled", &params).await
    }

    /// What the client answers to a request of the server, as JSON text.
    fn answer(&self, method: &str, params: &str) -> Option<String> {
        let answerer = self.answerer.as_ref()?;
        Some(answerer(method, params))
    }

    /// Sends the response to a request of the server.
    pub(super) async fn respond(&self, request: &Message) -> anyhow::Result<()> {
        let method = request.json["method"].as_str().unwrap_or_default();
        let id = json::at(&request.text, &["id"]).unwrap_or("null");
        let params = json::at(&request.text, &["params"]).unwrap_or("null");
        let outcome = match self.answer(method, params) {
            Some(result) => format!(r#""result":{result}"#),
            None => r#""error":{"code":-32601,"message":"This client answers nothing"}"#.to_owned(),
        };
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},{outcome}}}"#);
        let answer = self.door.send(self.era_post().body(body)?).await?;
        ensure!(
            answer.status == 202,
            "the response to {method} got {}: {}",
            answer.status,
            answer.body
        );
        Ok(())
    }
}

impl Exchange<'_> {
    /// The request's id as JSON text.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        self.streaming.status
    }

    /// The next message; a request of the server is answered before it is returned. `None` at
    /// the end of the answer.
    pub async fn next(&mut self) -> anyhow::Result<Option<Message>> {
        let Some(text) = self.streaming.next_message().await? else {
            return Ok(None);
        };
        let message = Message::parse(text)
            .with_context(|| format!("status {} for {}", self.status(), self.method))?;
        if message.is_request() {
            self.client.respond(&message).await?;
        }
        Ok(Some(message))
    }

    /// Reads to the end of the answer. A stateless request that needs more input is sent again
    /// with it.
    pub async fn finish(mut self) -> anyhow::Result<Answered> {
        let (mut events, mut rounds) = (Vec::new(), Vec::new());
        loop {
            let (reply, came_after) = self.read(&mut events).await?;
            let asks = reply.json["result"]["resultType"] == "input_required";
            let can_answer = self.client.answerer.is_some();
            if asks && can_answer && matches!(self.client.era, Era::Modern) {
                let params = self.retry(&reply)?;
                rounds.push(reply);
                self = self.client.open_text(&self.method, &params).await?;
                continue;
            }
            return Ok(Answered {
                events,
                rounds,
                reply,
                came_after,
            });
        }
    }

    /// Loses the connection and takes up the session's stream after the last event received.
    pub async fn resume(mut self) -> anyhow::Result<Self> {
        let last = self.streaming.last_event_id.take();
        let last = last.context("no event had an id")?;
        self.streaming = self.client.listen_after(Some(&last)).await?;
        self.streaming.last_event_id = Some(last);
        Ok(self)
    }

    /// Reads until the answer and returns it with what came after it.
    async fn read(&mut self, events: &mut Vec<Message>) -> anyhow::Result<(Message, Vec<Message>)> {
        let mut reply = None;
        let mut came_after = Vec::new();
        while let Some(message) = self.next().await? {
            if message.json.get("method").is_none() && message.id() == self.id {
                reply = Some(message);
            } else if reply.is_some() {
                came_after.push(message);
            } else {
                events.push(message);
            }
        }
        let reply = reply.with_context(|| {
            let (method, status) = (&self.method, self.status());
            format!("{method} got no answer, only status {status} and {events:?}")
        })?;
        Ok((reply, came_after))
    }

    /// The parameters with the answers to everything that the result asks for.
    fn retry(&self, reply: &Message) -> anyhow::Result<String> {
        let result = reply.result().context("no result")?;
        let asked = json::members(json::at(result, &["inputRequests"]).unwrap_or("{}"));
        let mut responses = Vec::new();
        for (key, request) in &asked {
            let method: Value = serde_json::from_str(json::at(request, &["method"]).unwrap_or(""))?;
            let params = json::at(request, &["params"]).unwrap_or("null");
            let answer = self
                .client
                .answer(method.as_str().unwrap_or_default(), params);
            responses.push((key.as_str(), answer.context("nothing to answer with")?));
        }
        let mut more = vec![("inputResponses", json::with("{}", &responses))];
        if let Some(state) = json::at(result, &["requestState"]) {
            more.push(("requestState", state.to_owned()));
        }
        Ok(json::with(&self.params_without_state(), &more))
    }

    fn params_without_state(&self) -> String {
        json::without(&self.params, &["requestState", "inputResponses"])
    }
}

impl Message {
    /// Parses a message.
    pub fn parse(text: String) -> anyhow::Result<Self> {
        let json = serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))?;
        Ok(Self { text, json })
    }

    /// Its method; empty for a response.
    pub fn method(&self) -> &str {
        self.json["method"].as_str().unwrap_or_default()
    }

    /// Its id as JSON text; empty without one.
    pub fn id(&self) -> &str {
        json::at(&self.text, &["id"]).unwrap_or_default()
    }

    /// Its parameters as JSON text.
    pub fn params(&self) -> &str {
        json::at(&self.text, &["params"]).unwrap_or("null")
    }

    /// Its result as JSON text, if it has one.
    pub fn result(&self) -> Option<&str> {
        json::at(&self.text, &["result"])
    }

    /// Whether it wants a response.
    pub fn is_request(&self) -> bool {
        !self.method().is_empty() && self.json.get("id").is_some()
    }
}

impl Answered {
    /// The result; an error is an error.
    pub fn result(&self) -> anyhow::Result<&Value> {
        let result = self.reply.json.get("result");
        result.with_context(|| format!("an error: {}", self.reply.text))
    }

    /// The text of a tool result's first content item.
    pub fn text(&self) -> anyhow::Result<&str> {
        let text = self.result()?["content"][0]["text"].as_str();
        text.with_context(|| format!("no text in {}", self.reply.text))
    }

    /// The JSON in the text of a tool result's first content item.
    pub fn text_json(&self) -> anyhow::Result<Value> {
        let text = self.text()?;
        serde_json::from_str(text).with_context(|| format!("no JSON: {text}"))
    }

    /// The code of the error; `None` for a result.
    pub fn error_code(&self) -> Option<i64> {
        self.reply.json["error"]["code"].as_i64()
    }

    /// The parameters of the notifications of a method, in order.
    pub fn notifications(&self, method: &str) -> Vec<&Value> {
        let all = self.events.iter().filter(|event| !event.is_request());
        all.filter(|event| event.method() == method)
            .map(|event| &event.json["params"])
            .collect()
    }

    /// The parameters of what the server asked by a method, in order, in either era.
    pub fn asked(&self, method: &str) -> Vec<Value> {
        let requests = self.events.iter().filter(|event| event.is_request());
        let mut asked: Vec<_> = requests
            .filter(|event| event.method() == method)
            .map(|event| event.json["params"].clone())
            .collect();
        for round in &self.rounds {
            let wanted = round.json["result"]["inputRequests"].as_object();
            let wanted = wanted.into_iter().flat_map(|requests| requests.values());
            asked.extend(
                wanted
                    .filter(|request| request["method"] == method)
                    .map(|request| request["params"].clone()),
            );
        }
        asked
    }
}
