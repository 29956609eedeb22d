//! Keys: ours, those of other clients, and what a misspelt one may have been.

use super::section::Section;

/// Keys of the whole file.
pub(super) const FILE: [&str; 16] = [
    "$schema",
    "listen",
    "tokens",
    "readOnly",
    "allowServerAdd",
    "allowServerRemove",
    "toolResponseLimit",
    "callTools",
    "callTimeout",
    "startTimeout",
    "registry",
    "outputs",
    "logs",
    "desktop",
    "mcpServers",
    "servers",
];

/// Keys of `outputs`.
pub(super) const OUTPUTS: [&str; 2] = ["stripHidden", "mark"];

/// Keys of `logs`.
pub(super) const LOGS: [&str; 5] = [
    "level",
    "maxFileMegabytes",
    "maxFiles",
    "maxAgeDays",
    "arguments",
];

/// Keys of `desktop`.
pub(super) const DESKTOP: [&str; 5] = [
    "language",
    "theme",
    "startAtLogin",
    "checkForUpdates",
    "notices",
];

/// Keys of `desktop.notices`.
pub(super) const NOTICES: [&str; 3] = ["review", "signIn", "problems"];

/// Keys of a server's entry.
pub(crate) const SERVER: [&str; 17] = [
    "command",
    "args",
    "env",
    "cwd",
    "type",
    "url",
    "serverUrl",
    "httpUrl",
    "headers",
    "oauth",
    "disabled",
    "enabled",
    "callTimeout",
    "startTimeout",
    "trust",
    "sandbox",
    "isolation",
];

/// Keys of a server's `oauth`.
pub(super) const OAUTH: [&str; 4] = ["clientId", "clientSecret", "clientMetadataUrl", "scopes"];

/// Keys of a server's `sandbox`.
pub(super) const SANDBOX: [&str; 6] = ["profile", "network", "sockets", "read", "write", "memory"];

/// Keys of a server's `isolation`.
pub(super) const ISOLATION: [&str; 1] = ["docker"];

/// Keys of a container.
pub(super) const DOCKER: [&str; 4] = ["image", "runtime", "network", "mounts"];

/// Keys that other clients write into an entry and that change nothing here.
pub(super) const FOREIGN_IN_SERVER: [&str; 19] = [
    "$comment",
    "alwaysAllow",
    "autoApprove",
    "autoApproved",
    "comment",
    "description",
    "dev",
    "displayName",
    "gallery",
    "icon",
    "iconPath",
    "id",
    "inputs",
    "metadata",
    "name",
    "note",
    "timeout",
    "tools",
    "version",
];

/// The same for the whole file: what VS Code asks its user for.
pub(super) const FOREIGN_IN_FILE: [&str; 1] = ["inputs"];

/// Keys of other clients that make a server behave differently there, and what happens here.
const DIFFERENT: [(&str, &str, &str); 6] = [
    (
        "envFile",
        "The file is not read here.",
        "Put the variables under \"env\".",
    ),
    (
        "headersHelper",
        "The program is not run here.",
        "Put the headers under \"headers\".",
    ),
    (
        "authProviderType",
        "This way to sign in is not used here.",
        "Put a token under \"headers\".",
    ),
    (
        "includeTools",
        "All tools of the server are offered here.",
        "Remove the key.",
    ),
    (
        "excludeTools",
        "All tools of the server are offered here.",
        "Remove the key.",
    ),
    (
        "disabledTools",
        "All tools of the server are offered here.",
        "Remove the key.",
    ),
];

/// Warns about keys that are not known in this object; `foreign` ones are passed over.
pub(super) fn check(section: &mut Section<'_, '_, '_>, known: &[&str], foreign: &[&str]) {
    for property in section.properties() {
        let (key, at) = (property.name.as_str(), property.range.start);
        if known.contains(&key) || foreign.contains(&key) {
            continue;
        }
        if let Some((_, message, fix)) = DIFFERENT.iter().find(|(name, ..)| *name == key) {
            section.warning(at, key, *message, *fix);
            continue;
        }
        let fix = match nearest(key, known) {
            Some(meant) => format!("Did you mean \"{meant}\"?"),
            None => "Remove it, or check how it is spelt.".to_owned(),
        };
        section.warning(at, key, "This key is not known and has no effect.", fix);
    }
}

/// The known key that a misspelt one most likely means.
fn nearest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let plain = |key: &str| key.to_lowercase().replace(['_', '-'], "");
    let wanted = plain(key);
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&wanted, &plain(known)), *known))
        .filter(|(distance, known)| distance * 3 <= known.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_close() {
        for (key, meant) in [
            ("comand", Some("command")),
            ("Args", Some("args")),
            ("call_timeout", Some("callTimeout")),
            ("urls", Some("url")),
            ("unrelated", None),
            ("x", None),
        ] {
            assert_eq!(nearest(key, &SERVER), meant, "{key}");
        }
    }
}
