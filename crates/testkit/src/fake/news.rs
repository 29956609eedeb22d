//! What a server says by itself: to the stream of a session, and to `subscriptions/listen`.

use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::exchange::{Connection, Failure, Incoming};
use super::lists::Kind;
use super::server::FakeServer;

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) enum News {
    /// A list changed.
    Changed(Kind),
    /// The resource of this URI was updated.
    Updated(String),
    /// The task of this id changed.
    Task(String),
    /// All subscriptions end.
    End,
}

/// Takes news until the server ends or ends all subscriptions; what was missed is passed over.
async fn next(news: &mut broadcast::Receiver<News>) -> Option<News> {
    loop {
        match news.recv().await {
            Ok(News::End) | Err(RecvError::Closed) => return None,
            Ok(news) => return Some(news),
            Err(RecvError::Lagged(_)) => {}
        }
    }
}

impl FakeServer {
    /// Sends a session what it should hear until the subscriptions end.
    pub(super) async fn report_news(&self, connection: &Connection) {
        use std::sync::atomic::Ordering;
        let mut news = self.news.subscribe();
        while let Some(news) = next(&mut news).await {
            let session = &connection.session;
            if !session.initialized.load(Ordering::Relaxed) {
                continue;
            }
            match news {
                News::Changed(kind) => connection.notify(changed(kind), "{}").await,
                News::Updated(uri) if session.watches(&uri) => {
                    let params = json!({"uri": uri}).to_string();
                    connection
                        .notify("notifications/resources/updated", &params)
                        .await;
                }
                News::Task(id) => {
                    if let Some(task) = self.jobs.legacy_status(&id, session.number) {
                        connection.notify("notifications/tasks/status", &task).await;
                    }
                }
                _ => {}
            }
        }
    }

    /// Serves `subscriptions/listen`: acknowledges, then reports until the subscriptions end.
    pub(super) async fn listen(
        &self,
        incoming: &Incoming,
        connection: &Connection,
    ) -> Result<String, Failure> {
        let mut news = self.news.subscribe();
        let tag = format!(
            r#""_meta":{{"io.modelcontextprotocol/subscriptionId":{}}}"#,
            incoming.id
        );
        let filter = self.honoured(&incoming.params()["notifications"]);
        let params = format!(r#"{{{tag},"notifications":{filter}}}"#);
        connection
            .notify("notifications/subscriptions/acknowledged", &params)
            .await;
        while let Some(news) = next(&mut news).await {
            if let Some((method, members)) = self.wanted(&filter, news) {
                let members = members.map_or(String::new(), |members| format!(",{members}"));
                connection
                    .notify(method, &format!("{{{tag}{members}}}"))
                    .await;
            }
        }
        Ok(tag)
    }

    /// The part of a filter that the server acts on.
    fn honoured(&self, asked: &Value) -> Value {
        let known: &[&str] = if self.options().full {
            &[
                "toolsListChanged",
                "promptsListChanged",
                "resourcesListChanged",
                "resourceSubscriptions",
                "taskIds",
            ]
        } else {
            &["toolsListChanged"]
        };
        let kept = known
            .iter()
            .filter(|name| asked.get(**name).is_some_and(|value| *value != false));
        kept.map(|name| ((*name).to_owned(), asked[*name].clone()))
            .collect()
    }

    /// The notification for the news, with its members, if the filter wants it.
    fn wanted(&self, filter: &Value, news: News) -> Option<(&'static str, Option<String>)> {
        let holds = |list: &str, entry: &str| {
            let entries = filter[list].as_array();
            entries.is_some_and(|entries| entries.iter().any(|one| one == entry))
        };
        match news {
            News::Changed(kind) => {
                let wanted = filter[format!("{}ListChanged", kind.member())] == true;
                wanted.then(|| (changed(kind), None))
            }
            News::Updated(uri) => holds("resourceSubscriptions", &uri).then(|| {
                let members = format!(r#""uri":{}"#, Value::from(uri));
                ("notifications/resources/updated", Some(members))
            }),
            News::Task(id) if holds("taskIds", &id) => {
                let members = self.jobs.modern_status(&id)?;
                Some(("notifications/tasks", Some(members)))
            }
            News::Task(_) | News::End => None,
        }
    }

    /// Tells everybody who listens.
    pub(super) fn tell(&self, news: News) {
        // Nobody listening is fine.
        let _ = self.news.send(news);
    }
}

fn changed(kind: Kind) -> &'static str {
    match kind {
        Kind::Tools => "notifications/tools/list_changed",
        Kind::Prompts => "notifications/prompts/list_changed",
        Kind::Resources | Kind::Templates => "notifications/resources/list_changed",
    }
}
