//! What a person decides: servers from pasted text, reviews, reverts, settings, sign-outs.

use bytes::Bytes;
use http::Method;
use model::{
    AcceptReview, Candidate, Candidates, Change, Decided, Decision, ParseText, RegistryPage,
    RegistryServer, ServerReview, ServerStatus, SettingsPage,
};
use serde_json::{Map, Value};

use crate::path::{path, with_query};
use crate::{Client, ClientError};

impl Client {
    /// The servers that a text describes; nothing is changed by it.
    pub async fn parse_servers(&self, text: &str) -> Result<Vec<Candidate>, ClientError> {
        let body = ParseText {
            text: text.to_owned(),
        };
        let path = path(&["servers", "parse"]);
        let found: Candidates = self.json(Method::POST, path, Some(&body)).await?;
        Ok(found.servers)
    }

    /// A page of the configured registries: all of it, or what fits a query.
    pub async fn search_registries(
        &self,
        query: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<RegistryPage, ClientError> {
        let pairs = [("query", query), ("cursor", cursor)];
        self.get(with_query(path(&["registry"]), &pairs)).await
    }

    /// A server that a registry lists, by its whole name there.
    pub async fn registry_server(&self, id: &str) -> Result<RegistryServer, ClientError> {
        let pairs = [("id", Some(id))];
        self.get(with_query(path(&["registry", "server"]), &pairs))
            .await
    }

    /// Adds a server that was proposed, or enables one that an agent has written.
    pub async fn accept_review(
        &self,
        id: &str,
        accept: &AcceptReview,
    ) -> Result<ServerStatus, ClientError> {
        let path = path(&["review", id, "accept"]);
        self.json(Method::POST, path, Some(accept)).await
    }

    /// Drops a proposal, or stops asking about a server that an agent has written.
    pub async fn dismiss_review(&self, id: &str) -> Result<(), ClientError> {
        let reply = self.reply(Method::DELETE, path(&["review", id]), Bytes::new());
        reply.await.map(drop)
    }

    /// Everything about one server that a person decides about.
    pub async fn server_review(&self, server: &str) -> Result<ServerReview, ClientError> {
        self.get(path(&["quarantine", server])).await
    }

    /// Decides about a server or its definitions.
    pub async fn decide(&self, server: &str, decision: &Decision) -> Result<Decided, ClientError> {
        let path = path(&["quarantine", server]);
        self.json(Method::POST, path, Some(decision)).await
    }

    /// Takes the last decision about a server back.
    pub async fn undo_decision(&self, id: &str) -> Result<(), ClientError> {
        let path = path(&["quarantine", "undo", id]);
        let reply = self.reply(Method::POST, path, Bytes::new());
        reply.await.map(drop)
    }

    /// Changes of a server, the newest first; also of one that is gone.
    pub async fn changes(&self, server: &str) -> Result<Vec<Change>, ClientError> {
        self.get(path(&["servers", server, "changes"])).await
    }

    /// Puts a server back to what it was before a change; `None` where it is gone again.
    pub async fn revert(&self, change: u64) -> Result<Option<ServerStatus>, ClientError> {
        let path = path(&["changes", &change.to_string(), "revert"]);
        self.json(Method::POST, path, None::<&()>).await
    }

    /// All settings, with what they are and what they are unless set.
    pub async fn settings(&self) -> Result<SettingsPage, ClientError> {
        self.get(path(&["settings"])).await
    }

    /// Changes a setting; null stands for its default.
    pub async fn set_setting(&self, key: &str, value: Value) -> Result<SettingsPage, ClientError> {
        let body = Map::from_iter([(key.to_owned(), value)]);
        self.json(Method::PATCH, path(&["settings"]), Some(&body))
            .await
    }

    /// Calls off a sign-in that is under way, and forgets what an earlier one gave.
    pub async fn sign_out(&self, server: &str) -> Result<(), ClientError> {
        let path = path(&["servers", server, "sign-in"]);
        self.reply(Method::DELETE, path, Bytes::new())
            .await
            .map(drop)
    }
}
