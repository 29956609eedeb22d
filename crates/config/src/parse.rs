//! From the text of the file to settings, with a diagnostic for everything that is not as it
//! should be.
//!
//! What breaks the whole file (its syntax, a setting of the gateway's own) leaves no settings;
//! what breaks one server costs that server only. A key nobody knows is a warning, because an
//! entry may be pasted from any client.

mod desktop;
mod entry;
mod globals;
mod keys;
mod repeats;
mod sandbox;
mod section;
mod source;

use std::collections::BTreeSet;
use std::path::Path;

use indexmap::IndexSet;
use jsonc_parser::ast::{Object, Value};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use model::{Diagnostic, ServerName};

use crate::settings::Settings;
use section::Section;
use source::Report;

pub(crate) use keys::SERVER as SERVER_KEYS;
pub(crate) use source::problem;

/// A configuration larger than this is refused unread: nobody writes it by hand.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Where servers stand: our own key, and the one of VS Code's `mcp.json`.
pub(crate) const SERVER_SECTIONS: [&str; 2] = ["mcpServers", "servers"];

/// What a text says.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The settings, without the servers that cannot be used; nothing when the file as a whole
    /// cannot be used.
    pub settings: Option<Settings>,
    /// Findings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// All servers of the file in its order, those included that cannot be used.
    pub names: IndexSet<ServerName>,
}

impl Parsed {
    pub(crate) fn failed(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            settings: None,
            diagnostics,
            names: IndexSet::new(),
        }
    }
}

/// Reads the text of a configuration file; `file` is only named in the diagnostics.
///
/// Comments, trailing commas, a byte order mark and any line ending are fine. An empty text
/// means the default settings.
pub fn parse(text: &str, file: &Path) -> Parsed {
    if text.len() as u64 > MAX_FILE_BYTES {
        return Parsed::failed(vec![too_large(file)]);
    }
    let mut report = Report::new(text, file);
    let root = match parse_to_ast(report.body(), &CollectOptions::default(), &syntax()) {
        Ok(parsed) => parsed.value,
        Err(error) => {
            let message = format!("{}.", error.kind());
            report.error(
                error.range().start,
                "",
                message,
                source::syntax_fix(error.kind()),
            );
            return Parsed::failed(report.finish());
        }
    };
    match &root {
        None => Parsed {
            settings: Some(Settings::default()),
            diagnostics: Vec::new(),
            names: IndexSet::new(),
        },
        Some(Value::Object(object)) => read(object, report),
        Some(other) => {
            let message = format!(
                "The file holds {} instead of an object.",
                source::kind(other)
            );
            report.error(
                source::start(other),
                "",
                message,
                "Put everything between { and }.",
            );
            Parsed::failed(report.finish())
        }
    }
}

/// JSON with comments and trailing commas; none of the further liberties of the parser.
pub(crate) fn syntax() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

pub(crate) fn too_large(file: &Path) -> Diagnostic {
    let limit = MAX_FILE_BYTES / (1024 * 1024);
    problem(
        file,
        format!("The file is larger than {limit} MiB, too large for a configuration."),
        "Check that this is the right file; remove what does not belong into it.",
    )
}

fn read(root: &Object<'_>, mut report: Report<'_>) -> Parsed {
    let repeats = repeats::find(root);
    let mut broken = BTreeSet::new();
    let mut usable = true;
    for repeat in &repeats {
        match repeat.server() {
            Some(server) => _ = broken.insert(server),
            None => usable = false,
        }
        repeat.tell(&mut report);
    }
    let mut settings = Settings::default();
    let mut section = Section::new(root, String::new(), &mut report);
    let timeouts = globals::read(&mut section, &mut settings);
    usable &= section.is_usable();
    let mut names = IndexSet::new();
    for key in SERVER_SECTIONS {
        let mut section = Section::new(root, String::new(), &mut report);
        let servers = section.object(key);
        usable &= section.is_usable();
        for property in servers.into_iter().flat_map(|servers| &servers.properties) {
            let path = format!("{key}.{}", property.name.as_str());
            let Some((name, server)) = entry::read(property, path, timeouts, &mut report) else {
                continue;
            };
            names.insert(name.clone());
            if let Some(server) = server.filter(|_| !broken.contains(name.as_str())) {
                settings.servers.insert(name, server);
            }
        }
    }
    Parsed {
        settings: usable.then_some(settings),
        diagnostics: report.finish(),
        names,
    }
}

/// The keys of the file and of its sections, by the section's place in the schema.
#[cfg(test)]
pub(crate) fn known_keys() -> [(&'static str, &'static [&'static str]); 9] {
    [
        ("", &keys::FILE),
        ("/$defs/Logs", &keys::LOGS),
        ("/$defs/Desktop", &keys::DESKTOP),
        ("/$defs/Notices", &keys::NOTICES),
        ("/$defs/Server", &keys::SERVER),
        ("/$defs/OAuth", &keys::OAUTH),
        ("/$defs/Fence", &keys::SANDBOX),
        ("/$defs/Isolation", &keys::ISOLATION),
        ("/$defs/Docker", &keys::DOCKER),
    ]
}

#[cfg(test)]
mod tests;
