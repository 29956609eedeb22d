use std::net::SocketAddr;
use std::time::Duration;

use model::{Severity, TokenRule};
use serde_json::json;

use super::*;
use crate::launch::{Launch, RemoteKind, ServerConfig};
use crate::settings::{ArgumentLogging, CallTools, LogLevel};
use crate::template::Template;

fn parsed(text: &str) -> Parsed {
    parse(text, Path::new("config.json"))
}

#[track_caller]
fn clean(text: &str) -> Settings {
    let parsed = parsed(text);
    assert!(parsed.diagnostics.is_empty(), "{}", listed(&parsed));
    parsed.settings.expect("usable")
}

#[track_caller]
fn server(entry: &serde_json::Value) -> ServerConfig {
    let settings = clean(&json!({"mcpServers": {"s": entry}}).to_string());
    settings.servers.into_values().next().expect("one server")
}

/// The findings as a person reads them, one a line.
fn listed(parsed: &Parsed) -> String {
    let lines: Vec<_> = parsed.diagnostics.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[track_caller]
fn assert_finding(text: &str, expected: &str) -> Parsed {
    let parsed = parsed(text);
    assert_eq!(listed(&parsed), expected);
    parsed
}

#[test]
fn nothing_means_the_defaults() {
    for text in [
        "",
        "  \n",
        "// nothing",
        "\u{feff}",
        "{}",
        "{\"mcpServers\": null}",
    ] {
        assert_eq!(clean(text), Settings::default(), "{text:?}");
    }
    assert_eq!(
        Settings::default().listen,
        SocketAddr::from(([127, 0, 0, 1], 8665))
    );
}

#[test]
fn every_setting_is_read() {
    let settings = clean(
        "\u{feff}{ // comment\r\n \"$schema\": \"x\", \"listen\": \"[::1]:9\", \"readOnly\": true,
        \"allowServerAdd\": false, \"allowServerRemove\": false, \"toolResponseLimit\": 5000,
        \"callTools\": \"single\", \"logs\": {\"level\": \"debug\", \"maxFileMegabytes\": 1,
        \"maxFiles\": 2, \"maxAgeDays\": 3, \"arguments\": \"off\"}, /* more */ }",
    );
    assert_eq!(
        settings.listen,
        SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 9))
    );
    assert!(settings.read_only && !settings.allow_server_add && !settings.allow_server_remove);
    assert_eq!(settings.tool_response_limit, 5000);
    assert_eq!(settings.call_tools, CallTools::Single);
    let logs = settings.logs;
    assert_eq!(
        (logs.max_file_megabytes, logs.max_files, logs.max_age_days),
        (1, 2, 3)
    );
    assert_eq!(
        (logs.level, logs.arguments),
        (LogLevel::Debug, ArgumentLogging::Off)
    );
}

#[test]
fn tokens_are_required_unless_the_very_word_says_otherwise() {
    assert_eq!(clean("{}").tokens, TokenRule::Required);
    assert_eq!(clean("{\"tokens\": \"off\"}").tokens, TokenRule::Off);
    for word in ["Off", "none", "", "off "] {
        let parsed = parsed(&json!({ "tokens": word }).to_string());
        let said = listed(&parsed);
        assert!(said.starts_with("warning"), "{said}");
        let settings = parsed.settings.expect("usable");
        assert_eq!(settings.tokens, TokenRule::Required, "{word:?}");
    }
}

#[test]
fn a_process_is_read() {
    let server = server(&json!({
        "type": "stdio", "command": "npx", "args": ["-y", "${env:X}"], "env": {"A": "1"},
        "cwd": "/x", "disabled": true, "autoApprove": ["a"], "timeout": 60, "startTimeout": 5,
    }));
    assert!(!server.enabled);
    assert_eq!(server.start_timeout, Duration::from_secs(5));
    assert_eq!(server.call_timeout, Duration::from_mins(2));
    let Launch::Stdio(launch) = &server.launch else {
        panic!("{:?}", server.launch)
    };
    assert_eq!(launch.command.written(), "npx");
    assert_eq!(launch.args[1].references().count(), 1);
    assert_eq!(launch.env["A"].written(), "1");
    assert_eq!(launch.cwd.as_ref().map(Template::written), Some("/x"));
}

