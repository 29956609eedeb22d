//! Tasks of both kinds: those of revision 2025-11-25, which a client asks for and follows in its
//! session, and those of the extension `io.modelcontextprotocol/tasks`, which a server decides on.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::asking::form;
use super::exchange::{Failure, members, text};

/// All tasks of a server by their ids.
#[derive(Default)]
pub(super) struct Jobs {
    jobs: Mutex<BTreeMap<String, Job>>,
}

/// What a task is to do.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The session that asked for it; 0 without one.
    pub(super) session: u64,
    /// How long it works.
    pub(super) lasts: Duration,
    /// What it wants to know before it can complete.
    pub(super) question: Option<String>,
    /// Whether it ends with a JSON-RPC error.
    pub(super) fails: bool,
    /// How long it is kept, in milliseconds.
    pub(super) ttl: Value,
}

#[derive(Clone, Debug)]
struct Job {
    id: String,
    plan: Plan,
    ends: Instant,
    answer: Option<String>,
    cancelled: bool,
}

impl Jobs {
    /// Starts a task and returns its id.
    pub(super) fn start(&self, plan: Plan) -> String {
        let mut jobs = self.lock();
        let id = format!("task-{}", jobs.len() + 1);
        let job = Job {
            id: id.clone(),
            ends: Instant::now() + plan.lasts,
            plan,
            answer: None,
            cancelled: false,
        };
        jobs.insert(id.clone(), job);
        id
    }

    /// The task as revision 2025-11-25 shows it, as members.
    pub(super) fn legacy(&self, id: &str) -> Result<String, Failure> {
        Ok(members(&self.find(id)?.legacy()))
    }

    /// The tasks of a session.
    pub(super) fn legacy_list(&self, session: u64) -> String {
        let jobs = self.lock();
        let own = jobs.values().filter(|job| job.plan.session == session);
        let tasks: Vec<_> = own.map(Job::legacy).collect();
        members(&json!({"tasks": tasks}))
    }

    /// The parameters of the notification about a task of this session.
    pub(super) fn legacy_status(&self, id: &str, session: u64) -> Option<String> {
        let job = self.find(id).ok()?;
        (job.plan.session == session).then(|| job.legacy().to_string())
    }

    /// The task as the extension creates it, as members.
    pub(super) fn created(&self, id: &str) -> Result<String, Failure> {
        Ok(members(&self.find(id)?.modern()))
    }

