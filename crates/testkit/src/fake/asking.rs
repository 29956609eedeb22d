//! Questions to the client: real requests in a session, `input_required` results without one.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::exchange::{Connection, Failure, Incoming, META_CAPABILITIES, Outcome};
use crate::json;

/// One thing that the server wants to know.
pub(super) struct Question {
    /// Its name among the `inputRequests`.
    pub(super) key: &'static str,
    /// For example `elicitation/create`.
    pub(super) method: &'static str,
    /// JSON text.
    pub(super) params: String,
    /// The capability that the client must have, as a path.
    pub(super) needs: &'static [&'static str],
}

/// How far the questions got.
pub(super) enum Answers {
    /// All answers as JSON text, round by round, in the order of the questions.
    Given(Vec<String>),
    /// The client shall come again with more answers.
    Wanted(Outcome),
}

/// A form for one text.
pub(super) fn form(message: &str) -> Question {
    let params = json!({
        "mode": "form",
        "message": message,
        "requestedSchema": {
            "type": "object",
            "properties": {"answer": {"type": "string", "title": "Answer", "default": "none"}},
            "required": ["answer"]
        }
    });
    Question {
        key: "form",
        method: "elicitation/create",
        params: params.to_string(),
        needs: &["elicitation"],
    }
}

/// A page to visit. Its `elicitationId` is of the legacy era only.
pub(super) fn page(message: &str, modern: bool) -> Question {
    let mut params = json!({
        "mode": "url",
        "message": message,
        "url": "https://fake.example/sign-in?x=1&y=%20"
    });
    if !modern {
        params["elicitationId"] = "elicitation-1".into();
    }
    Question {
        key: "page",
        method: "elicitation/create",
        params: params.to_string(),
        needs: &["elicitation", "url"],
    }
}

/// Something for the client's model.
pub(super) fn sampling(prompt: &str) -> Question {
    let params = json!({
        "messages": [{"role": "user", "content": {"type": "text", "text": prompt}}],
        "modelPreferences": {"hints": [{"name": "small"}], "speedPriority": 1},
        "maxTokens": 100
    });
    Question {
        key: "model",
        method: "sampling/createMessage",
        params: params.to_string(),
        needs: &["sampling"],
    }
}

/// The client's roots.
pub(super) fn roots() -> Question {
    Question {
        key: "roots",
        method: "roots/list",
        params: "{}".to_owned(),
        needs: &["roots"],
    }
}

/// Asks all questions, as often as there are rounds.
pub(super) async fn ask(
    questions: &[Question],
    rounds: usize,
    incoming: &Incoming,
    connection: &Connection,
) -> Result<Answers, Failure> {
    let capabilities = capabilities(incoming, connection);
    if let Some(missing) = questions
        .iter()
        .find(|question| !declares(&capabilities, question.needs))
    {
        return Err(missing_capability(missing.needs));
    }
    if incoming.is_modern() {
        let adorn = |question: &Question| connection.adorned(&question.params, question.method);
        return answered(questions, rounds, incoming, adorn);
    }
    let mut answers = Vec::new();
    for _ in 0..rounds {
        let asked = questions
            .iter()
            .map(|question| connection.ask(question.method, &question.params));
        let responses = try_join_all(asked).await?;
        answers.extend(responses.into_iter().map(|response| response.outcome));
    }
    Ok(Answers::Given(answers))
}

/// What the client said it can do.
pub(super) fn capabilities(incoming: &Incoming, connection: &Connection) -> Value {
    if incoming.is_modern() {
        return incoming.params()["_meta"][META_CAPABILITIES].clone();
    }
    let client: Value = serde_json::from_str(&connection.session.client()).unwrap_or_default();
    client["capabilities"].clone()
}

/// Whether the capabilities hold this path.
pub(super) fn declares(capabilities: &Value, path: &[&str]) -> bool {
    path.iter()
        .try_fold(capabilities, |value, name| value.get(name))
        .is_some()
}

/// The refusal of a request whose client lacks a capability (2026-07-28, basic).
pub(super) fn missing_capability(path: &[&str]) -> Failure {
    let required = path
        .iter()
        .rfold(json!({}), |inner, name| json!({*name: inner}));
    Failure::Error {
        code: -32021,
        message: "Missing required client capability".to_owned(),
        data: Some(json!({"requiredCapabilities": required})),
    }
}