#[test]
fn an_address_tells_of_a_websocket() {
    for (entry, kind) in [
        (json!({"url": "wss://h/mcp"}), RemoteKind::WebSocket),
        (
            json!({"type": "remote", "url": "WS://h/mcp"}),
            RemoteKind::WebSocket,
        ),
        (
            json!({"type": "ws", "url": "ws://h/mcp"}),
            RemoteKind::WebSocket,
        ),
        (
            json!({"type": "websocket", "url": "wss://${HOST}/"}),
            RemoteKind::WebSocket,
        ),
        (json!({"url": "wss://${HOST}/"}), RemoteKind::WebSocket),
        (
            json!({"type": "ws", "url": "${URL}"}),
            RemoteKind::WebSocket,
        ),
        (json!({"url": "${URL}"}), RemoteKind::Auto),
    ] {
        let server = server(&entry);
        let Launch::Remote(launch) = &server.launch else {
            panic!("{:?}", server.launch)
        };
        assert_eq!(launch.kind, kind, "{entry}");
        let shown = if kind == RemoteKind::Auto {
            "http"
        } else {
            "ws"
        };
        assert_eq!(server.transport(), shown);
    }
}

#[test]
fn remote_servers_of_all_clients_are_read() {
    for (entry, kind) in [
        (json!({"url": "https://h/mcp"}), RemoteKind::Auto),
        (json!({"serverUrl": "https://h/mcp"}), RemoteKind::Auto),
        (json!({"httpUrl": "https://h/mcp"}), RemoteKind::Http),
        (
            json!({"type": "http", "url": "https://h/mcp"}),
            RemoteKind::Http,
        ),
        (
            json!({"type": "streamableHttp", "url": "https://h/mcp"}),
            RemoteKind::Http,
        ),
        (
            json!({"type": "streamable-http", "url": "https://h/mcp"}),
            RemoteKind::Http,
        ),
        (
            json!({"type": "sse", "url": "https://h/mcp", "enabled": true}),
            RemoteKind::Sse,
        ),
        (
            json!({"url": "https://h/mcp", "headers": {"X-Key": "${keyring:k}"}}),
            RemoteKind::Auto,
        ),
        (
            json!({"type": "remote", "url": "https://h/mcp"}),
            RemoteKind::Auto,
        ),
        (
            json!({"url": "https://h/mcp", "command": null}),
            RemoteKind::Auto,
        ),
    ] {
        let server = server(&entry);
        let Launch::Remote(launch) = &server.launch else {
            panic!("{:?}", server.launch)
        };
        assert_eq!(
            (launch.kind, launch.url.written()),
            (kind, "https://h/mcp"),
            "{entry}"
        );
        assert!(server.enabled);
    }
}

#[test]
fn servers_keep_their_order_and_both_sections_count() {
    let settings = clean(
        r#"{"callTimeout": 7, "servers": {"c": {"url": "http://h/"}},
            "mcpServers": {"z": {"command": "x"}, "a b": {"command": "x", "callTimeout": 8}}}"#,
    );
    let names: Vec<_> = settings.servers.keys().map(ServerName::as_str).collect();
    assert_eq!(names, ["z", "a b", "c"]);
    let timeouts: Vec<_> = settings
        .servers
        .values()
        .map(|s| s.call_timeout.as_secs())
        .collect();
    assert_eq!(timeouts, [7, 8, 7]);
}

#[test]
fn syntax_errors_name_the_place_and_the_way_out() {
    for (text, expected) in [
        (
            "{\r\n  \"readOnly\": true\r\n  \"listen\": 1\r\n}",
            "error: config.json:2:19: Expected comma. \
             Put a comma between this and the next value.",
        ),
        (
            "\u{feff}{'a': 1}",
            "error: config.json:1:2: Single-quoted strings are not allowed. \
             Put the text between double quotes.",
        ),
        (
            "{\"é\": {",
            "error: config.json:1:7: Unterminated object. \
             Close the object that starts here with }.",
        ),
        (
            "[1]",
            "error: config.json:1:1: The file holds a list instead of an object. \
             Put everything between { and }.",
        ),
        (
            "{} {}",
            "error: config.json:1:4: Text cannot contain more than one JSON value. \
             Remove what follows the closing }.",
        ),
    ] {
        assert!(assert_finding(text, expected).settings.is_none(), "{text}");
    }
}

#[test]
fn deep_nesting_and_large_files_are_refused() {
    let deep = "[".repeat(100_000);
    assert!(listed(&parsed(&deep)).contains("Maximum nesting depth exceeded"));
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(5_000_000));
    assert!(
        assert_finding(
            &large,
            "error: config.json:1:1: The file is larger than 4 MiB, too large for a configuration. \
         Check that this is the right file; remove what does not belong into it.",
        )
        .settings
        .is_none()
    );
}

