//! What a desktop shell asks for first of all.

use bytes::Bytes;
use http::Method;
use model::{
    OpenWindow, Pause, PauseFor, ProposeServers, ReviewItem, ReviewSource, SessionCode, WindowPath,
};

use crate::path::{path, with_query};
use crate::stream::{self, EventStream, SseStream};
use crate::{Client, ClientError};

impl Client {
    /// As [`Self::events`]; for as long as it is read, a desktop shell counts as attached.
    pub async fn desktop_events(&self) -> Result<EventStream, ClientError> {
        let path = with_query(path(&["events"]), &[("desktop", Some("true"))]);
        Ok(stream::events(SseStream::open(self.socket(), path).await?))
    }

    /// A code that opens the web UI once, at this screen or at the first one.
    pub async fn session_code(&self, screen: Option<&str>) -> Result<SessionCode, ClientError> {
        let path = path(&["session", "code"]);
        let body = WindowPath {
            path: screen.map(str::to_owned),
        };
        self.json(Method::POST, path, Some(&body)).await
    }

    /// Lets no call through for so many minutes, or until [`Self::resume`].
    pub async fn pause(&self, minutes: Option<u32>) -> Result<Pause, ClientError> {
        let body = PauseFor { minutes };
        self.json(Method::POST, path(&["pause"]), Some(&body)).await
    }

    /// Lets calls through again.
    pub async fn resume(&self) -> Result<(), ClientError> {
        let reply = self.reply(Method::DELETE, path(&["pause"]), Bytes::new());
        reply.await.map(drop)
    }

    /// Begins to sign in to a server; the browser opens, and the state tells how it goes on.
    pub async fn sign_in(&self, server: &str) -> Result<(), ClientError> {
        let path = path(&["servers", server, "sign-in"]);
        self.reply(Method::POST, path, Bytes::new()).await.map(drop)
    }

    /// Puts what an install link offers up for review.
    pub async fn propose_link(&self, link: &str) -> Result<Vec<ReviewItem>, ClientError> {
        let body = ProposeServers {
            source: ReviewSource::Link,
            text: link.to_owned(),
        };
        self.json(Method::POST, path(&["review"]), Some(&body))
            .await
    }

    /// Asks the attached desktop shell to show the window at this screen; the status 409 says
    /// that none is attached.
    pub async fn open_window(&self, screen: &str) -> Result<(), ClientError> {
        let body = OpenWindow {
            path: screen.to_owned(),
        };
        self.send(Method::POST, path(&["window"]), &body).await
    }
}
