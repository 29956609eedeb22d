//! What the tools of `--full` do when they are called.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fake::asking::{self, Answers, Question, declares};
use crate::fake::exchange::{
    Call, Connection, Failure, Incoming, META_CAPABILITIES, META_VERSION, Outcome, members, text,
};
use crate::fake::jobs::Plan;
use crate::fake::lists::Kind;
use crate::fake::news::News;
use crate::fake::server::FakeServer;

/// Runs a call; `None` for a tool that is not among these.
pub(super) async fn run(server: &FakeServer, call: &Call<'_>) -> Option<Result<Outcome, Failure>> {
    let incoming = call.incoming;
    Some(match call.tool {
        "ask" | "sample" | "roots" | "survey" => ask(call).await,
        "count" => count(server, call).await,
        "log" => log(call).await,
        "wait" => wait(server, call).await,
        "whoami" => Ok(text(&whoami(incoming, call.connection)).into()),
        "echo_params" => Ok(text(&incoming.params).into()),
        "rename" => Ok(rename(server, Kind::named(&call.text("list", "tools")))),
        "touch" => {
            server.tell(News::Updated(call.text("uri", "")));
            Ok(text("touched").into())
        }
        "hang_up" => {
            server.tell(News::End);
            Ok(text("hung up").into())
        }
        "link" => Ok(links()),
        "job" => job(server, call).await,
        "panel" => Ok(text("The panel is shown.").into()),
        "routed" => Ok(text(&call.text("region", "nowhere")).into()),
        _ => return None,
    })
}

async fn ask(call: &Call<'_>) -> Result<Outcome, Failure> {
    let (incoming, connection) = (call.incoming, call.connection);
    let message = call.text("message", "What shall it be?");
    let questions: Vec<Question> = match call.tool {
        "sample" => vec![asking::sampling(&call.text("prompt", "Say something."))],
        "roots" => vec![asking::roots()],
        "survey" => vec![
            asking::form(&message),
            asking::sampling(&message),
            asking::roots(),
        ],
        _ if call.text("mode", "form") == "url" => {
            vec![asking::page(&message, incoming.is_modern())]
        }
        _ => vec![asking::form(&message)],
    };
    let rounds = usize::try_from(call.number("rounds", 1)).unwrap_or(1);
    match asking::ask(&questions, rounds, incoming, connection).await? {
        Answers::Given(answers) if answers.len() == 1 => Ok(text(&answers[0]).into()),
        Answers::Given(answers) => Ok(text(&format!("[{}]", answers.join(","))).into()),
        Answers::Wanted(outcome) => Ok(outcome),
    }
}

async fn count(server: &FakeServer, call: &Call<'_>) -> Result<Outcome, Failure> {
    server.count_call();
    let total = call.arguments.get("total").and_then(Value::as_u64);
    let to = call.number("to", 3);
    for step in 1..=to {
        call.progress(step, total).await;
    }
    Ok(text(&format!("counted to {to}")).into())
}

async fn log(call: &Call<'_>) -> Result<Outcome, Failure> {
    let (level, said) = (call.text("level", "info"), call.text("text", "hello"));
    for number in 1..=call.number("times", 1) {
        let data = json!({"text": &said, "number": number});
        call.log(&level, &data).await;
    }
    Ok(text("logged").into())
}

async fn wait(server: &FakeServer, call: &Call<'_>) -> Result<Outcome, Failure> {
    server.count_call();
    let notice = server.notice_cancellation();
    let time = call.number("ms", 1_000);
    // Whoever waits for the first event knows that the call has begun.
    call.progress(1, None).await;
    tokio::time::sleep(Duration::from_millis(time)).await;
    notice.completed();
    Ok(text(&format!("waited {time} ms")).into())
}

/// Who the client is, in the words of `initialize` whatever the era, and the whole request.
fn whoami(incoming: &Incoming, connection: &Connection) -> String {
    let params = &incoming.params;
    if !incoming.is_modern() {
        let client = connection.session.client();
        return format!(r#"{{"era":"legacy","client":{client},"params":{params}}}"#);
    }
    let meta = |key: &str| incoming.param(&["_meta", key]).unwrap_or("null");
    format!(
        r#"{{"era":"modern","client":{{"protocolVersion":{},"capabilities":{},"clientInfo":{}}},"params":{params}}}"#,
        meta(META_VERSION),
        meta(META_CAPABILITIES),
        meta("io.modelcontextprotocol/clientInfo")
    )
}

fn rename(server: &FakeServer, kind: Kind) -> Outcome {
    let name = server.lists.rename(kind);
    server.tell(News::Changed(kind));
    text(&name).into()
}

fn links() -> Outcome {
    let result = json!({"content": [
        {"type": "resource_link", "uri": "test://text", "name": "text"},
        {"type": "resource_link", "uri": "test://items/7", "name": "item 7"},
        {"type": "resource", "resource": {"uri": "test://blob", "blob": "AAECAwQF/w=="}}
    ]});
    members(&result).into()
}

/// Runs as a task where the client asked for one (2025-11-25) or can follow one (2026-07-28).
async fn job(server: &FakeServer, call: &Call<'_>) -> Result<Outcome, Failure> {
    let incoming = call.incoming;
    let task = &incoming.params()["task"];
    let modern = incoming.is_modern();
    let extension = ["extensions", "io.modelcontextprotocol/tasks"];
    let as_task = if modern {
        declares(&asking::capabilities(incoming, call.connection), &extension)
    } else {
        task.is_object()
    };
    let plan = Plan {
        session: call.connection.session.number,
        lasts: Duration::from_millis(call.number("ms", 0)),
        question: call
            .arguments
            .get("question")
            .and_then(Value::as_str)
            .map(str::to_owned),
        fails: call.arguments.get("fails") == Some(&Value::Bool(true)),
        ttl: task.get("ttl").cloned().unwrap_or(60_000.into()),
    };
    let lasts = plan.lasts;
    let id = server.jobs.start(plan);
    if !as_task {
        return Ok(server.jobs.outcome(&id).await?.into());
    }
    server.tell_of_task(&id, lasts);
    if modern {
        let members = server.jobs.created(&id)?;
        let kind = "task";
        return Ok(Outcome { kind, members });
    }
    Ok(format!(r#""task":{{{}}}"#, server.jobs.legacy(&id)?).into())
}
