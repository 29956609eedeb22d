//! The bars themselves: what is done, and what is noted.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::measure::gateway::{self, Gateway};
use crate::measure::mcp::Session;
use crate::measure::resources;
use crate::measure::samples::{Samples, millis};
use crate::workspace::Workspace;

/// Starts of an empty gateway.
const STARTS: usize = 10;

/// Scripted servers, and the tools that they offer together.
const SERVERS: u64 = 70;
const TOOLS: u64 = 500;

/// Searches on one connection.
const SEARCHES: u32 = 500;

/// How long an idle gateway is watched, after a moment to settle.
const SETTLE: Duration = Duration::from_secs(3);
const WATCH: Duration = Duration::from_secs(30);

/// What is looked for; the answers differ in size and in how many words match.
const QUERIES: [&str; 5] = [
    "create an issue",
    "list files in a folder",
    "send a message to the team",
    "query the database for recent orders",
    "weather",
];

/// One row of the table.
pub(super) struct Bar {
    pub(super) name: &'static str,
    pub(super) measured: String,
    /// What the product promises, if it does.
    pub(super) target: Option<&'static str>,
}

/// Bars of a gateway without servers: start, memory, idle load, the size of its menu.
pub(super) fn without_servers(workspace: &Workspace) -> Result<Vec<Bar>> {
    let mut starts = Samples::default();
    for _ in 1..STARTS {
        starts.add(Gateway::start(workspace, "release", &json!({}))?.ready()?);
    }
    let mut gateway = Gateway::start(workspace, "release", &json!({}))?;
    starts.add(gateway.ready()?);
    let start = Bar {
        name: "Start to endpoint ready, no servers (median of 10)",
        measured: millis(starts.percentile(50)),
        target: Some("≤ 300 ms"),
    };
    let mut bars = vec![start];
    bars.extend(idle(
        &gateway,
        "Memory idle, no servers",
        "Processor idle over 30 s, no servers",
    )?);
    bars.push(menu(&gateway)?);
    Ok(bars)
}

/// Bars of a gateway with many servers: start, memory, idle load, search.
pub(super) fn with_many_servers(workspace: &Workspace) -> Result<Vec<Bar>> {
    let mut gateway = Gateway::start(workspace, "release", &scripted_servers(workspace))?;
    let ready = gateway.ready_with(SERVERS, TOOLS)?;
    let start = Bar {
        name: "500 tools of 70 scripted servers ready and indexed",
        measured: millis(ready),
        target: None,
    };
    let mut bars = vec![start];
    bars.extend(idle(
        &gateway,
        "Memory idle, 70 servers",
        "Processor idle over 30 s, 70 servers",
    )?);
    bars.extend(search(&gateway)?);
    Ok(bars)
}

fn idle(gateway: &Gateway, memory: &'static str, load: &'static str) -> Result<[Bar; 2]> {
    gateway::pause(SETTLE);
    let before = resources::processor_time(gateway.pid())?;
    gateway::pause(WATCH);
    let used = resources::processor_time(gateway.pid())?.saturating_sub(before);
    let share = used.as_secs_f64() / WATCH.as_secs_f64() * 100.0;
    let resident = megabytes(resources::memory(gateway.pid())?);
    Ok([
        Bar {
            name: memory,
            measured: resident,
            target: None,
        },
        Bar {
            name: load,
            measured: format!("{share:.2} % of one core"),
            target: None,
        },
    ])
}

fn menu(gateway: &Gateway) -> Result<Bar> {
    let (result, _) = Session::open(gateway.address)?.request("tools/list", &json!({}))?;
    Ok(Bar {
        name: "Menu of `/mcp`",
        measured: format!("{} bytes", result["tools"].to_string().len()),
        target: Some("≤ 8000 bytes"),
    })
}

fn search(gateway: &Gateway) -> Result<[Bar; 2]> {
    let mut session = Session::open(gateway.address)?;
    let mut samples = Samples::default();
    let before = resources::processor_time(gateway.pid())?;
    for query in QUERIES.iter().cycle().take(SEARCHES as usize) {
        let params = json!({"name": "retrieve_tools", "arguments": {"query": query}});
        let started = Instant::now();
        session.request("tools/call", &params)?;
        samples.add(started.elapsed());
    }
    let used = resources::processor_time(gateway.pid())?.saturating_sub(before);
    let (p50, p95) = (
        millis(samples.percentile(50)),
        millis(samples.percentile(95)),
    );
    Ok([
        Bar {
            name: "`retrieve_tools` over 500 calls, p50 / p95",
            measured: format!("{p50} / {p95}"),
            target: None,
        },
        Bar {
            name: "Processor time per `retrieve_tools`, mean",
            measured: millis(used / SEARCHES),
            target: None,
        },
    ])
}

/// `mcpServers` with scripted servers that share the tools as evenly as possible.
fn scripted_servers(workspace: &Workspace) -> Value {
    let command = workspace
        .binary("release", "fake-server")
        .display()
        .to_string();
    let entry = |number: u64| {
        let tools = TOOLS / SERVERS + u64::from(number < TOOLS % SERVERS);
        let (tools, seed) = (tools.to_string(), number.to_string());
        let arguments = ["--bare", "--tools", &tools, "--seed", &seed];
        (
            format!("scripted-{number}"),
            json!({"command": command, "args": arguments}),
        )
    };
    Value::Object((0..SERVERS).map(entry).collect::<Map<_, _>>())
}

/// Bytes as decimal megabytes.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn servers() -> Value {
        scripted_servers(&Workspace {
            root: PathBuf::new(),
            target: PathBuf::from("/target"),
            packages: Vec::new(),
        })
    }

    #[test]
    fn the_servers_offer_all_tools_together() {
        let servers = servers();
        let servers = servers.as_object().expect("an object");
        let tools: u64 = servers
            .values()
            .map(|entry| {
                entry["args"][2]
                    .as_str()
                    .expect("text")
                    .parse::<u64>()
                    .expect("number")
            })
            .sum();
        assert_eq!((servers.len() as u64, tools), (SERVERS, TOOLS));
    }

    #[test]
    fn no_two_servers_are_alike() {
        let servers = servers();
        let entries = servers.as_object().expect("an object").values();
        let seeds: std::collections::BTreeSet<_> =
            entries.map(|entry| entry["args"][4].to_string()).collect();
        assert_eq!(seeds.len() as u64, SERVERS);
    }

    #[test]
    fn memory_is_shown_in_decimal_megabytes() {
        assert_eq!(megabytes(20_480_000), "20.4 MB");
        assert_eq!(megabytes(99_999), "0.0 MB");
    }
}