#[test]
fn wrong_settings_of_our_own_cost_the_file() {
    for (text, expected) in [
        (
            r#"{"listen": "0.0.0.0:80"}"#,
            "1:12: listen: 0.0.0.0 can be reached from other machines. Use an address of this \
             machine with a port, for example \"127.0.0.1:8665\".",
        ),
        (
            r#"{"listen": "127.0.0.1"}"#,
            "1:12: listen: This is no IP address with a port. Use an address of this machine \
             with a port, for example \"127.0.0.1:8665\".",
        ),
        (
            r#"{"readOnly": "yes"}"#,
            "1:14: readOnly: This is a text, but has to be true or false. Remove the quotes.",
        ),
        (
            r#"{"toolResponseLimit": 1.5}"#,
            "1:23: toolResponseLimit: 1.5 is out of range. Use a whole number from 1000 to \
             10000000.",
        ),
        (
            r#"{"logs": {"level": "loud"}}"#,
            "1:20: logs.level: \"loud\" is no known value. Use \"error\" or \"warn\" or \"info\" \
             or \"debug\" or \"trace\".",
        ),
        (
            r#"{"mcpServers": []}"#,
            "1:16: mcpServers: This is a list, but has to be an object. Correct the value, or \
             remove the key.",
        ),
    ] {
        let parsed = assert_finding(text, &format!("error: config.json:{expected}"));
        assert!(parsed.settings.is_none(), "{text}");
    }
}

/// Entries that cannot be used, and how the finding about each starts.
const WRONG_ENTRIES: [(&str, &str); 17] = [
    (
        "5",
        "1:22: mcpServers.bad: This is a number, but has to be an object.",
    ),
    (
        "{}",
        "1:22: mcpServers.bad: The server has neither a command nor a URL.",
    ),
    (
        r#"{"command": "x", "url": "y"}"#,
        r#"1:46: mcpServers.bad.url: The server has both "command" and "url"."#,
    ),
    (
        r#"{"url": "https://a/", "httpUrl": "https://a/"}"#,
        r#"1:55: mcpServers.bad.httpUrl: The server has both "url" and "httpUrl"."#,
    ),
    (
        r#"{"command": "x", "args": ["a", 1]}"#,
        "1:53: mcpServers.bad.args[1]: This is a number, but has to be a text.",
    ),
    (
        r#"{"command": "x", "args": "a"}"#,
        "1:47: mcpServers.bad.args: This is a text, but has to be a list.",
    ),
    (
        r#"{"command": "x", "env": {"P": 8080}}"#,
        "1:52: mcpServers.bad.env.P: This is a number, but has to be a text.",
    ),
    (
        r#"{"command": "x", "env": {"A=B": "1"}}"#,
        "1:47: mcpServers.bad.env.A=B: A variable's name is not empty",
    ),
    (
        r#"{"command": " "}"#,
        "1:34: mcpServers.bad.command: The command is empty.",
    ),
    (
        r#"{"command": "a\u0000"}"#,
        "1:34: mcpServers.bad.command: The text contains a NUL character",
    ),
    (
        r#"{"url": "mcp"}"#,
        "1:30: mcpServers.bad.url: This is no URL:",
    ),
    (
        r#"{"type": "ws", "url": "https://h/"}"#,
        r#"1:44: mcpServers.bad.url: The address and "type" name different transports."#,
    ),
    (
        r#"{"url": "ftp://h/"}"#,
        r#"1:30: mcpServers.bad.url: "ftp:" is not supported"#,
    ),
    (
        r#"{"url": "http://h/", "headers": {"A B": "1"}}"#,
        "1:55: mcpServers.bad.headers.A B: A header's name consists of",
    ),
    (
        r#"{"type": "stdio", "url": "http://h/"}"#,
        "1:31: mcpServers.bad.type: This type needs a command",
    ),
    (
        r#"{"type": "sse", "command": "x"}"#,
        "1:31: mcpServers.bad.type: This type needs a URL",
    ),
    (
        r#"{"command": "x", "command": "y"}"#,
        r#"1:39: mcpServers.bad.command: "command" stands here a second time; the first is on line 1."#,
    ),
];