/// Reads the answers of a stateless request, or asks for those that are missing. All that was
/// answered before stands in the `requestState`.
fn answered(
    questions: &[Question],
    rounds: usize,
    incoming: &Incoming,
    adorn: impl Fn(&Question) -> String,
) -> Result<Answers, Failure> {
    let mut answers = earlier(incoming)?;
    let given: Option<Vec<_>> = questions
        .iter()
        .map(|question| incoming.param(&["inputResponses", question.key]))
        .collect();
    answers.extend(given.unwrap_or_default().into_iter().map(str::to_owned));
    if answers.len() >= questions.len() * rounds {
        return Ok(Answers::Given(answers));
    }
    let requests = questions.iter().map(|question| {
        let (key, method, params) = (question.key, question.method, adorn(question));
        format!(r#""{key}":{{"method":"{method}","params":{params}}}"#)
    });
    let requests = requests.collect::<Vec<_>>().join(",");
    let answers = format!("[{}]", answers.join(","));
    let state = Value::from(format!("{STATE}{}{answers}", seal(&answers, incoming)));
    Ok(Answers::Wanted(Outcome {
        kind: "input_required",
        members: format!(r#""inputRequests":{{{requests}}},"requestState":{state}"#),
    }))
}

/// What every state of this server begins with: it is any text, and clients must not mind.
const STATE: &str = "fake \"state\" ä:";

/// The answers so far, from a state that this process made for this very request.
fn earlier(incoming: &Incoming) -> Result<Vec<String>, Failure> {
    let Some(state) = incoming.params().get("requestState") else {
        return Ok(Vec::new());
    };
    let state = state.as_str().and_then(|state| state.strip_prefix(STATE));
    let answers = state.and_then(|state| {
        let (given, answers) = state.split_at_checked(16)?;
        (given == seal(answers, incoming)).then_some(answers)
    });
    let answers = answers.ok_or_else(|| Failure::error(-32602, "Invalid requestState"))?;
    Ok(json::elements(answers)
        .into_iter()
        .map(str::to_owned)
        .collect())
}

/// Sixteen digits that bind answers to this process and request. It keeps out accidents, which is
/// enough for a scripted server; a real one needs a keyed digest.
fn seal(answers: &str, incoming: &Incoming) -> String {
    let params = incoming.params();
    let request = [&params["name"], &params["uri"], &params["arguments"]].map(Value::to_string);
    let mut hasher = DefaultHasher::new();
    (std::process::id(), incoming.method(), request, answers).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_found_by_its_path() {
        let capabilities = json!({"elicitation": {"url": {}}});
        assert!(declares(&capabilities, &["elicitation", "url"]));
        assert!(!declares(&capabilities, &["sampling"]));
        let Failure::Error { data, .. } = missing_capability(&["elicitation", "url"]) else {
            panic!("an error");
        };
        let required = json!({"requiredCapabilities": {"elicitation": {"url": {}}}});
        assert_eq!(data, Some(required));
    }

    fn plain(question: &Question) -> String {
        question.params.clone()
    }

    fn retry(params: &Value) -> Incoming {
        let message = json!({"id": 1, "method": "tools/call", "params": params});
        Incoming::parse(&message.to_string()).expect("a message")
    }

    #[test]
    fn answers_gather_in_the_state_until_all_rounds_are_over() {
        let questions = [form("?")];
        let Ok(Answers::Wanted(first)) = answered(&questions, 2, &retry(&json!({})), plain) else {
            panic!("more is wanted");
        };
        let first: Value =
            serde_json::from_str(&format!("{{{}}}", first.members)).expect("members");
        assert_eq!(
            first["inputRequests"]["form"]["method"],
            "elicitation/create"
        );
        let mut again = json!({"inputResponses": {"form": {"n": 1}}});
        again["requestState"] = first["requestState"].clone();
        let Ok(Answers::Wanted(second)) = answered(&questions, 2, &retry(&again), plain) else {
            panic!("more is wanted");
        };
        let second: Value =
            serde_json::from_str(&format!("{{{}}}", second.members)).expect("members");
        again["requestState"] = second["requestState"].clone();
        let Ok(Answers::Given(answers)) = answered(&questions, 2, &retry(&again), plain) else {
            panic!("all is answered");
        };
        assert_eq!(answers, [r#"{"n":1}"#, r#"{"n":1}"#]);
    }

    #[test]
    fn a_state_of_somebody_else_is_refused() {
        let questions = [roots()];
        let Ok(Answers::Wanted(wanted)) = answered(&questions, 1, &retry(&json!({})), plain) else {
            panic!("an answer is wanted");
        };
        let wanted: Value =
            serde_json::from_str(&format!("{{{}}}", wanted.members)).expect("members");
        let state = wanted["requestState"].as_str().expect("a state");
        for (foreign, name) in [("x", None), (&state[1..], None), (state, Some("else"))] {
            let foreign = retry(&json!({"requestState": foreign, "name": name}));
            assert!(answered(&questions, 1, &foreign, plain).is_err());
        }
    }
}
