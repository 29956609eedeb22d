//! `cargo xtask dist`: installers for the system that it runs on.
//!
//! Linux gets a `.deb` and an `.rpm` (and an `AppImage` where asked for, which downloads its
//! runtime), macOS a `.dmg`, Windows an NSIS installer and an `.msi`. All hold both desktop
//! programs and the command `toolgate`, and claim the links `toolgate://`. The Tauri command
//! line packs what cargo has built; it comes from npm, where it is there in seconds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::fixtures;
use crate::shell;
use crate::system;
use crate::ui;
use crate::workspace::Workspace;

/// What to make.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Make an `AppImage` as well (Linux; downloads its runtime).
    #[arg(long)]
    appimage: bool,
    /// Pack what is built already.
    #[arg(long)]
    no_build: bool,
}

/// What every package for Linux must hold.
const CONTENTS: [&str; 6] = [
    "/usr/bin/toolgate",
    "/usr/bin/toolgate-desktop",
    "/usr/bin/toolgate-window",
    "/usr/share/applications/Toolgate.desktop",
    "/usr/share/icons/hicolor/128x128/apps/toolgate-desktop.png",
    "/usr/share/metainfo/io.github.toolgate.desktop.metainfo.xml",
];

/// Builds everything optimised, packs it, looks into the packages and puts them into
/// `target/dist`.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let needs = [&system::BUILD[..], &system::PACKAGING].concat();
    system::ensure(&needs, "Making packages")?;
    if !options.no_build {
        ui::build(workspace)?;
        build()?;
    }
    let command_line = tauri(workspace)?;
    pack(workspace, &command_line, options)?;
    for package in collect(workspace)? {
        check(&package)?;
        let size = fs::metadata(&package)?.len() / 1_000;
        let package = workspace.shown(&package).display();
        anstream::println!("{package} ({size} kB)");
    }
    Ok(())
}

fn build() -> Result<()> {
    let mut build = shell::cargo();
    build.args(["build", "--release", "-p", "cli", "-p", "toolgate-desktop"]);
    shell::run(build.args(["--features", "toolgate-desktop/desktop"]))
}

/// The Tauri command line, installed where it is not yet.
pub(crate) fn tauri(workspace: &Workspace) -> Result<PathBuf> {
    let list = workspace.root.join("packaging/package.json");
    let place = fixtures::install_list(workspace, list, "packaging")?;
    Ok(place.join("node_modules/@tauri-apps/cli/tauri.js"))
}

fn pack(workspace: &Workspace, command_line: &Path, options: &Options) -> Result<()> {
    let beside = json!({"bundle": {"externalBin": [command(workspace)?]}});
    let mut tauri = Command::new("node");
    tauri.arg(command_line).current_dir(&workspace.root);
    tauri.args([
        "bundle",
        "--ci",
        "--no-binary-patching",
        "--features",
        "desktop",
    ]);
    tauri.args(["--bundles", &kinds(options).join(",")]);
    tauri.args(["--config", &beside.to_string()]);
    shell::run(tauri.env("CARGO_TARGET_DIR", &workspace.target))
}

/// Copies `toolgate` to where the bundler looks for programs of another package: under a name
/// with the target's triple, which it is told without.
fn command(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("beside");
    fs::create_dir_all(&folder)?;
    let suffix = std::env::consts::EXE_SUFFIX;
    let copy = folder.join(format!("toolgate-{}{suffix}", host()?));
    fs::copy(workspace.binary("release", "toolgate"), copy)
        .context("`toolgate` is not built; run the task without --no-build")?;
    Ok(folder.join("toolgate"))
}

/// This machine's target triple.
fn host() -> Result<String> {
    let version = shell::output(Command::new("rustc").arg("-vV"));
    let version = version.context("rustc does not tell its version")?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not tell its host")?;
    Ok(host.to_owned())
}

fn kinds(options: &Options) -> Vec<&'static str> {
    if cfg!(target_os = "macos") {
        vec!["app", "dmg"]
    } else if cfg!(windows) {
        vec!["nsis", "msi"]
    } else if options.appimage {
        vec!["deb", "rpm", "appimage"]
    } else {
        vec!["deb", "rpm"]
    }
}

/// Copies the packages from the bundler's folders into `target/dist`; returns where they are.
fn collect(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let dist = workspace.target.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let mut packages = Vec::new();
    for kind in fs::read_dir(workspace.target.join("release/bundle"))? {
        for entry in fs::read_dir(kind?.path())? {
            let path = entry?.path();
            if path.is_file() && is_package(&path) {
                let place = dist.join(path.file_name().unwrap_or_default());
                fs::copy(&path, &place)?;
                packages.push(place);
            }
        }
    }
    ensure!(!packages.is_empty(), "the bundler made no package");
    packages.sort();
    Ok(packages)
}

fn is_package(path: &Path) -> bool {
    let kinds = ["AppImage", "deb", "dmg", "exe", "msi", "rpm"];
    path.extension()
        .is_some_and(|kind| kinds.iter().any(|known| kind == *known))
}

/// Fails when a package for Linux misses something; others cannot be looked into here.
fn check(package: &Path) -> Result<()> {
    let mut list = match package.extension().and_then(|kind| kind.to_str()) {
        Some("deb") => Command::new("dpkg-deb"),
        Some("rpm") => Command::new("rpm"),
        _ => return Ok(()),
    };
    let list = if list.get_program() == "rpm" {
        list.args(["-qlp"])
    } else {
        list.arg("--contents")
    };
    let Some(contents) = shell::output(list.arg(package)) else {
        anstream::eprintln!("{} cannot be looked into here", package.display());
        return Ok(());
    };
    let missing = missing(&contents);
    ensure!(
        missing.is_empty(),
        "{} misses {}",
        package.display(),
        missing.join(", ")
    );
    Ok(())
}

/// What is on no line of a package's list of files.
fn missing(contents: &str) -> Vec<&'static str> {
    let holds = |path: &&str| contents.lines().any(|line| line.ends_with(*path));
    CONTENTS.into_iter().filter(|path| !holds(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_files_must_name_all_that_is_needed() {
        let all: String = CONTENTS
            .map(|path| format!("-rwxr-xr-x 0/0 1 .{path}\n"))
            .concat();
        assert_eq!(missing(&all), Vec::<&str>::new());
        let without = all.replace("/usr/bin/toolgate-window", "/usr/bin/window");
        assert_eq!(missing(&without), ["/usr/bin/toolgate-window"]);
    }

    #[test]
    fn only_packages_are_collected() {
        assert!(is_package(Path::new("Toolgate_0.1.0_amd64.deb")));
        assert!(!is_package(Path::new("control.tar.gz")));
    }

    #[test]
    fn the_host_is_a_triple() {
        assert!(host().expect("rustc is here").split('-').count() >= 3);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_appimage_is_made_only_where_asked_for() {
        let options = |appimage| Options {
            appimage,
            no_build: true,
        };
        assert_eq!(kinds(&options(false)), ["deb", "rpm"]);
        assert_eq!(kinds(&options(true)), ["deb", "rpm", "appimage"]);
    }
}
