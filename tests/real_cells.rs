//! Every client that others wrote against every server that others wrote, in both eras: what the
//! client reports through the gateway is what it reports without one.
//!
//! A cell of the matrix runs a scenario of `tests/fixtures/scenarios.json` twice, first directly and
//! then through the gateway, and compares the two reports. Nothing says beforehand what a server
//! answers, so that a new version of a package changes no test.

mod clients;
mod names;
mod report;
mod servers;

use anyhow::Context as _;
use clients::Client::{self, FastMcp, Npm, NpmV1, Python};
use clients::Mode::{Auto, Legacy};
use clients::{Mode, Run};
use serde_json::{Value, json};
use servers::{Server, Transport};
use testkit::fixtures;
use testkit::gateway::Gateway;

/// How a client reaches the server through the gateway.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Door {
    /// The server's own face, where nothing is renamed.
    Own,
    /// The face of all tools, over HTTP.
    All,
    /// The menu, over HTTP.
    Menu,
    /// The menu, over the bridge.
    Bridge,
}

/// One run through the gateway, and what it is compared with.
#[derive(Clone, Copy, Debug)]
struct Cell {
    client: Client,
    mode: Mode,
    /// Who connects directly, and how.
    direct: (Client, Mode),
    door: Door,
    scenario: &'static str,
}

/// A cell on the server's own face, compared with the same client in the same mode.
const fn own(client: Client, mode: Mode, scenario: &'static str) -> Cell {
    Cell {
        client,
        mode,
        direct: (client, mode),
        door: Door::Own,
        scenario,
    }
}

/// The same by another door.
const fn by(door: Door, cell: Cell) -> Cell {
    Cell { door, ..cell }
}

/// A legacy client in front of a modern server, compared with a modern client of the same kind. That
/// is what it meets over standard input and output, where the gateway's one connection to a server
/// is of the newest era; over HTTP each legacy client has a legacy session of its own.
const fn crossing(client: Client, scenario: &'static str) -> Cell {
    let modern = match client {
        NpmV1 => Npm,
        _ => client,
    };
    Cell {
        direct: (modern, Auto),
        ..own(client, Legacy, scenario)
    }
}

