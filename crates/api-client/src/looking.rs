//! What happened, for those who look into it: activity, numbers, the gateway's log, the bundle.

use bytes::Bytes;
use http::Method;
use model::{ActivityPage, BundleEntry, LogLines, Stats};

use crate::path::{path, with_query};
use crate::stream::{self, LineStream, SseStream};
use crate::{Client, ClientError};

/// Which activities are wanted; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActivityQuery<'a> {
    /// Of this server.
    pub server: Option<&'a str>,
    /// Caused by this client.
    pub client: Option<&'a str>,
    /// Older than the one of this id.
    pub before: Option<u64>,
    /// At most so many; 1,000 is the most there is.
    pub limit: usize,
}

impl Client {
    /// One page of what happened, newest first.
    pub async fn activity(&self, query: &ActivityQuery<'_>) -> Result<ActivityPage, ClientError> {
        let before = query.before.map(|id| id.to_string());
        let pairs = [
            ("server", query.server),
            ("client", query.client),
            ("before", before.as_deref()),
            ("limit", Some(&*query.limit.to_string())),
        ];
        self.get(with_query(path(&["activity"]), &pairs)).await
    }

    /// The calls of the last 24 hours, and what the tools cost a model.
    pub async fn stats(&self) -> Result<Stats, ClientError> {
        self.get(path(&["stats"])).await
    }

    /// The last lines of the gateway's own log, oldest first.
    pub async fn gateway_log(&self, lines: usize) -> Result<LogLines, ClientError> {
        let count = lines.to_string();
        let path = path(&["logs", "gateway"]);
        self.get(with_query(path, &[("lines", Some(&count))])).await
    }

    /// The last lines of the gateway's own log, and then each line as it is written.
    pub async fn follow_gateway_log(&self, lines: usize) -> Result<LineStream, ClientError> {
        let count = lines.to_string();
        let pairs = [("lines", Some(count.as_str())), ("follow", Some("true"))];
        let path = with_query(path(&["logs", "gateway"]), &pairs);
        Ok(stream::lines(SseStream::open(self.socket(), path).await?))
    }

    /// What those who help want to see, without secrets, as a ZIP archive.
    pub async fn support_bundle(&self) -> Result<Bytes, ClientError> {
        self.reply(Method::GET, path(&["support-bundle"]), Bytes::new())
            .await
    }

    /// What the bundle would hold now, file by file.
    pub async fn support_bundle_contents(&self) -> Result<Vec<BundleEntry>, ClientError> {
        self.get(path(&["support-bundle", "contents"])).await
    }
}
