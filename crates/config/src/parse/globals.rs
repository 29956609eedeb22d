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
    set(&mut settings.registry, registry(section));
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

/// What it lists is offered to people to be run, so nobody on the way may change it.
fn registry(section: &mut Section<'_, '_, '_>) -> Option<String> {
    let text = section.text("registry")?;
    let url = Url::parse(&text.value).ok();
    let is_safe = url.is_some_and(|url| {
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        url.scheme() == "https" || (url.scheme() == "http" && is_here)
    });
    if is_safe {
        return Some(text.value.to_string());
    }
    let message = "This is no address that starts with https://.";
    let fix = "Use the address of a registry, or remove the key to use the official one.";
    section.error(text.range.start, "registry", message, fix);
    None
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
