//! The client against a registry on this machine.

use axum::Router;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::fetch::MOST_BYTES;

/// Serves an answer at the registry's path, and puts the query into a server's description.
async fn serve(status: u16, answer: String) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let handler = move |RawQuery(query): RawQuery| async move {
        let status = StatusCode::from_u16(status).expect("a status");
        (status, answer.replace("QUERY", &query.unwrap_or_default()))
    };
    let router = Router::new().route("/v0.1/servers", get(handler));
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.expect("serves") });
    (base, serving)
}

async fn page(answer: &Value) -> RegistryPage {
    let (base, _serving) = serve(200, answer.to_string()).await;
    let found = Registry::default().search(&[base], None, None).await;
    found.expect("a page")
}

fn listed(server: &Value) -> Value {
    json!({ "servers": [{ "server": server, "_meta": {} }], "metadata": {} })
}

/// The only way that is offered for a package.
async fn choice(package: Value) -> model::RegistryChoice {
    let server = json!({ "name": "a/b", "version": "1", "packages": [package] });
    let mut page = page(&listed(&server)).await;
    assert_eq!(page.servers[0].choices.len(), 1);
    page.servers.remove(0).choices.remove(0)
}

#[tokio::test]
async fn what_is_looked_for_and_the_place_in_the_list_are_passed_on() {
    let answer = json!({
        "servers": [{ "server": {
            "name": "io.github.me/weather", "title": "Weather", "description": "QUERY",
            "version": "1.2.3", "repository": { "url": "https://git.example/w", "source": "x" },
        } }],
        "metadata": { "nextCursor": "abc", "count": 1 },
    });
    let (base, _serving) = serve(200, answer.to_string()).await;
    let registry = Registry::default();
    let page = registry
        .search(&[base], Some("sun & rain"), Some("next"))
        .await;
    let page = page.expect("a page");
    let server = &page.servers[0];
    assert_eq!(
        server.description,
        "limit=30&version=latest&search=sun+%26+rain&cursor=next"
    );
    assert_eq!(
        (server.name.as_str(), server.version.as_str()),
        ("io.github.me/weather", "1.2.3")
    );
    assert_eq!(server.repository.as_deref(), Some("https://git.example/w"));
    assert_eq!(page.next_cursor.as_deref(), Some("abc"));
}

#[tokio::test]
async fn packages_become_command_lines_of_one_version() {
    for (kind, command, args) in [
        ("npm", "npx", json!(["-y", "@a/b@1.0.0"])),
        ("pypi", "uvx", json!(["@a/b==1.0.0"])),
        ("oci", "docker", json!(["run", "-i", "--rm", "@a/b:1.0.0"])),
        ("nuget", "dnx", json!(["@a/b@1.0.0", "--yes"])),
    ] {
        let package = json!({
            "registryType": kind, "identifier": "@a/b", "version": "1.0.0",
            "transport": { "type": "stdio" },
        });
        let choice = choice(package).await;
        assert_eq!(choice.entry, json!({ "command": command, "args": args }));
        assert_eq!(choice.label, format!("{command} @a/b"));
    }
}

#[tokio::test]
async fn gaps_say_what_belongs_into_them_and_where() {
    let choice = choice(json!({
        "registryType": "npm", "identifier": "x", "version": "1",
        "runtimeArguments": [{ "type": "named", "name": "--with", "isRequired": true }],
        "packageArguments": [
            { "type": "positional", "value": "serve" },
            { "type": "positional", "valueHint": "folder", "description": "Where", "isRequired": true },
            { "type": "named", "name": "--port", "default": "80" },
            { "type": "named", "name": "--unused" },
        ],
        "environmentVariables": [
            { "name": "A/B", "isRequired": true, "isSecret": true, "description": "A key" },
            { "name": "FIXED", "value": "1" },
            { "name": "OPTIONAL" },
        ],
    }))
    .await;
    assert_eq!(
        choice.entry,
        json!({
            "command": "npx",
            "args": ["-y", "--with", "", "x@1", "serve", "", "--port", "80"],
            "env": { "A/B": "", "FIXED": "1" },
        })
    );
    let inputs: Vec<_> = choice
        .inputs
        .iter()
        .map(|input| {
            (
                input.name.as_str(),
                input.pointer.as_str(),
                input.required,
                input.secret,
            )
        })
        .collect();
    assert_eq!(
        inputs,
        [
            ("--with", "/args/2", true, false),
            ("folder", "/args/5", true, false),
            ("--port", "/args/7", false, false),
            ("A/B", "/env/A~1B", true, true),
            ("OPTIONAL", "/env/OPTIONAL", false, false),
        ]
    );
    for input in choice.inputs.iter().filter(|input| input.required) {
        assert_eq!(
            choice.entry.pointer(&input.pointer),
            Some(&json!("")),
            "{}",
            input.name
        );
    }
}

