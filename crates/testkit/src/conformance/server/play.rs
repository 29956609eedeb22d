//! Plays a script: the same steps in both eras, in a request and in a task.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, CreateTaskResult, InputRequests, InputRequiredResult};
use rmcp::task_manager::{TaskExit, TaskOptions};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::catalogue::{Script, Step, Support};
use super::stage::{Reply, Stage};
use super::template::fill;

/// A PNG of one red pixel.
const IMAGE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// A WAV file without samples.
const AUDIO: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

/// A script that runs.
pub(super) struct Play {
    script: Arc<Script>,
    /// What placeholders mean.
    values: Value,
    stage: Stage,
}

/// What a script came to.
pub(super) enum Outcome {
    /// Its result, with every placeholder filled.
    Complete(Value),
    /// A question that the client takes back with the answer.
    InputRequired(InputRequiredResult),
    /// It goes on as a task.
    Task(CreateTaskResult),
}

impl Play {
    /// A script about to start; `values` are what its placeholders mean besides the answers.
    pub(super) fn new(script: &Arc<Script>, values: Value, stage: Stage) -> Self {
        let mut play = Self {
            script: script.clone(),
            values,
            stage,
        };
        play.values["image"] = IMAGE.into();
        play.values["audio"] = AUDIO.into();
        play.values["answers"] = json!({});
        play
    }

    /// Runs the script until it ends, needs input or goes on as a task.
    pub(super) async fn run(mut self) -> Result<Outcome, ErrorData> {
        if self.script.needs_tasks() {
            self.stage.require_tasks()?;
        }
        self.run_from(0).await.map_err(|exit| match exit {
            TaskExit::Error(error) => error,
            TaskExit::Cancelled => ErrorData::internal_error("the call was cancelled", None),
        })
    }

    async fn run_from(&mut self, first: usize) -> Result<Outcome, TaskExit> {
        let script = self.script.clone();
        for (position, step) in script.steps.iter().enumerate().skip(first) {
            if let Some(outcome) = self.step(step, position).await? {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Complete(fill(&script.result, &self.values)))
    }

    async fn step(&mut self, step: &Step, position: usize) -> Result<Option<Outcome>, TaskExit> {
        match step {
            Step::Log(text) => self.stage.log(text).await,
            Step::Progress(report) => self.stage.progress(report).await?,
            Step::Pause(seconds) => self.pause(seconds).await?,
            Step::Ask(questions) => return self.ask(questions, Support::Required).await,
            Step::AskIfOffered(questions) => return self.ask(questions, Support::Optional).await,
            Step::Require(wanted) => self.stage.require(wanted)?,
            Step::Detach(_) => return Ok(self.detach(position + 1)),
            Step::Changed(list) => self.stage.changed(*list).await,
            Step::Updated(uri) => self.stage.updated(uri).await,
            Step::Fail(text) => return Err(ErrorData::internal_error(text.clone(), None).into()),
        }
        Ok(None)
    }

    async fn pause(&self, seconds: &Value) -> Result<(), TaskExit> {
        let seconds = fill(seconds, &self.values);
        let number = match &seconds {
            Value::String(text) => text.parse().ok(),
            number => number.as_f64(),
        };
        let duration = number.and_then(|number| Duration::try_from_secs_f64(number).ok());
        let invalid = || ErrorData::invalid_params(format!("{seconds} is no duration"), None);
        self.stage.wait(duration.ok_or_else(invalid)?).await
    }

    async fn ask(
        &mut self,
        questions: &BTreeMap<String, Value>,
        support: Support,
    ) -> Result<Option<Outcome>, TaskExit> {
        let mut requests = InputRequests::new();
        for (key, question) in questions {
            let request = decode(fill(question, &self.values))?;
            match self.stage.offers(&request) {
                Ok(()) => drop(requests.insert(key.clone(), request)),
                Err(error) if support == Support::Required => return Err(error.into()),
                Err(_) => {}
            }
        }
        match self.stage.ask(requests, self.script.sealed).await? {
            Reply::Answers(answers) => {
                if let Some(known) = self.values["answers"].as_object_mut() {
                    known.extend(answers);
                }
                Ok(None)
            }
            Reply::Missing(result) => Ok(Some(Outcome::InputRequired(result))),
        }
    }

    /// Goes on from step `next` as a task, where the client knows tasks.
    fn detach(&self, next: usize) -> Option<Outcome> {
        let tasks = self.stage.tasks()?;
        let (script, values) = (self.script.clone(), self.values.clone());
        let task = tasks.spawn(TaskOptions::default(), |context| {
            let stage = Stage::Task(context);
            let mut play = Play {
                script,
                values,
                stage,
            };
            Box::pin(async move {
                match play.run_from(next).await? {
                    Outcome::Complete(result) => Ok(complete::<CallToolResult>(result)?),
                    _ => Err(ErrorData::internal_error("a task within a task", None).into()),
                }
            })
        });
        Some(Outcome::Task(CreateTaskResult::new(task)))
    }
}

/// The typed form of a complete result.
pub(super) fn complete<T: DeserializeOwned>(mut result: Value) -> Result<T, ErrorData> {
    result["resultType"] = "complete".into();
    decode(result)
}

/// Collected answers, by key.
pub(super) type Answers = Map<String, Value>;

fn decode<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|error| {
        ErrorData::internal_error(format!("the catalogue is wrong: {error}"), None)
    })
}
