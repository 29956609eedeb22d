//! One server's entry, in the shape of whichever client it was written for.

use std::time::Duration;

use jsonc_parser::ast::{ObjectProp, Value};
use model::{ServerName, TrustMode};
use url::Url;

use super::keys;
use super::sandbox;
use super::section::Section;
use super::source::{self, Report};
use crate::launch::{Launch, RemoteKind, RemoteLaunch, ServerConfig, SignIn, StdioLaunch};
use crate::template::Template;

/// What an entry says about itself.
#[derive(Clone, Copy)]
enum Kind {
    Process,
    Remote(RemoteKind),
}

/// The words of all clients for the transports.
const TYPES: [(&str, Kind); 10] = [
    ("stdio", Kind::Process),
    ("http", Kind::Remote(RemoteKind::Http)),
    ("sse", Kind::Remote(RemoteKind::Sse)),
    ("streamable-http", Kind::Remote(RemoteKind::Http)),
    ("streamableHttp", Kind::Remote(RemoteKind::Http)),
    ("streamable_http", Kind::Remote(RemoteKind::Http)),
    ("ws", Kind::Remote(RemoteKind::WebSocket)),
    ("websocket", Kind::Remote(RemoteKind::WebSocket)),
    ("local", Kind::Process),
    ("remote", Kind::Remote(RemoteKind::Auto)),
];

/// `url`, and what Windsurf and Gemini call it.
const URL_KEYS: [&str; 3] = ["url", "serverUrl", "httpUrl"];

/// What holds for a server whose entry does not say otherwise.
#[derive(Clone, Copy)]
pub(super) struct Timeouts {
    pub(super) start: Duration,
    pub(super) call: Duration,
}

/// Reads a server's entry: its name, where that can be used, and the server, where it can.
pub(super) fn read(
    property: &ObjectProp<'_>,
    path: String,
    timeouts: Timeouts,
    report: &mut Report<'_>,
) -> Option<(ServerName, Option<ServerConfig>)> {
    let name = match ServerName::new(property.name.as_str()) {
        Ok(name) => name,
        Err(error) => {
            let message = format!("This name cannot be used: {error}.");
            report.error(property.range.start, &path, message, "Rename the server.");
            return None;
        }
    };
    let Value::Object(object) = &property.value else {
        let message = format!(
            "This is {}, but has to be an object.",
            source::kind(&property.value)
        );
        let fix = "Describe the server with \"command\" and \"args\", or with \"url\".";
        report.error(source::start(&property.value), &path, message, fix);
        return Some((name, None));
    };
    let mut section = Section::new(object, path, report);
    let server = read_server(&mut section, name.clone(), timeouts);
    Some((name, server))
}

fn read_server(
    section: &mut Section<'_, '_, '_>,
    name: ServerName,
    timeouts: Timeouts,
) -> Option<ServerConfig> {
    keys::check(section, &keys::SERVER, &keys::FOREIGN_IN_SERVER);
    let disabled = section.flag("disabled").unwrap_or(false);
    let enabled = section.flag("enabled").unwrap_or(true) && !disabled;
    let start_timeout = seconds(section, "startTimeout").unwrap_or(timeouts.start);
    let call_timeout = seconds(section, "callTimeout").unwrap_or(timeouts.call);
    let trust = read_trust(section);
    let launch = read_launch(section)?;
    section.is_usable().then_some(ServerConfig {
        name,
        enabled,
        launch,
        start_timeout,
        call_timeout,
        trust,
    })
}

/// How new definitions are to come in. Another client has a switch of this name, which says
/// nothing here.
fn read_trust(section: &mut Section<'_, '_, '_>) -> Option<String> {
    if !section.has_text("trust") {
        return None;
    }
    let text = section.text("trust")?.value.to_string();
    if TrustMode::parse(&text).as_str() != text {
        let message = "This is no way to trust, so a person approves everything.";
        let fix = "Write \"manual\", \"scan\" or \"auto\".";
        section.warning(section.at("trust"), "trust", message, fix);
    }
    Some(text)
}

/// A duration in whole seconds, at most a day.
pub(super) fn seconds(section: &mut Section<'_, '_, '_>, key: &str) -> Option<Duration> {
    section.number(key, 1..=86_400).map(Duration::from_secs)
}

fn read_launch(section: &mut Section<'_, '_, '_>) -> Option<Launch> {
    let kind = section.choice("type", &TYPES);
    let urls: Vec<&str> = URL_KEYS
        .into_iter()
        .filter(|key| section.has(key))
        .collect();
    match (section.has("command"), urls.as_slice()) {
        (true, []) => {
            if let Some(Kind::Remote(_)) = kind {
                let message = "This type needs a URL, but the entry has a command.";
                section.error(section.at("type"), "type", message, "Remove \"type\".");
            }
            read_stdio(section).map(Launch::Stdio)
        }
        (false, [key]) => read_remote(section, key, kind).map(Launch::Remote),
        (false, []) => {
            let message = "The server has neither a command nor a URL.";
            let fix = "Give it \"command\" and \"args\", or \"url\".";
            section.error(section.start(), "", message, fix);
            None
        }
        (true, [key, ..]) | (false, [_, key, ..]) => {
            let other = if section.has("command") {
                "command"
            } else {
                urls[0]
            };
            let message = format!("The server has both \"{other}\" and \"{key}\".");
            section.error(section.at(key), key, message, "Keep one of them.");
            None
        }
    }
}