#[tokio::test]
async fn remotes_become_addresses_with_headers() {
    let page = page(&listed(&json!({
        "name": "a/b", "version": "1",
        "remotes": [
            { "type": "streamable-http", "url": "https://h.example/mcp", "headers": [
                { "name": "Authorization", "value": "Bearer {token}", "isRequired": true,
                  "variables": { "token": { "isSecret": true, "description": "Your token" } } },
            ] },
            { "type": "sse", "url": "https://h.example/sse" },
            { "type": "carrier-pigeon", "url": "https://h.example" },
            { "type": "sse", "url": "file:///etc/passwd" },
        ],
    })))
    .await;
    let choices = &page.servers[0].choices;
    assert_eq!(choices.len(), 2);
    assert_eq!(choices[0].entry["headers"]["Authorization"], "Bearer ");
    let input = &choices[0].inputs[0];
    assert!(input.secret && input.required);
    assert_eq!(input.description, "Your token Write it as: Bearer {token}");
    assert_eq!(
        choices[1].entry,
        json!({ "type": "sse", "url": "https://h.example/sse" })
    );
}

#[tokio::test]
async fn what_cannot_be_read_or_trusted_is_left_out() {
    let package = |identifier: &str, kind: &str| json!({ "registryType": kind, "identifier": identifier, "version": "1" });
    let withdrawn = json!({ "io.modelcontextprotocol.registry/official": { "status": "deleted" } });
    let page = page(&json!({ "servers": [
        { "server": { "name": "gone" }, "_meta": withdrawn },
        { "server": { "nameless": true } },
        "nonsense",
        { "name": "flat", "repository": { "url": "javascript:alert(1)" }, "packages": [
            package("--flag", "npm"), package("a b", "npm"), package("x", "mcpb"), package("", "npm"),
        ] },
    ] }))
    .await;
    assert_eq!(page.servers.len(), 1);
    let flat = &page.servers[0];
    assert_eq!(
        (flat.name.as_str(), flat.choices.len(), &flat.repository),
        ("flat", 0, &None)
    );
}

#[tokio::test]
async fn what_goes_wrong_is_told_apart() {
    let registry = Registry::default();
    let ask = |base: String| {
        let registry = &registry;
        async move {
            registry
                .search(&[base], None, None)
                .await
                .expect_err("an error")
        }
    };
    for base in [
        "http://registry.example",
        "ftp://x",
        "nonsense",
        "file:///x",
        "http://10.0.0.1",
        "http://169.254.169.254/latest",
    ] {
        assert!(
            matches!(ask(base.to_owned()).await, RegistryError::Address(_)),
            "{base}"
        );
    }
    let (base, _serving) = serve(503, String::new()).await;
    assert!(matches!(
        ask(base).await,
        RegistryError::Refused { status: 503, .. }
    ));
    let (base, _serving) = serve(200, "<html>".to_owned()).await;
    assert!(matches!(ask(base).await, RegistryError::Answer { .. }));
    let (base, _serving) = serve(200, " ".repeat(MOST_BYTES + 1)).await;
    let said = ask(base).await.to_string();
    assert!(said.contains("4 MiB"), "{said}");
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let base = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    assert!(matches!(ask(base).await, RegistryError::Unreachable { .. }));
    let long = "x".repeat(MOST_QUERY + 1);
    let refused = registry
        .search(&[OFFICIAL.to_owned()], Some(&long), None)
        .await;
    assert!(matches!(refused, Err(RegistryError::Query)));
}