/// Starts the server and a gateway in front of it, and runs the cells one after the other.
async fn check(server: Server, cells: &[Cell]) -> anyhow::Result<()> {
    let started = server.start().await?;
    let gateway = Gateway::builder()
        .server(names::SERVER, started.entry.clone())
        .start_ready()
        .await?;
    let mut failed = Vec::new();
    for cell in cells {
        let steps = steps(cell)?;
        let direct = Run::new(cell.direct.0, cell.direct.1, &started.target)
            .report(&steps)
            .await?;
        let (target, renamed) = through(&gateway, cell.door, &steps)?;
        let through = Run::new(cell.client, cell.mode, &target)
            .report(&renamed)
            .await;
        let differences = match through {
            Ok(through) => compare(cell, &steps, direct, through),
            Err(error) => vec![format!("{error:#}")],
        };
        if !differences.is_empty() {
            failed.push(format!("{cell:?}\n  {}", differences.join("\n  ")));
        }
    }
    anyhow::ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

fn compare(cell: &Cell, steps: &[Value], mut direct: Value, mut through: Value) -> Vec<String> {
    if cell.door != Door::Own {
        names::read_back(&mut through);
        // Tools of several servers have no order but that of their names.
        report::sort_tools(&mut direct);
        report::sort_tools(&mut through);
    }
    let mut differences = report::differences(&direct, &through);
    if direct["version"] != through["version"] {
        let hears_logs = steps.iter().any(|step| step["do"] == "level");
        differences.retain(|each| !is_of_one_era(each, hears_logs));
    }
    if cell.door != Door::Own {
        // The aggregated faces have capabilities and instructions of their own.
        differences
            .retain(|each| !each.starts_with("/capabilities") && !each.starts_with("/instr"));
    }
    if through["version"] != cell.mode.version() {
        differences.push(format!("it speaks {}", through["version"]));
    }
    differences
}

/// Whether a difference is at what only one era has: tasks in the older one and extensions in the
/// newer one; of definitions and questions, clients of the newer era strip what only the older one
/// has a field for. In the newer era nobody hears the log who has not named a level.
fn is_of_one_era(difference: &str, hears_logs: bool) -> bool {
    let place = difference.split(": ").next().unwrap_or_default();
    ["/capabilities/tasks", "/capabilities/extensions"].contains(&place)
        || (place.contains("/result/tools/") && place.ends_with("/execution"))
        || (place.contains("/asked/") && place.ends_with("/elicitationId"))
        || (place.starts_with("/news/notifications/message") && !hears_logs)
}

/// The steps of a cell's scenario. What is only for `legacy` is for clients that speak it with the
/// gateway, and what is only for `auto` is for those that may speak the newer era without it.
fn steps(cell: &Cell) -> anyhow::Result<Vec<Value>> {
    let text = std::fs::read_to_string(fixtures::checked_in("scenarios.json"))?;
    let mut scenarios: Value = serde_json::from_str(&text)?;
    let Value::Array(mut steps) = scenarios[cell.scenario].take() else {
        anyhow::bail!("no scenario {}", cell.scenario);
    };
    steps.retain(|step| match step["only"].as_str() {
        Some("legacy") => cell.mode == Legacy,
        Some("auto") => cell.direct.1 == Auto,
        _ => true,
    });
    if matches!(cell.door, Door::Menu | Door::Bridge) {
        // What the menu lists are its own tools.
        steps.retain(|step| step["do"] != "tools/list");
    }
    Ok(steps)
}

/// Where a door is, and what the steps are called behind it.
fn through(gateway: &Gateway, door: Door, steps: &[Value]) -> anyhow::Result<(Value, Vec<Value>)> {
    let target = match door {
        Door::Own => json!({"url": gateway.url("/mcp/server/real")}),
        Door::All => json!({"url": gateway.url("/mcp/all")}),
        Door::Menu => json!({"url": gateway.endpoint()}),
        Door::Bridge => bridge(gateway)?,
    };
    let renamed = steps.iter().map(|step| renamed(door, step)).collect();
    Ok((target, renamed))
}

/// A step as it is made at the door.
fn renamed(door: Door, step: &Value) -> Value {
    let mut step = step.clone();
    if door == Door::Own {
        return step;
    }
    names::rename_step(&mut step);
    if door != Door::All && step["do"] == "tools/call" {
        let params = &mut step["params"];
        params["arguments"] = json!({"name": params["name"], "arguments": params["arguments"]});
        params["name"] = "call_tool_destructive".into();
    }
    step
}

fn bridge(gateway: &Gateway) -> anyhow::Result<Value> {
    let command = gateway.command(&["bridge"])?;
    let words: Vec<_> = std::iter::once(command.as_std().get_program())
        .chain(command.as_std().get_args())
        .map(|word| word.to_str().context("a path that is no UTF-8"))
        .collect::<Result<_, _>>()?;
    Ok(json!({"command": words[0], "args": words[1..]}))
}

const EVERYTHING: &str = "server-everything/dist/index.js";

#[tokio::test]
async fn everything_over_stdio() -> anyhow::Result<()> {
    let cells = [
        own(NpmV1, Legacy, "everything"),
        own(Npm, Auto, "everything"),
        own(NpmV1, Legacy, "everything-asks"),
        own(NpmV1, Legacy, "everything-watch"),
        own(Python, Auto, "everything-asks"),
    ];
    check(
        Server::npm(EVERYTHING, &["stdio"], Transport::Stdio),
        &cells,
    )
    .await
}

#[tokio::test]
async fn everything_over_streamable_http() -> anyhow::Result<()> {
    let cells = [
        own(Python, Legacy, "everything"),
        own(Npm, Legacy, "everything-asks"),
        own(Npm, Auto, "everything-asks"),
        own(Npm, Auto, "everything-watch"),
        own(NpmV1, Legacy, "everything-tasks"),
    ];
    let http = Transport::Http("/mcp");
    check(Server::npm(EVERYTHING, &["streamableHttp"], http), &cells).await
}

#[tokio::test]
async fn everything_over_http_with_sse() -> anyhow::Result<()> {
    let cells = [
        own(FastMcp, Auto, "everything"),
        own(FastMcp, Legacy, "everything-asks"),
        own(Python, Auto, "everything-watch"),
    ];
    check(
        Server::npm(EVERYTHING, &["sse"], Transport::Sse("/sse")),
        &cells,
    )
    .await
}

#[tokio::test]
async fn everything_by_the_other_doors() -> anyhow::Result<()> {
    let asks = own(NpmV1, Legacy, "everything-asks");
    let cells = [
        by(Door::Menu, asks),
        by(Door::Bridge, own(Npm, Auto, "everything-asks")),
        by(Door::All, own(Python, Auto, "everything-asks")),
        by(Door::All, own(Npm, Legacy, "everything")),
        by(Door::Menu, own(Npm, Auto, "everything")),
        by(Door::Bridge, own(NpmV1, Legacy, "everything-watch")),
    ];
    let server = Server::npm(EVERYTHING, &["stdio"], Transport::Stdio);
    tokio::try_join!(check(server, &cells[..3]), check(server, &cells[3..]))?;
    Ok(())
}

#[tokio::test]
async fn everything_over_http_by_the_other_doors() -> anyhow::Result<()> {
    let cells = [
        by(Door::All, own(NpmV1, Legacy, "everything-tasks")),
        by(Door::Menu, own(NpmV1, Legacy, "everything-watch")),
    ];
    let http = Transport::Http("/mcp");
    check(Server::npm(EVERYTHING, &["streamableHttp"], http), &cells).await
}

#[tokio::test]
async fn the_streamable_example() -> anyhow::Result<()> {
    let cells = [
        own(NpmV1, Legacy, "streamable"),
        own(Npm, Auto, "streamable"),
        own(NpmV1, Legacy, "streamable-tasks"),
    ];
    check(Server::example("simpleStreamableHttp"), &cells).await
}

#[tokio::test]
async fn the_example_that_answers_in_json() -> anyhow::Result<()> {
    let cells = [own(NpmV1, Legacy, "json"), own(Python, Auto, "json")];
    let server = Server::example("jsonResponseStreamableHttp");
    tokio::try_join!(check(server, &cells[..1]), check(server, &cells[1..]))?;
    Ok(())
}

#[tokio::test]
async fn the_example_without_sessions() -> anyhow::Result<()> {
    let cells = [own(NpmV1, Legacy, "stateless"), own(Npm, Auto, "stateless")];
    check(Server::example("simpleStatelessStreamableHttp"), &cells).await
}

#[tokio::test]
async fn the_examples_over_http_with_sse() -> anyhow::Result<()> {
    let cells = [
        own(NpmV1, Legacy, "notifications"),
        own(Npm, Auto, "notifications"),
        own(Npm, Legacy, "notifications"),
    ];
    let simple = Server::example("simpleSseServer").over(Transport::Sse("/mcp"));
    let name = "sseAndStreamableHttpCompatibleServer";
    let both = Server::example(name).over(Transport::Sse("/sse"));
    tokio::try_join!(
        check(simple, &cells[..2]),
        check(both, &cells[..1]),
        check(Server::example(name), &cells[2..]),
    )?;
    Ok(())
}

#[tokio::test]
async fn the_example_that_closes_streams_early() -> anyhow::Result<()> {
    let cells = [own(NpmV1, Legacy, "polling"), own(Npm, Auto, "polling")];
    let server = Server::example("ssePollingExample");
    tokio::try_join!(check(server, &cells[..1]), check(server, &cells[1..]))?;
    Ok(())
}

#[tokio::test]
async fn the_example_of_forms() -> anyhow::Result<()> {
    let form = own(Python, Legacy, "form");
    let cells = [
        own(NpmV1, Legacy, "form"),
        own(Npm, Auto, "form"),
        by(Door::Menu, form),
    ];
    check(Server::example("elicitationFormExample"), &cells).await
}

#[tokio::test]
async fn the_example_of_links_behind_a_sign_in() -> anyhow::Result<()> {
    let server = Server::example("elicitationUrlExample").with_sign_in();
    check(server, &[own(NpmV1, Legacy, "url")]).await
}

#[tokio::test]
async fn the_example_of_tasks_that_ask() -> anyhow::Result<()> {
    let cells = [own(NpmV1, Legacy, "interactive")];
    check(Server::example("simpleTaskInteractive"), &cells).await
}

#[tokio::test]
async fn the_example_of_progress() -> anyhow::Result<()> {
    let cells = [
        own(NpmV1, Legacy, "progress"),
        own(Python, Auto, "progress"),
    ];
    let server = Server::example("progressExample").over(Transport::Stdio);
    check(server, &cells).await
}

#[tokio::test]
async fn the_python_server_over_stdio() -> anyhow::Result<()> {
    let cells = [
        own(Python, Auto, "python"),
        crossing(NpmV1, "python"),
        own(Npm, Auto, "python-watch"),
        crossing(Npm, "python-watch"),
    ];
    check(Server::python("mcp_server.py", Transport::Stdio), &cells).await
}

#[tokio::test]
async fn the_python_server_over_http() -> anyhow::Result<()> {
    let cells = [
        own(Npm, Auto, "python"),
        own(FastMcp, Legacy, "python"),
        own(Python, Auto, "python-watch"),
    ];
    let http = Transport::Http("/mcp");
    check(Server::python("mcp_server.py", http), &cells).await
}

#[tokio::test]
async fn the_python_server_by_the_other_doors() -> anyhow::Result<()> {
    let server = Server::python("mcp_server.py", Transport::Stdio);
    let cells = [
        by(Door::Menu, own(Npm, Auto, "python")),
        by(Door::All, crossing(NpmV1, "python")),
        by(Door::All, own(Python, Auto, "python-watch")),
        by(Door::Bridge, crossing(Npm, "python-watch")),
    ];
    tokio::try_join!(check(server, &cells[..2]), check(server, &cells[2..]))?;
    Ok(())
}

#[tokio::test]
async fn the_fastmcp_server_over_both_transports() -> anyhow::Result<()> {
    let stdio = [own(FastMcp, Auto, "fastmcp"), crossing(Npm, "fastmcp")];
    let http = [own(Npm, Auto, "fastmcp"), own(Python, Legacy, "fastmcp")];
    let server = |transport| Server::python("fastmcp_server.py", transport);
    tokio::try_join!(
        check(server(Transport::Stdio), &stdio),
        check(server(Transport::Http("/mcp")), &http),
    )?;
    Ok(())
}
