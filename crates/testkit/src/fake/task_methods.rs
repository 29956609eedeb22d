//! The methods of both kinds of tasks.

use std::time::Duration;

use serde_json::{Value, json};

use super::asking::form;
use super::exchange::{Connection, Failure, Incoming};
use super::news::News;
use super::server::FakeServer;

impl FakeServer {
    /// Answers a method whose name begins with `tasks/`, with the members of a result.
    pub(super) async fn task(
        &self,
        incoming: &Incoming,
        connection: &Connection,
    ) -> Result<String, Failure> {
        let id = incoming.params()["taskId"].as_str().unwrap_or_default();
        match (incoming.method(), incoming.is_modern()) {
            ("tasks/get", false) => self.jobs.legacy(id),
            ("tasks/get", true) => self.jobs.modern(id),
            ("tasks/list", false) => Ok(self.jobs.legacy_list(connection.session.number)),
            ("tasks/result", false) => self.task_result(id, connection).await,
            ("tasks/cancel", modern) => {
                self.jobs.cancel(id)?;
                self.tell(News::Task(id.to_owned()));
                if modern {
                    Ok(String::new())
                } else {
                    self.jobs.legacy(id)
                }
            }
            ("tasks/update", true) => {
                let answer = incoming.param(&["inputResponses", "form"]);
                self.jobs.answer(id, answer.unwrap_or("null"))?;
                self.tell(News::Task(id.to_owned()));
                Ok(String::new())
            }
            (other, _) => Err(Failure::error(-32601, format!("Method not found: {other}"))),
        }
    }

    /// Asks what the task wants to know, waits for its end and returns its result.
    async fn task_result(&self, id: &str, connection: &Connection) -> Result<String, Failure> {
        let related = json!({"io.modelcontextprotocol/related-task": {"taskId": id}});
        if let Some(question) = self.jobs.question(id)? {
            let question = form(&question);
            let mut params: Value = serde_json::from_str(&question.params).unwrap_or_default();
            params["_meta"] = related.clone();
            let answer = connection.ask(question.method, &params.to_string()).await?;
            self.jobs.answer(id, &answer.outcome)?;
        }
        let members = self.jobs.outcome(id).await?;
        Ok(format!(r#"{members},"_meta":{related}"#))
    }

    /// Tells of a task now if it asks something, and when it ends.
    pub(super) fn tell_of_task(&self, id: &str, lasts: Duration) {
        let (news, id) = (self.news.clone(), id.to_owned());
        self.in_background(async move {
            // Whoever asked for the task learns its id first.
            tokio::time::sleep(lasts + Duration::from_millis(50)).await;
            // Nobody listening is fine.
            let _ = news.send(News::Task(id));
        });
    }
}
