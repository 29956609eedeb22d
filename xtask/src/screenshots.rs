//! `cargo xtask screenshots`: pictures for the documentation, taken of the real thing.
//!
//! A gateway with servers in every state is shown in a browser screen by screen, then in the tray
//! of a real panel and in the real window. What was taken becomes small pictures of few colours
//! in `docs/screenshots`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use headless::{Panel, Session, wait_for};

use crate::browser;
use crate::desktop::{Desktop, Place};
use crate::shell;
use crate::system;
use crate::ui;
use crate::workspace::Workspace;

/// The colour of the icon's base, which nothing else on the panel has.
const ICON: &str = "#3B82F6";

/// How long menus and windows get to be drawn; nothing on a screen says when they are.
const DRAWN: Duration = Duration::from_secs(3);

/// The biggest picture, in bytes: each is loaded by whoever reads the documentation.
const BIGGEST: u64 = 150_000;

/// Which programs to show.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Show the programs in `target/debug` as they are, instead of building optimised ones.
    #[arg(long)]
    debug: bool,
}

/// Takes all pictures anew.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let needs = [&system::BUILD[..], &system::TESTS, &system::PANEL].concat();
    system::ensure(&needs, "Taking pictures of the desktop application")?;
    let profile = if options.debug { "debug" } else { "release" };
    if !options.debug {
        build(workspace)?;
    }
    let taken = workspace.target.join("pictures");
    if taken.exists() {
        fs::remove_dir_all(&taken)?;
    }
    let demo = Demo::start(workspace, profile, &taken)?;
    photograph(workspace, profile, &demo, &taken)?;
    drop(demo);
    shrink(workspace, &taken)
}

fn build(workspace: &Workspace) -> Result<()> {
    ui::build(workspace)?;
    let mut build = shell::cargo();
    build.args(["build", "--release", "-p", "cli", "-p", "testkit"]);
    build.args(["-p", "toolgate-desktop"]);
    shell::run(build.args(["--features", "toolgate-desktop/desktop"]))
}

/// The script that took the pictures of the screens and keeps its gateway running.
struct Demo {
    script: Child,
    folder: PathBuf,
}

impl Demo {
    fn start(workspace: &Workspace, profile: &str, pictures: &Path) -> Result<Self> {
        let mut node = browser::node(workspace, profile)?;
        node.arg(workspace.root.join("tests/ui/pictures.mjs"));
        node.arg(pictures)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut script = node.spawn().context("`node` could not be started")?;
        let output = script.stdout.take().context("its output is not read")?;
        let mut folder = String::new();
        BufReader::new(output).read_line(&mut folder)?;
        let folder = PathBuf::from(folder.trim());
        ensure!(folder.is_dir(), "the pictures of the screens failed");
        Ok(Self { script, folder })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Its input ends, it stops its gateway and ends.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// The tray's menu in the panel, and the window.
fn photograph(workspace: &Workspace, profile: &str, demo: &Demo, pictures: &Path) -> Result<()> {
    let session = Session::start(1280, 860)?;
    let panel = Panel::start(&session)?;
    let place = Place::read(&demo.folder)?;
    let desktop = Desktop::attach(workspace, profile, &session, &place)?;
    let icon = panel.find(ICON)?;
    panel.click(icon, 3)?;
    // The icon's tooltip would lie over its menu.
    panel.point((0, icon.1 + 400))?;
    thread::sleep(DRAWN);
    panel.photograph(&pictures.join("tray.png"))?;
    panel.key("Escape")?;
    desktop.open_window("/")?;
    wait_for("something in the window", || {
        panel.shows_more_than_a_desktop().then_some(())
    })?;
    thread::sleep(DRAWN);
    panel.photograph(&pictures.join("window.png"))
}

/// Writes every picture with few colours into the documentation.
fn shrink(workspace: &Workspace, taken: &Path) -> Result<()> {
    let documentation = workspace.root.join("docs/screenshots");
    fs::create_dir_all(&documentation)?;
    for picture in fs::read_dir(taken)? {
        let picture = picture?.path();
        let place = documentation.join(picture.file_name().unwrap_or_default());
        let mut convert = Command::new("convert");
        convert.arg(&picture);
        if picture.ends_with("tray.png") {
            // The menu hangs below the panel's right end; the rest is an empty desktop.
            convert.args(["-gravity", "NorthEast", "-crop", "480x600+0+0", "+repage"]);
        }
        convert.args(["+dither", "-colors", "96", "-strip"]);
        convert.args(["-define", "png:compression-level=9"]);
        convert.arg(format!("PNG8:{}", place.display()));
        ensure!(
            shell::succeeds(&mut convert),
            "{} could not be converted",
            picture.display()
        );
        ensure_small(&place)?;
    }
    Ok(())
}

fn ensure_small(picture: &Path) -> Result<()> {
    let size = fs::metadata(picture)?.len();
    let name = picture.display();
    ensure!(
        size <= BIGGEST,
        "{name} has {size} bytes, more than {BIGGEST}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_big_picture_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let picture = folder.path().join("home.png");
        fs::write(&picture, vec![0; 150_000]).expect("writable");
        assert!(ensure_small(&picture).is_ok());
        fs::write(&picture, vec![0; 150_001]).expect("writable");
        let error = ensure_small(&picture).expect_err("too big").to_string();
        assert!(
            error.ends_with("has 150001 bytes, more than 150000"),
            "{error}"
        );
    }
}
