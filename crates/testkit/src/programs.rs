//! Where the built programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

/// The built `toolgate` program.
pub fn toolgate() -> anyhow::Result<PathBuf> {
    program("toolgate", "cli")
}

/// The built scripted server.
pub fn fake_server() -> anyhow::Result<PathBuf> {
    program("fake-server", "testkit")
}

/// A configuration entry that starts the scripted server over stdio with these arguments.
pub fn fake(arguments: &[&str]) -> anyhow::Result<Value> {
    Ok(json!({"command": fake_server()?, "args": arguments}))
}

/// The repository's root.
pub fn repository() -> &'static Path {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
    crates.ancestors().nth(2).unwrap_or(crates)
}

/// Finds a program beside the running test or program; builds it if the build left it out.
fn program(name: &str, package: &str) -> anyhow::Result<PathBuf> {
    let running = std::env::current_exe()?;
    let profile = profile(&running).context("the test lies in no target directory")?;
    let file = profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !file.exists() {
        build(package, profile)?;
        ensure!(
            file.exists(),
            "{} was built but is not there",
            file.display()
        );
    }
    Ok(file)
}

/// The folder of programs: a test lies in `target/<profile>/deps`, a program in `target/<profile>`.
fn profile(running: &Path) -> Option<&Path> {
    let folder = running.parent()?;
    if folder.ends_with("deps") {
        folder.parent()
    } else {
        Some(folder)
    }
}

fn build(package: &str, profile: &Path) -> anyhow::Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--package", package])
        .current_dir(repository());
    if profile.file_name().is_some_and(|name| name == "release") {
        cargo.arg("--release");
    }
    let status = cargo.status().context("cargo cannot be run")?;
    ensure!(status.success(), "`cargo build --package {package}` failed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_the_folder_with_the_workspace() {
        let manifest = std::fs::read_to_string(repository().join("Cargo.toml")).expect("readable");
        assert!(manifest.contains("[workspace]"));
    }

    #[test]
    fn tests_and_programs_find_the_same_folder() {
        for running in ["/target/debug/deps/testkit-0", "/target/debug/fake-server"] {
            assert_eq!(
                profile(Path::new(running)),
                Some(Path::new("/target/debug"))
            );
        }
    }

    #[test]
    fn an_entry_names_the_program_and_its_arguments() {
        let entry = fake(&["--tools", "3"]).expect("the program is built");
        assert!(
            entry["command"]
                .as_str()
                .is_some_and(|path| path.contains("fake-server"))
        );
        assert_eq!(entry["args"], json!(["--tools", "3"]));
    }
}
