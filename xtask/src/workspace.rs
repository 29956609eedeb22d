//! What cargo knows about this workspace: its root, its target directory, its packages.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::shell;

/// The workspace that the task was started in.
pub(crate) struct Workspace {
    /// Directory of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Directory of build output, wherever the developer put it.
    pub(crate) target: PathBuf,
    /// Members, in cargo's order.
    pub(crate) packages: Vec<Package>,
}

/// One member of the workspace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Name, which is also the folder's name.
    pub(crate) name: String,
    /// Names of what it builds on; development dependencies are not among them.
    pub(crate) dependencies: Vec<String>,
}

impl Workspace {
    /// Asks cargo about the workspace around the current directory.
    pub(crate) fn load() -> Result<Self> {
        let output = shell::cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cargo could not be started")?;
        ensure!(
            output.status.success(),
            "cargo could not read the workspace: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        let metadata = serde_json::from_slice(&output.stdout)?;
        Self::from_metadata(&metadata).context("cargo's description of the workspace is incomplete")
    }

    /// Reads the answer of `cargo metadata`, format version 1.
    fn from_metadata(metadata: &Value) -> Option<Self> {
        let packages = metadata["packages"].as_array()?;
        Some(Self {
            root: metadata["workspace_root"].as_str()?.into(),
            target: metadata["target_directory"].as_str()?.into(),
            packages: packages.iter().map(package).collect::<Option<_>>()?,
        })
    }

    /// Path of a built program, for example `binary("release", "toolgate")`.
    pub(crate) fn binary(&self, profile: &str, name: &str) -> PathBuf {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.target.join(profile).join(file)
    }

    /// The path relative to the root where it lies inside it, for showing.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

fn package(value: &Value) -> Option<Package> {
    let dependencies = value["dependencies"].as_array()?;
    Some(Package {
        name: value["name"].as_str()?.to_owned(),
        dependencies: dependencies
            .iter()
            .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn example() -> Workspace {
        let metadata = json!({
            "workspace_root": "/project",
            "target_directory": "/elsewhere/target",
            "packages": [{
                "name": "fleet",
                "dependencies": [
                    {"name": "model", "kind": null},
                    {"name": "testkit", "kind": "dev"},
                    {"name": "codegen", "kind": "build"},
                ],
            }],
        });
        Workspace::from_metadata(&metadata).expect("complete")
    }

    #[test]
    fn development_dependencies_do_not_count() {
        let expected = Package {
            name: "fleet".to_owned(),
            dependencies: vec!["model".to_owned(), "codegen".to_owned()],
        };
        assert_eq!(example().packages, [expected]);
    }

    #[test]
    fn programs_are_looked_for_in_the_target_directory() {
        let path = example().binary("release", "toolgate");
        let name = format!("toolgate{}", std::env::consts::EXE_SUFFIX);
        assert_eq!(path, Path::new("/elsewhere/target/release").join(name));
    }

    #[test]
    fn paths_are_shown_relative_to_the_root_where_possible() {
        let workspace = example();
        assert_eq!(
            workspace.shown(Path::new("/project/a/b.rs")),
            Path::new("a/b.rs")
        );
        assert_eq!(
            workspace.shown(Path::new("/other/b.rs")),
            Path::new("/other/b.rs")
        );
    }

    #[test]
    fn an_incomplete_description_is_refused() {
        assert!(Workspace::from_metadata(&json!({"packages": []})).is_none());
    }

    #[test]
    fn this_very_workspace_is_readable() {
        let workspace = Workspace::load().expect("cargo describes the workspace");
        assert!(
            workspace
                .packages
                .iter()
                .any(|package| package.name == "xtask")
        );
    }
}
