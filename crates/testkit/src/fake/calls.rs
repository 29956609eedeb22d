//! What the fixed tools do when they are called.

mod attempt;
mod full;

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::exchange::{Call, Failure, Outcome, text};
use super::lists::Kind;
use super::server::FakeServer;

/// The exact text of `mixed`'s result: one content item of every kind, and on every level a
/// field that no specification knows. Tests look for it byte by byte behind the gateway. It ends
/// inside `_meta`, because that is where a gateway adds its own name.
pub const MIXED_RESULT: &str = concat!(
    r#""content":["#,
    r#"{"type":"text","text":"Grüße \u0001 👋","annotations":{"audience":["user"],"priority":1},"x-vendor":{"a":[1,2.50,null]}},"#,
    r#"{"type":"image","data":"iVBORw0KGgo=","mimeType":"image/png","_meta":{"vendor.example/dpi":300}},"#,
    r#"{"type":"audio","data":"UklGRg==","mimeType":"audio/wav"},"#,
    r#"{"type":"resource_link","uri":"file:///tmp/a%20b","name":"a b","mimeType":"text/plain","size":12345678901234567890},"#,
    r#"{"type":"resource","resource":{"uri":"test://x","text":"inside","extra":true}},"#,
    r#"{"type":"hologram","depth":1.0e2,"vendor":{"z":1,"a":2}}"#,
    r#"],"structuredContent":{"z":1,"a":{"deep":[{}]}},"vendorField":{"kept":1.0},"#,
    r#""_meta":{"vendor.example/trace":"t-1""#
);

/// Runs a call.
pub(super) async fn run(server: &FakeServer, call: &Call<'_>) -> Result<Outcome, Failure> {
    if let Some(outcome) = full::run(server, call).await {
        return outcome;
    }
    fixed(server, call).await.map(Outcome::from)
}

/// Runs a tool that every server has and returns the members of its result as JSON text.
async fn fixed(server: &FakeServer, call: &Call<'_>) -> Result<String, Failure> {
    match call.tool {
        "echo" => {
            server.count_call();
            Ok(text(&Value::Object(call.arguments.clone()).to_string()))
        }
        "add" => add(&call.arguments),
        "big" => Ok(text(&big(&call.arguments))),
        "mixed" => Ok(format!("{MIXED_RESULT}}}")),
        "env" => Ok(text(&environment())),
        "pid" => Ok(text(&std::process::id().to_string())),
        "calls" => Ok(text(&server.counts().to_string())),
        "slow" => slow(server, call).await,
        "crash" => Err(Failure::Exit(101)),
        "fail" => Ok(error("The tool failed, as it was asked to.")),
        "grow" => Ok(text(&server.grow())),
        "spawn-child" => spawn_child(&call.arguments),
        "attempt" => attempt::run(&call.arguments),
        "delete_all" => Ok(text("deleted")),
        other if server.lists.offers(Kind::Tools, other) => Ok(text(&format!("{other} is done"))),
        other => Err(Failure::error(-32602, format!("Unknown tool: {other}"))),
    }
}

fn error(message: &str) -> String {
    format!(r#"{},"isError":true"#, text(message))
}

/// Checks its arguments itself: a strict server shows whether the gateway forwards them intact.
fn add(arguments: &Map<String, Value>) -> Result<String, Failure> {
    let number = |name: &str| {
        arguments
            .get(name)
            .and_then(Value::as_f64)
            .ok_or_else(|| Failure::error(-32602, format!("{name} must be a number")))
    };
    let sum = number("a")? + number("b")?;
    Ok(format!(
        r#"{},"structuredContent":{{"sum":{sum}}}"#,
        text(&sum.to_string())
    ))
}

/// A text of exactly `chars` characters, or an array of about that size as JSON text.
pub(super) fn big(arguments: &Map<String, Value>) -> String {
    let chars = arguments
        .get("chars")
        .and_then(Value::as_u64)
        .unwrap_or(1_000);
    let chars = usize::try_from(chars).unwrap_or(usize::MAX);
    if arguments
        .get("json")
        .and_then(Value::as_bool)
        .unwrap_or(false)
    {
        let record = |id: usize| json!({"id": id, "name": format!("Päckchen {id}"), "done": id.is_multiple_of(2)});
        let count = chars / record(1_000).to_string().chars().count() + 1;
        return Value::Array((0..count).map(record).collect()).to_string();
    }
    big_text(chars)
}

/// The text of exactly `chars` characters that `big` returns: characters of one to four bytes and
/// a running number, so that a page that starts in the wrong place is noticed.
pub fn big_text(chars: usize) -> String {
    (0..)
        .flat_map(|line| format!("{line}: aß€😀\n").chars().collect::<Vec<_>>())
        .take(chars)
        .collect()
}

fn environment() -> String {
    let variables: Map<String, Value> = std::env::vars()
        .map(|(name, value)| (name, value.into()))
        .collect();
    Value::Object(variables).to_string()
}

async fn slow(server: &FakeServer, call: &Call<'_>) -> Result<String, Failure> {
    server.count_call();
    let wait = call.number("ms", 1_000);
    let steps = call.number("steps", 1).max(1);
    let guard = server.notice_cancellation();
    for step in 1..=steps {
        tokio::time::sleep(Duration::from_millis(wait / steps)).await;
        call.progress(step, Some(steps)).await;
    }
    guard.completed();
    Ok(text(&format!("waited {wait} ms")))
}

/// Starts `sleep 1000`, which outlives this process unless somebody ends it.
fn spawn_child(arguments: &Map<String, Value>) -> Result<String, Failure> {
    let own_session = arguments
        .get("setsid")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let mut command = Command::new(if own_session { "setsid" } else { "sleep" });
    if own_session {
        command.arg("sleep");
    }
    let child = command
        .arg("1000")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| Failure::error(-32603, error.to_string()))?;
    Ok(text(&child.id().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_big_text_has_exactly_the_size_asked_for() {
        let arguments = json!({"chars": 12_345});
        let text = big(arguments.as_object().expect("an object"));
        assert_eq!(text.chars().count(), 12_345);
    }

    #[test]
    fn the_big_array_is_json_of_about_that_size() {
        let arguments = json!({"chars": 10_000, "json": true});
        let text = big(arguments.as_object().expect("an object"));
        let records: Vec<Value> = serde_json::from_str(&text).expect("an array");
        assert!(records.len() > 100 && text.chars().count() > 8_000);
    }

    #[test]
    fn sums_keep_their_fraction_and_bad_arguments_are_refused() {
        let arguments = json!({"a": 1, "b": 2.5});
        let sum = add(arguments.as_object().expect("an object")).expect("a sum");
        assert!(sum.ends_with(r#""structuredContent":{"sum":3.5}"#));
        assert!(add(json!({"a": "1"}).as_object().expect("an object")).is_err());
    }
}