fn read_stdio(section: &mut Section<'_, '_, '_>) -> Option<StdioLaunch> {
    let command = section.template("command");
    let args = section.templates("args");
    let env = section.template_map("env", wrong_variable);
    let cwd = section.template("cwd");
    let sandbox = sandbox::read(section);
    let command = command?;
    let at = section.at("command");
    if command.written().trim().is_empty() {
        section.error(
            at,
            "command",
            "The command is empty.",
            "Name the program to start.",
        );
    } else if args.is_empty() && is_command_line(&command) {
        let message = "This looks like a whole command line, but is taken for one program's name.";
        section.warning(at, "command", message, "Move the arguments to \"args\".");
    }
    Some(StdioLaunch {
        command,
        args,
        env,
        cwd,
        sandbox,
    })
}

/// `npx -y thing`, but neither a path with spaces nor a lone program.
fn is_command_line(command: &Template) -> bool {
    let mut words = command.written().split_whitespace();
    let program = words.next().unwrap_or_default();
    words.next().is_some() && !program.contains(['/', '\\'])
}

fn read_remote(
    section: &mut Section<'_, '_, '_>,
    key: &str,
    kind: Option<Kind>,
) -> Option<RemoteLaunch> {
    let kind = match kind {
        Some(Kind::Remote(kind)) => kind,
        Some(Kind::Process) => {
            let message = "This type needs a command, but the entry has a URL.";
            section.error(
                section.at("type"),
                "type",
                message,
                "Use \"http\" or \"sse\".",
            );
            return None;
        }
        // Gemini's `httpUrl` says which transport it is; its `url` and everyone else's do not.
        None if key == "httpUrl" => RemoteKind::Http,
        None => RemoteKind::Auto,
    };
    let url = section.template(key);
    let headers = section.template_map("headers", wrong_header);
    let sign_in = read_sign_in(section);
    let url = url?;
    let kind = match scheme(url.written()) {
        Some(scheme) => kind.for_scheme(scheme),
        None => Some(kind),
    };
    if let Some(problem) = url.as_literal().and_then(wrong_url) {
        let fix = "Use an address such as \"https://example.com/mcp\".";
        section.error(section.at(key), key, problem, fix);
    } else if kind.is_none() {
        let message = "The address and \"type\" name different transports.";
        let fix = "Remove \"type\", or use an address that goes with it.";
        section.error(section.at(key), key, message, fix);
    }
    let kind = kind.unwrap_or_default();
    Some(RemoteLaunch {
        url,
        headers,
        sign_in,
        kind,
    })
}

fn read_sign_in(section: &mut Section<'_, '_, '_>) -> SignIn {
    let Some(mut oauth) = section.child("oauth") else {
        return SignIn::default();
    };
    keys::check(&mut oauth, &keys::OAUTH, &[]);
    let sign_in = SignIn {
        client_id: oauth.template("clientId"),
        client_secret: oauth.template("clientSecret"),
        client_metadata_url: oauth.template("clientMetadataUrl"),
        scopes: oauth.one_or_more("scopes"),
    };
    let usable = oauth.is_usable();
    section.require(usable);
    sign_in
}

/// The scheme of an address that is written out at least so far.
fn scheme(written: &str) -> Option<&'static str> {
    let schemes = ["http", "https", "ws", "wss"];
    let (written, _) = written.split_once("://")?;
    let known = |scheme: &&str| written.eq_ignore_ascii_case(scheme);
    schemes.into_iter().find(known)
}

fn wrong_url(text: &str) -> Option<String> {
    match Url::parse(text) {
        Err(error) => Some(format!("This is no URL: {error}.")),
        Ok(url) if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") => Some(format!(
            "\"{}:\" is not supported; servers are reached over HTTP or a WebSocket.",
            url.scheme()
        )),
        Ok(_) => None,
    }
}

fn wrong_variable(name: &str) -> Option<&'static str> {
    let wrong = name.is_empty() || name.contains(['=', '\0']);
    wrong.then_some("A variable's name is not empty and contains neither \"=\" nor NUL.")
}

/// The characters of a header's name: RFC 9110, section 5.6.2.
fn wrong_header(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let wrong = name.is_empty() || !name.chars().all(allowed);
    wrong.then_some("A header's name consists of ASCII letters, digits and hyphens.")
}
