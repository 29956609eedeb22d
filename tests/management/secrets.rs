//! M8: fifty secrets, put wherever a person or a program may put one, and where they turn up.
//!
//! The configuration holds what its user wrote into it, and so do the two files beside it from
//! which a change is reverted and a proposal accepted; the user alone can read them. A value in
//! `args` is on its server's command line, because that is what arguments are.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::client::McpClient;
use testkit::gateway::Gateway;
use testkit::{process, programs};

use super::files_below;
use super::stand::Stand;
use crate::agent::Agent;

/// Files that hold entries of the configuration as they were written.
const KEPT_FOR_UNDO: [&str; 2] = ["changes.jsonl", "review.json"];

/// Makes secrets, and remembers where each was put.
#[derive(Default)]
struct Seeds(Vec<(String, String)>);

impl Seeds {
    fn new_in(&mut self, place: &str) -> String {
        let number = self.0.len();
        let seed = format!("Zq7{number:02}sEeD{:x}k9", number * 7919 + 100_003);
        self.0.push((place.to_owned(), seed.clone()));
        seed
    }

    /// An object with secrets under these names.
    fn under(&mut self, place: &str, names: &[&str]) -> Value {
        let pairs = names.iter().map(|name| {
            let seed = self.new_in(&format!("{place} {name}"));
            ((*name).to_owned(), Value::from(seed))
        });
        Value::Object(pairs.collect())
    }

    /// Those that are in a text, by their places.
    fn found_in(&self, text: &str) -> Vec<&str> {
        let found = self.0.iter().filter(|(_, seed)| text.contains(seed));
        found.map(|(place, _)| place.as_str()).collect()
    }
}

/// What a scene is made of.
struct Scene {
    gateway: Gateway,
    seeds: Seeds,
    _stand: Stand,
}

/// Servers of every kind, with secrets in every place where their entries may have them.
async fn scene() -> anyhow::Result<Scene> {
    let mut seeds = Seeds::default();
    let stand = Stand::server(
        json!([{ "name": "echo", "inputSchema": { "type": "object" } }]),
        json!({ "name": "stand", "version": "1" }),
    )
    .await?;
    let (user, password) = (seeds.new_in("user name"), seeds.new_in("password"));
    let (key, other) = (seeds.new_in("query"), seeds.new_in("another query"));
    let port = stand.port();
    let url = format!("http://{user}:{password}@127.0.0.1:{port}/mcp?key={key}&token={other}");
    let names = [
        "Authorization",
        "X-Api-Key",
        "Cookie",
        "X-Auth-Token",
        "Private-Token",
    ];
    let remote = json!({ "url": url, "headers": seeds.under("header", &names) });
    let names = [
        "API_KEY",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "CLIENT_SECRET",
        "AWS_SECRET_ACCESS_KEY",
    ];
    let mut local = programs::fake(&[])?;
    local["env"] = seeds.under("variable", &names);
    let (first, second) = (
        seeds.new_in("env reference"),
        seeds.new_in("env reference in a header"),
    );
    local["env"]["PLAIN"] = "${env:SEED_A}".into();
    let noisy = noisy(&mut seeds)?;
    let builder = Gateway::builder()
        .env("SEED_A", &first)
        .env("SEED_B", &second)
        .server("remote", remote)
        .server(
            "referring",
            json!({ "url": stand.url("/mcp"), "headers": { "X": "${env:SEED_B}" } }),
        )
        .server("local", local)
        .server("noisy", noisy)
        .server("broken", broken(&mut seeds));
    let gateway = builder.start().await?;
    for name in ["local", "noisy", "referring"] {
        let is_up = |server: &model::ServerStatus| server.state.is_ready();
        gateway.wait_server(name, "it is up", is_up).await?;
    }
    gateway.wait_settled().await?;
    Ok(Scene {
        gateway,
        seeds,
        _stand: stand,
    })
}