#[tokio::test]
async fn several_registries_are_asked_and_read_on_together() {
    let answer = |name: &str, cursor: Option<&str>| {
        json!({ "servers": [{ "server": { "name": name, "version": "1" } }],
                "metadata": { "nextCursor": cursor } })
        .to_string()
    };
    let (first, _serving) = serve(200, answer("a/QUERY", Some("more"))).await;
    let (second, _serving_too) = serve(200, answer("b/QUERY", None)).await;
    let (broken, _serving_three) = serve(500, String::new()).await;
    let bases = [first.clone(), second, broken];
    let registry = Registry::default();
    let page = registry.search(&bases, None, None).await.expect("a page");
    let publishers: Vec<&str> = page
        .servers
        .iter()
        .map(|one| one.publisher.as_str())
        .collect();
    assert_eq!(publishers, ["a", "b"]);
    assert_eq!(page.servers[0].registry, first);
    assert_eq!(page.problems.len(), 1);
    assert!(page.problems[0].contains("500"), "{:?}", page.problems);
    let next = page.next_cursor.expect("there is more");
    let page = registry
        .search(&bases, None, Some(&next))
        .await
        .expect("a page");
    assert_eq!(page.servers.len(), 1, "only the first has more");
    assert!(
        page.servers[0].name.contains("cursor=more"),
        "{}",
        page.servers[0].name
    );
    let page = registry
        .search(&bases, None, Some("nonsense"))
        .await
        .expect("a page");
    assert_eq!((page.servers.len(), page.next_cursor), (0, None));
}

#[tokio::test]
async fn a_server_is_found_by_its_whole_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let handler = |axum::extract::Path(name): axum::extract::Path<String>| async move {
        if name == "a/gone" {
            return (StatusCode::NOT_FOUND, String::new());
        }
        let said = if name == "a/other" { "a/else" } else { &name };
        let answer = json!({ "server": { "name": said, "version": "2" } });
        (StatusCode::OK, answer.to_string())
    };
    let router = Router::new().route("/v0.1/servers/{name}/versions/latest", get(handler));
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.expect("serves") });
    let (empty, _serving) = serve(200, String::new()).await;
    let bases = [empty, base];
    let registry = Registry::default();
    let found = registry.find(&bases, "a/weather").await.expect("found");
    assert_eq!(
        (found.name.as_str(), found.version.as_str()),
        ("a/weather", "2")
    );
    for name in ["a/gone", "a/other", "weather", "a/b/c", ""] {
        let failed = registry.find(&bases, name).await.expect_err(name);
        assert!(
            matches!(failed, RegistryError::NotListed { .. }),
            "{name}: {failed}"
        );
    }
    // A name is one part of the path, whatever is in it.
    for name in ["../x", "%2e%2e/x?y#z"] {
        let found = registry.find(&bases, name).await.expect(name);
        assert_eq!(found.name, name);
    }
}

/// Serves redirects to an address, as often as it is asked.
async fn redirecting(to: String) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let handler = move || async move { axum::response::Redirect::temporary(&to) };
    let router = Router::new().fallback(handler);
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.expect("serves") });
    (base, serving)
}

#[tokio::test]
async fn redirects_are_few_and_lead_nowhere_else() {
    let registry = Registry::default();
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://1.1.1.1/",
        "file:///etc/passwd",
        "http://user@127.0.0.1/",
        "//[::ffff:a00:1]/",
        "/again",
    ] {
        let (base, _serving) = redirecting(to.to_owned()).await;
        let failed = registry.search(&[base], None, None).await.expect_err(to);
        assert!(
            matches!(failed, RegistryError::Denied { .. }),
            "{to}: {failed}"
        );
    }
}

#[tokio::test]
async fn what_would_be_fetched_from_elsewhere_is_not_offered() {
    let package = |identifier: &str, version: &str| json!({ "registryType": "npm", "identifier": identifier, "version": version });
    let page = page(&listed(&json!({ "name": "a/b", "packages": [
        package("https://evil.example/x.tgz", "1"), package("git+ssh://evil/x", "1"),
        package("github:evil/x", "1"), package("evil/x", "1"), package("x@npm:evil", "1"), package("file:../x", "1"), package("../x", "1"),
        package("x", "npm:evil@1"), package("x", "1 || 2"), package("x", "-y"),
        package("x\u{202e}", "1"), package("good", "1.0.0-rc.1+b"),
    ] })))
    .await;
    let labels: Vec<&str> = page.servers[0]
        .choices
        .iter()
        .map(|one| one.label.as_str())
        .collect();
    assert_eq!(labels, ["npx good"]);
}
