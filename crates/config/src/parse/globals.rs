//! The gateway's own settings: everything at the top of the file except the servers.

use std::net::SocketAddr;

use model::TokenRule;
use url::Url;

use super::entry::{Timeouts, seconds};
use super::section::Section;
use super::{desktop, keys};
use crate::settings::{
    ArgumentLogging, CallTools, DEFAULT_CALL_TIMEOUT, DEFAULT_START_TIMEOUT, LogLevel, LogSettings,
    MarkOutputs, OutputSettings, Settings,
};

const CALL_TOOLS: [(&str, CallTools); 2] =
    [("split", CallTools::Split), ("single", CallTools::Single)];

const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

const MARKS: [(&str, MarkOutputs); 3] = [
    ("never", MarkOutputs::Never),
    ("suspicious", MarkOutputs::Suspicious),
    ("always", MarkOutputs::Always),
];

const ARGUMENTS: [(&str, ArgumentLogging); 2] = [
    ("shape", ArgumentLogging::Shape),
    ("off", ArgumentLogging::Off),
];

/// Registries that may be named; a search asks all of them.
const MOST_REGISTRIES: usize = 8;

/// Reads everything but the servers, and returns the time limits for them.
pub(super) fn read(section: &mut Section<'_, '_, '_>, settings: &mut Settings) -> Timeouts {
    keys::check(section, &keys::FILE, &keys::FOREIGN_IN_FILE);
    if let Some(address) = listen(section) {
        settings.listen = address;
    }
    settings.tokens = tokens(section);
    set(&mut settings.read_only, section.flag("readOnly"));
    set(
        &mut settings.allow_server_add,
        section.flag("allowServerAdd"),
    );
    set(
        &mut settings.allow_server_remove,
        section.flag("allowServerRemove"),
    );
    let limit = section.number("toolResponseLimit", 1_000..=10_000_000);
    set(
        &mut settings.tool_response_limit,
        limit.and_then(|limit| usize::try_from(limit).ok()),
    );
    set(
        &mut settings.call_tools,
        section.choice("callTools", &CALL_TOOLS),
    );
    set(&mut settings.registries, registries(section));
    if let Some(mut outputs) = section.child("outputs") {
        read_outputs(&mut outputs, &mut settings.outputs);
        let usable = outputs.is_usable();
        section.require(usable);
    }
    if let Some(mut logs) = section.child("logs") {
        read_logs(&mut logs, &mut settings.logs);
        let usable = logs.is_usable();
        section.require(usable);
    }
    if let Some(mut desktop) = section.child("desktop") {
        desktop::read(&mut desktop, &mut settings.desktop);
        let usable = desktop.is_usable();
        section.require(usable);
    }
    Timeouts {
        start: seconds(section, "startTimeout").unwrap_or(DEFAULT_START_TIMEOUT),
        call: seconds(section, "callTimeout").unwrap_or(DEFAULT_CALL_TIMEOUT),
    }
}

fn read_outputs(section: &mut Section<'_, '_, '_>, outputs: &mut OutputSettings) {
    keys::check(section, &keys::OUTPUTS, &[]);
    set(&mut outputs.strip_hidden, section.flag("stripHidden"));
    set(&mut outputs.mark, section.choice("mark", &MARKS));
}

fn read_logs(section: &mut Section<'_, '_, '_>, logs: &mut LogSettings) {
    keys::check(section, &keys::LOGS, &[]);
    set(&mut logs.level, section.choice("level", &LEVELS));
    set(
        &mut logs.max_file_megabytes,
        section.number("maxFileMegabytes", 1..=1024),
    );
    let files = section.number("maxFiles", 1..=100);
    set(
        &mut logs.max_files,
        files.and_then(|files| usize::try_from(files).ok()),
    );
    set(
        &mut logs.max_age_days,
        section.number("maxAgeDays", 1..=3650),
    );
    set(&mut logs.arguments, section.choice("arguments", &ARGUMENTS));
}

pub(super) fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

/// What they list is offered to people to be run, so nobody on the way may change it.
fn registries(section: &mut Section<'_, '_, '_>) -> Option<Vec<String>> {
    let texts = section.texts("registry")?;
    let words = texts.iter().flat_map(|text| text.value.split_whitespace());
    let addresses: Vec<String> = words.map(str::to_owned).collect();
    let is_usable = addresses.iter().all(|address| is_safe(address));
    if is_usable && (1..=MOST_REGISTRIES).contains(&addresses.len()) {
        return Some(addresses);
    }
    let at = texts
        .first()
        .map_or(section.at("registry"), |text| text.range.start);
    let message = if is_usable {
        "There have to be one to eight registries."
    } else {
        "This is no address that starts with https://."
    };
    let fix = "Use the address of a registry, or remove the key to use the official one.";
    section.error(at, "registry", message, fix);
    None
}

fn is_safe(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| {
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        url.scheme() == "https" || (url.scheme() == "http" && is_here)
    })
}

/// A word that nobody knows must not open the door, and must not leave it open either, so it counts
/// as the safe one at once instead of making the file unusable.
fn tokens(section: &mut Section<'_, '_, '_>) -> TokenRule {
    let Some(text) = section.text("tokens") else {
        return TokenRule::Required;
    };
    match text.value.as_ref() {
        "required" => TokenRule::Required,
        "off" => TokenRule::Off,
        other => {
            let message = format!(
                "\"{}\" is no known value, so tokens are required.",
                other.escape_debug()
            );
            let fix = "Use \"required\" or \"off\".";
            section.warning(text.range.start, "tokens", message, fix);
            TokenRule::Required
        }
    }
}

/// The gateway runs programs for whoever reaches it, so it listens on this machine only.
fn listen(section: &mut Section<'_, '_, '_>) -> Option<SocketAddr> {
    let text = section.text("listen")?;
    let numeric = text.value.replace("localhost", "127.0.0.1");
    let fix = "Use an address of this machine with a port, for example \"127.0.0.1:8665\".";
    match numeric.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => return Some(address),
        Ok(address) => {
            let message = format!("{} can be reached from other machines.", address.ip());
            section.error(text.range.start, "listen", message, fix);
        }
        Err(_) => {
            let message = "This is no IP address with a port.";
            section.error(text.range.start, "listen", message, fix);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use crate::settings::DEFAULT_REGISTRY;

    fn registries(value: &Value) -> Option<Vec<String>> {
        let text = json!({ "registry": value }).to_string();
        let parsed = crate::parse(&text, Path::new("x"));
        let settings = parsed.settings.filter(|_| parsed.diagnostics.is_empty());
        settings.map(|settings| settings.registries)
    }

    #[test]
    fn one_registry_or_several_are_named() {
        let (own, here) = ("https://registry.example/v", "http://127.0.0.1:1/");
        for (value, expected) in [
            (json!(null), vec![DEFAULT_REGISTRY]),
            (json!(own), vec![own]),
            (json!([own, here]), vec![own, here]),
            (json!(format!(" {own}\n {here}")), vec![own, here]),
        ] {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(registries(&value), Some(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_registry_is_refused() {
        let nine = vec!["https://a.example"; 9];
        for value in [
            json!(""),
            json!([]),
            json!([1]),
            json!(nine),
            json!("http://registry.example"),
            json!(["https://a.example", "http://169.254.169.254/"]),
            json!("file:///etc/passwd"),
            json!("http://[::ffff:7f00:1]/"),
        ] {
            assert_eq!(registries(&value), None, "{value}");
        }
    }
}