#[test]
fn a_wrong_server_costs_itself_only() {
    for (entry, finding) in WRONG_ENTRIES {
        let parsed = parsed(&format!(
            r#"{{"mcpServers":{{"bad":{entry},"good":{{"command":"x"}}}}}}"#
        ));
        let found = listed(&parsed);
        assert!(
            found.starts_with(&format!("error: config.json:{finding}")),
            "{found}"
        );
        assert_eq!(parsed.diagnostics.len(), 1, "{found}");
        let settings = parsed.settings.expect("usable");
        assert_eq!(
            settings
                .servers
                .keys()
                .map(ServerName::as_str)
                .collect::<Vec<_>>(),
            ["good"]
        );
        assert_eq!(parsed.names.len(), 2);
    }
}

#[test]
fn a_name_that_cannot_be_used_costs_its_server() {
    let parsed = parsed(r#"{"mcpServers": {" a": {"command": "x"}, "b": {"command": "x"}}}"#);
    assert!(listed(&parsed).contains("must not start or end with white space"));
    assert_eq!(parsed.settings.expect("usable").servers.len(), 1);
    assert_eq!(parsed.names.len(), 1);
}

#[test]
fn names_that_stand_twice_cost_the_file() {
    for text in [
        "{\"mcpServers\": {\"a\": {\"command\": \"x\"},\n\"a\": {\"command\": \"x\"}}}",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\"}},\n\"servers\": {\"a\": {\"command\": \"x\"}}}",
        "{\"other\": [{\"a\": 1,\n\"a\": 2}]}",
    ] {
        let parsed = parsed(text);
        let found = listed(&parsed);
        assert!(found.contains("\"a\" stands here a second time; the first is on line 1."));
        assert!(found.contains("config.json:2:"), "{found}");
        assert!(parsed.settings.is_none());
    }
}

#[test]
fn unknown_keys_are_warnings() {
    let parsed = assert_finding(
        "{\n  \"readonly\": true,\n  \"permissions\": {},\n  \"mcpServers\": {\"a\": \
         {\"command\": \"x\", \"arg\": [], \"envFile\": \".env\", \"trust\": true}}\n}",
        "warning: config.json:2:3: readonly: This key is not known and has no effect. \
         Did you mean \"readOnly\"?\n\
         warning: config.json:3:3: permissions: This key is not known and has no effect. \
         Remove it, or check how it is spelt.\n\
         warning: config.json:4:40: mcpServers.a.arg: This key is not known and has no effect. \
         Did you mean \"args\"?\n\
         warning: config.json:4:51: mcpServers.a.envFile: The file is not read here. \
         Put the variables under \"env\".",
    );
    assert_eq!(parsed.settings.expect("usable").servers.len(), 1);
}

#[test]
fn what_is_probably_meant_otherwise_is_a_warning() {
    for (entry, finding) in [
        (
            json!({"command": "npx -y x"}),
            "looks like a whole command line",
        ),
        (
            json!({"command": "x", "env": {"A": "${input:a}"}}),
            "`${input:a}` is no reference",
        ),
    ] {
        let parsed = parsed(&json!({"mcpServers": {"s": entry}}).to_string());
        assert!(listed(&parsed).contains(finding), "{}", listed(&parsed));
        assert!(
            parsed
                .diagnostics
                .iter()
                .all(|d| d.severity == Severity::Warning)
        );
        assert_eq!(parsed.settings.expect("usable").servers.len(), 1);
    }
}

#[test]
fn keys_of_entries_are_not_keys_of_the_file() {
    let found = listed(&parsed(r#"{"timeout": 5, "inputs": [], "a\u001b[2J": 1}"#));
    assert!(found.contains("timeout: This key is not known"), "{found}");
    assert!(!found.contains("inputs"), "{found}");
    assert!(!found.contains('\u{1b}'), "{found}");
}

#[test]
fn diagnostics_are_bounded_and_keep_errors() {
    let keys: Vec<_> = (0..500).map(|n| format!("\"unknown{n}\": 1")).collect();
    let parsed = parsed(&format!("{{{}, \"readOnly\": 1}}", keys.join(",")));
    assert_eq!(parsed.diagnostics.len(), 100);
    assert!(
        parsed
            .diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error)
    );
}

proptest::proptest! {
    /// Any text gives settings or an error, and never a panic.
    #[test]
    fn any_text_is_answered(text in "[{}\\[\\]\",:/*a\\\\\n é\u{feff}$0-9-]{0,60}") {
        let parsed = parsed(&text);
        let failed = parsed.diagnostics.iter().any(|d| d.severity == Severity::Error);
        proptest::prop_assert!(parsed.settings.is_some() || failed);
    }
}