    /// The task as the extension shows it, with its result, error or questions, as members.
    pub(super) fn modern(&self, id: &str) -> Result<String, Failure> {
        let job = self.find(id)?;
        let mut shown = job.modern();
        match job.status() {
            "completed" => {
                let result = format!(r#"{{"resultType":"complete",{}}}"#, job.outcome()?);
                shown["result"] = serde_json::from_str(&result).unwrap_or_default();
            }
            "failed" => shown["error"] = json!({"code": -32603, "message": FAILED}),
            "input_required" => {
                let question = form(job.plan.question.as_deref().unwrap_or_default());
                let params: Value = serde_json::from_str(&question.params).unwrap_or_default();
                shown["inputRequests"] =
                    json!({question.key: {"method": question.method, "params": params}});
            }
            _ => {}
        }
        Ok(members(&shown))
    }

    /// The same for the notification; `None` for an unknown task.
    pub(super) fn modern_status(&self, id: &str) -> Option<String> {
        self.modern(id).ok()
    }

    /// What a task still wants to know.
    pub(super) fn question(&self, id: &str) -> Result<Option<String>, Failure> {
        let job = self.find(id)?;
        let asks = job.status() == "input_required";
        Ok(job.plan.question.filter(|_| asks))
    }

    /// Takes the answer to a task's question.
    pub(super) fn answer(&self, id: &str, answer: &str) -> Result<(), Failure> {
        self.change(id, |job| job.answer = Some(answer.to_owned()))
    }

    /// Cancels a task that has not ended.
    pub(super) fn cancel(&self, id: &str) -> Result<(), Failure> {
        let ended = matches!(self.find(id)?.status(), "completed" | "failed");
        self.change(id, |job| job.cancelled = !ended)
    }

    /// Waits until a task that asks nothing has ended, and returns what it leads to, as members.
    pub(super) async fn outcome(&self, id: &str) -> Result<String, Failure> {
        loop {
            let job = self.find(id)?;
            match job.status() {
                "working" => tokio::time::sleep(Duration::from_millis(5)).await,
                _ => return job.outcome(),
            }
        }
    }

    fn find(&self, id: &str) -> Result<Job, Failure> {
        let found = self.lock().get(id).cloned();
        found.ok_or_else(|| Failure::error(-32602, format!("Unknown task: {id}")))
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Job)) -> Result<(), Failure> {
        self.find(id)?;
        if let Some(job) = self.lock().get_mut(id) {
            change(job);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const FAILED: &str = "The task failed, as it was asked to.";

impl Job {
    fn status(&self) -> &'static str {
        if self.cancelled {
            "cancelled"
        } else if self.plan.question.is_some() && self.answer.is_none() {
            "input_required"
        } else if Instant::now() < self.ends {
            "working"
        } else if self.plan.fails {
            "failed"
        } else {
            "completed"
        }
    }

    fn outcome(&self) -> Result<String, Failure> {
        match self.status() {
            "cancelled" => Err(Failure::error(-32603, "The task was cancelled.")),
            "failed" => Err(Failure::error(-32603, FAILED)),
            _ => Ok(text(self.answer.as_deref().unwrap_or("done"))),
        }
    }

    fn legacy(&self) -> Value {
        let mut shown = self.shown();
        shown["ttl"] = self.plan.ttl.clone();
        shown["pollInterval"] = 20.into();
        shown
    }

    fn modern(&self) -> Value {
        let mut shown = self.shown();
        shown["ttlMs"] = self.plan.ttl.clone();
        shown["pollIntervalMs"] = 20.into();
        shown
    }

    /// What both kinds show; the times stand still, so that answers can be compared.
    fn shown(&self) -> Value {
        json!({
            "taskId": self.id,
            "status": self.status(),
            "statusMessage": "As asked.",
            "createdAt": "2025-11-25T10:30:00Z",
            "lastUpdatedAt": "2025-11-25T10:30:00Z"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(question: Option<&str>, fails: bool) -> Plan {
        Plan {
            session: 3,
            lasts: Duration::ZERO,
            question: question.map(str::to_owned),
            fails,
            ttl: 60_000.into(),
        }
    }

    fn json_of(members: &str) -> Value {
        serde_json::from_str(&format!("{{{members}}}")).expect("members")
    }

    #[tokio::test]
    async fn a_task_that_asks_waits_for_its_answer() {
        let jobs = Jobs::default();
        let id = jobs.start(plan(Some("Sure?"), false));
        let shown = json_of(&jobs.modern(&id).expect("a task"));
        assert_eq!(shown["status"], "input_required");
        assert_eq!(shown["inputRequests"]["form"]["params"]["message"], "Sure?");
        jobs.answer(&id, r#"{"action":"accept"}"#).expect("a task");
        let shown = json_of(&jobs.modern(&id).expect("a task"));
        assert_eq!(shown["status"], "completed");
        let text = &shown["result"]["content"][0]["text"];
        assert_eq!(text, r#"{"action":"accept"}"#);
    }

    #[tokio::test]
    async fn a_failed_and_a_cancelled_task_have_no_result() {
        let jobs = Jobs::default();
        let failed = jobs.start(plan(None, true));
        assert!(jobs.outcome(&failed).await.is_err());
        jobs.cancel(&failed).expect("a task");
        let shown = json_of(&jobs.legacy(&failed).expect("a task"));
        assert_eq!(shown["status"], "failed", "an ended task stays as it is");
        let mut long = plan(None, false);
        long.lasts = Duration::from_mins(1);
        let long = jobs.start(long);
        jobs.cancel(&long).expect("a task");
        assert!(jobs.outcome(&long).await.is_err());
        assert!(jobs.legacy("task-9").is_err());
    }

    #[tokio::test]
    async fn a_session_sees_its_own_tasks() {
        let jobs = Jobs::default();
        let id = jobs.start(plan(None, false));
        assert_eq!(json_of(&jobs.legacy_list(3))["tasks"][0]["taskId"], id);
        assert_eq!(json_of(&jobs.legacy_list(4))["tasks"], json!([]));
        assert!(jobs.legacy_status(&id, 3).is_some() && jobs.legacy_status(&id, 4).is_none());
        assert_eq!(jobs.outcome(&id).await.expect("a result"), text("done"));
    }
}
