//! Who may call by TCP: tokens of clients.

use bytes::Bytes;
use http::Method;
use model::{ClientToken, IssuedToken, NewClientToken};

use crate::path::path;
use crate::{Client, ClientError};

impl Client {
    /// All tokens, in the order in which they were made.
    pub async fn tokens(&self) -> Result<Vec<ClientToken>, ClientError> {
        self.get(path(&["tokens"])).await
    }

    /// Makes a token; it is told this once.
    pub async fn issue_token(&self, wanted: &NewClientToken) -> Result<IssuedToken, ClientError> {
        self.json(Method::POST, path(&["tokens"]), Some(wanted))
            .await
    }

    /// Ends a token, and everything that was opened with it.
    pub async fn revoke_token(&self, id: &str) -> Result<(), ClientError> {
        let path = path(&["tokens", id]);
        let reply = self.reply(Method::DELETE, path, Bytes::new());
        reply.await.map(drop)
    }
}