/// A server that prints what it was given, and repeats what it was called with.
fn noisy(seeds: &mut Seeds) -> anyhow::Result<Value> {
    let names = ["MY_TOKEN", "MY_SECRET", "MY_PASSWORD"];
    let program = programs::fake_server()?.display().to_string();
    let script = "echo \"$MY_TOKEN $MY_SECRET\" >&2; env >&2; exec \"$0\"";
    let env = seeds.under("printed variable", &names);
    Ok(json!({ "command": "/bin/sh", "args": ["-c", script, program], "env": env }))
}

/// A server that cannot be started, for all the words that are said of it then.
fn broken(seeds: &mut Seeds) -> Value {
    let token = seeds.new_in("argument --token");
    let key = seeds.new_in("argument --api-key=");
    let password = seeds.new_in("argument --password");
    let secret = seeds.new_in("argument --client-secret=");
    let api_key = format!("--api-key={key}");
    let client = format!("--client-secret={secret}");
    json!({
        "command": "no-such-command-anywhere",
        "args": ["--token", token, api_key, "--password", password, client],
        "env": seeds.under("variable of what fails", &["SESSION_TOKEN", "PASSWD"]),
    })
}

/// Calls with secrets in what is sent and in what comes back, tools that do not exist and
/// clients that are not let in.
async fn traffic(scene: &mut Scene) -> anyhow::Result<()> {
    let Scene { gateway, seeds, .. } = scene;
    let agent = Agent::of(gateway).await?;
    for round in 0..50 {
        let place = format!("arguments {}", round % 8);
        let seed = if round < 8 {
            seeds.new_in(&place)
        } else {
            seeds.0[seeds.0.len() - 1].1.clone()
        };
        let arguments = json!({ "text": seed, "nested": { "password": [seed] } });
        for tool in ["local__echo", "noisy__echo", "remote__echo"] {
            agent
                .run("call_tool_destructive", tool, arguments.clone())
                .await?;
        }
        agent
            .run("call_tool_write", "local__fail", arguments.clone())
            .await?;
        agent
            .run("call_tool_read", "local__nothing", arguments.clone())
            .await?;
        agent
            .run("call_tool_read", "local__add", json!({ "a": seed }))
            .await?;
    }
    agent.read("local__env", json!({})).await?;
    let search = seeds.new_in("what is looked for");
    agent.find(&search).await?;
    let bearer = seeds.new_in("a client's bearer");
    let cookie = seeds.new_in("a client's cookie");
    let client = McpClient::builder(gateway.endpoint())?
        .header("authorization", &format!("Bearer {bearer}"))
        .header("cookie", &format!("session={cookie}"));
    // Whether it is let in or not.
    let _ = client.legacy("2025-11-25").await;
    let argument = seeds.new_in("the command line's arguments");
    let argument = format!("text={argument}");
    gateway
        .cli(&["tools", "call", "local__echo", &argument])
        .await?;
    Ok(())
}

/// What an agent and a link propose, an edit of the file, and a change by the management.
async fn changes(scene: &mut Scene) -> anyhow::Result<()> {
    let Scene { gateway, seeds, .. } = scene;
    let agent = Agent::of(gateway).await?;
    let env = seeds.under(
        "variable by an agent",
        &["AGENT_TOKEN", "AGENT_SECRET", "AGENT_PASSWORD"],
    );
    let entry = json!({ "command": "npx", "args": ["x"], "env": env });
    super::ask(&agent, "add", json!({ "name": "agents", "entry": entry })).await?;
    let headers = seeds.under(
        "header by a link",
        &["Authorization", "X-Secret", "X-Api-Key", "Cookie"],
    );
    let text = json!({ "mcpServers": { "linked": { "url": "https://mcp.example/", "headers": headers } } });
    let body = json!({ "source": "link", "text": text.to_string() }).to_string();
    let proposed = gateway.api("POST", "/review", &body).await?;
    anyhow::ensure!(proposed.status == 201, "{proposed:?}");
    let env = seeds.under(
        "variable by the API",
        &["NEW_TOKEN", "NEW_KEY", "NEW_PASSWORD", "NEW_SECRET"],
    );
    let entry = json!({ "command": "no-such-command", "env": env, "disabled": true });
    let added = super::add(gateway, "added", &entry).await?;
    anyhow::ensure!(added.status == 201, "{added:?}");
    let token = gateway.token(&json!({ "name": "client" })).await?.token;
    seeds.0.push(("a client's token".to_owned(), token));
    let local = std::fs::read_to_string(gateway.data_dir().join("local-token"))?;
    seeds
        .0
        .push(("the local token".to_owned(), local.trim().to_owned()));
    Ok(())
}

