//! The real MCP servers and clients that `cargo xtask test` installs from the registries.
//!
//! Their versions stand in `tests/fixtures`; they are installed under `.cache/fixtures`, or
//! wherever `TOOLGATE_FIXTURES` says. A test that needs one and does not find it fails.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value};

use crate::programs::repository;

/// The folder with the installed packages.
pub fn folder() -> PathBuf {
    match std::env::var_os("TOOLGATE_FIXTURES") {
        Some(folder) => folder.into(),
        None => repository().join(".cache/fixtures"),
    }
}

/// A file of an installed npm package, for example `.bin/mcp-inspector`.
pub fn npm(path: &str) -> anyhow::Result<PathBuf> {
    installed("npm/node_modules", path)
}

/// A program of the Python environment, for example `python`.
pub fn python(program: &str) -> anyhow::Result<PathBuf> {
    installed("python/venv/bin", program)
}

/// The checked-in file `tests/fixtures/<path>`.
pub fn checked_in(path: &str) -> PathBuf {
    repository().join("tests/fixtures").join(path)
}

/// The entries of the real servers, with every placeholder filled.
///
/// `scratch` is a folder in which the servers may keep files; it gets an empty git repository.
pub fn real_servers(scratch: &Path) -> anyhow::Result<Map<String, Value>> {
    let npm = npm(".bin")?;
    let (venv, venv_v1) = (python("")?, installed("python/venv-v1/bin", "")?);
    let git_repository = scratch.join("repository");
    let made = std::process::Command::new("git")
        .args(["init", "-q"])
        .arg(&git_repository)
        .status();
    ensure!(
        made.is_ok_and(|status| status.success()),
        "`git init` failed"
    );
    let mut text = std::fs::read_to_string(checked_in("real-servers.json"))?;
    for (placeholder, path) in [
        ("{npm}", npm.parent().unwrap_or(&npm)),
        ("{venv}", &venv),
        ("{venv-v1}", &venv_v1),
        ("{tmp}", scratch),
        ("{repository}", &git_repository),
    ] {
        let path = path.to_str().context("a path that is no UTF-8")?;
        text = text.replace(placeholder, path.trim_end_matches('/'));
    }
    let mut file: Value = serde_json::from_str(&text)?;
    match file["mcpServers"].take() {
        Value::Object(servers) => Ok(servers),
        other => anyhow::bail!("real-servers.json has no servers but {other}"),
    }
}

fn installed(below: &str, path: &str) -> anyhow::Result<PathBuf> {
    let file = folder().join(below).join(path);
    ensure!(
        file.exists(),
        "{} is missing. Run `cargo xtask fixtures` (part of `cargo xtask test`) to install the \
         real servers and clients, or set TOOLGATE_FIXTURES to the folder that has them.",
        file.display()
    );
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_way_to_get_it() {
        let error = installed("nowhere", "nothing")
            .expect_err("it is not there")
            .to_string();
        assert!(
            error.contains("nowhere/nothing") && error.contains("cargo xtask"),
            "{error}"
        );
    }

    #[test]
    fn the_list_of_real_servers_has_only_known_placeholders() {
        let text = std::fs::read_to_string(checked_in("real-servers.json")).expect("readable");
        let list: Value = serde_json::from_str(&text).expect("JSON");
        assert!(list["mcpServers"].as_object().expect("servers").len() >= 18);
        let mut rest = text;
        for known in ["{npm}", "{venv}", "{venv-v1}", "{tmp}", "{repository}"] {
            rest = rest.replace(known, "");
        }
        let left = rest
            .match_indices('{')
            .any(|(at, _)| rest[at + 1..].starts_with(|next: char| next.is_ascii_lowercase()));
        assert!(!left, "an unknown placeholder");
    }
}