/// Everything that the management tells, as one text each.
async fn told(gateway: &Gateway) -> anyhow::Result<Vec<(String, String)>> {
    let mut paths: Vec<String> = [
        "/status",
        "/servers",
        "/tools",
        "/activity?limit=1000",
        "/activity/export?format=csv",
        "/changes",
        "/config",
        "/settings",
        "/doctor",
        "/tokens",
        "/logs",
        "/stats",
        "/logs/gateway?lines=10000",
        "/support-bundle/contents",
        "/openapi.json",
    ]
    .map(str::to_owned)
    .into();
    for server in gateway.snapshot().await?.servers {
        for rest in ["", "/logs?lines=10000", "/changes"] {
            paths.push(format!("/servers/{}{rest}", server.name));
        }
        paths.push(format!("/quarantine/{}", server.name));
    }
    let mut told = Vec::new();
    for path in paths {
        let answer = gateway.api("GET", &path, "").await?;
        told.push((path, answer.body));
    }
    for command in [
        &["status"][..],
        &["servers", "list"],
        &["servers", "inspect", "remote"],
        &["servers", "inspect", "broken"],
        &["review", "list"],
        &["review", "show", "broken"],
        &["activity"],
        &["logs", "noisy"],
        &["config", "check"],
        &["servers", "history", "added"],
    ] {
        let output = gateway.cli(command).await?;
        let text = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
        told.push((command.join(" "), text));
    }
    let bundle = gateway.cli(&["support-bundle", "b.zip"]).await?;
    anyhow::ensure!(bundle.status.success(), "{bundle:?}");
    // Nothing in it is compressed, so it can be searched as it is.
    let bytes = std::fs::read(gateway.folder().join("b.zip"))?;
    told.push((
        "support bundle".to_owned(),
        String::from_utf8_lossy(&bytes).into_owned(),
    ));
    Ok(told)
}

/// Files that the gateway wrote, but for those of which it is said that they hold entries.
fn written(gateway: &Gateway) -> anyhow::Result<Vec<(String, String)>> {
    let mut written = Vec::new();
    for file in files_below(&gateway.data_dir())? {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .context("a name")?;
        if KEPT_FOR_UNDO.contains(&name) || name == "local-token" {
            continue;
        }
        let bytes = std::fs::read(&file)?;
        written.push((
            file.display().to_string(),
            String::from_utf8_lossy(&bytes).into_owned(),
        ));
    }
    let said = std::fs::read_to_string(gateway.folder().join("stderr.txt"))?;
    written.push(("standard error".to_owned(), said));
    Ok(written)
}

#[tokio::test]
async fn m08_no_secret_turns_up_where_people_look() -> anyhow::Result<()> {
    let mut scene = scene().await?;
    traffic(&mut scene).await?;
    changes(&mut scene).await?;
    let Scene { gateway, seeds, .. } = &scene;
    assert!(seeds.0.len() >= 50, "{} secrets", seeds.0.len());
    let mut places = told(gateway).await?;
    places.extend(written(gateway)?);
    for pid in gateway.processes() {
        places.push((format!("command line of {pid}"), process::command_line(pid)));
    }
    let mut hits = String::new();
    for (place, text) in &places {
        for seed in seeds.found_in(text) {
            writeln!(hits, "{seed} is in {place}")?;
        }
    }
    assert!(hits.is_empty(), "{hits}");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn m08_what_is_kept_for_undo_is_the_users_alone() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut scene = scene().await?;
    changes(&mut scene).await?;
    let state = scene.gateway.data_dir().join("state");
    for file in files_below(&state)? {
        let mode = std::fs::metadata(&file)?.permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.display());
    }
    Ok(())
}
