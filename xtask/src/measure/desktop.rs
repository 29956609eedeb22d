//! The bars of the desktop application: what it costs while nobody looks, and while someone does.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use headless::{Panel, Session, wait_for};

use crate::desktop::Desktop;
use crate::measure::bars::Bar;
use crate::measure::{gateway, resources};
use crate::shell;
use crate::system;
use crate::ui;
use crate::workspace::Workspace;

/// How long anything gets to settle before its memory is read.
const SETTLE: Duration = Duration::from_secs(8);

/// How long the idle application is watched.
const WATCH: Duration = Duration::from_secs(30);

/// Name of the window's process, as the kernel cuts it off.
const WINDOW: &str = "toolgate-window";

/// Builds the desktop application, puts it on a screen of its own and measures it.
pub(super) fn bars(workspace: &Workspace) -> Result<Vec<Bar>> {
    let needs = [&system::BUILD[..], &system::TESTS, &system::PANEL].concat();
    system::ensure(&needs, "Measuring the desktop application")?;
    ui::build(workspace)?;
    let mut build = shell::cargo();
    // The packages that are shipped together, and so the very programs that are shipped.
    build.args(["build", "--release", "-p", "cli", "-p", "toolgate-desktop"]);
    shell::run(build.args(["--features", "toolgate-desktop/desktop"]))?;
    anstream::eprintln!("Measuring the desktop application; this takes about two minutes.");
    let session = Session::start(1280, 900)?;
    let panel = Panel::start(&session)?;
    let desktop = Desktop::start(workspace, "release", &session)?;
    let mut bars = vec![bundle(workspace)?];
    bars.extend(tray(&desktop)?);
    bars.extend(window(&desktop, &panel)?);
    Ok(bars)
}

fn bundle(workspace: &Workspace) -> Result<Bar> {
    let size = ui::compressed(&workspace.root.join("ui/dist"))?;
    Ok(Bar {
        name: "Web UI in all, compressed",
        measured: format!("{}.{} kB", size / 1000, size % 1000 / 100),
        target: Some("≤ 150 kB"),
    })
}

fn tray(desktop: &Desktop<'_>) -> Result<[Bar; 2]> {
    let memory = settled_memory(desktop)?;
    let processes = resources::tree(desktop.pid())?;
    let before = resources::processor_time_of(&processes);
    gateway::pause(WATCH);
    let used = resources::processor_time_of(&processes).saturating_sub(before);
    let share = used.as_secs_f64() / WATCH.as_secs_f64() * 100.0;
    Ok([
        Bar {
            name: "Memory (PSS), tray only, gateway included",
            measured: mebibytes(memory),
            target: Some("≤ 85 MiB"),
        },
        Bar {
            name: "Processor idle over 30 s, tray only",
            measured: format!("{share:.2} % of one core"),
            target: Some("≤ 0.3 %"),
        },
    ])
}

fn window(desktop: &Desktop<'_>, panel: &Panel<'_>) -> Result<[Bar; 3]> {
    let started = Instant::now();
    desktop.open_window("/")?;
    wait_for("something in the window", || {
        panel.shows_more_than_a_desktop().then_some(())
    })?;
    let opened = started.elapsed();
    let open = settled_memory(desktop)?;
    close(desktop, panel)?;
    let closed = settled_memory(desktop)?;
    Ok([
        Bar {
            name: "Window asked for until it shows the UI",
            measured: format!("{} ms", opened.as_millis()),
            target: Some("≤ 1000 ms"),
        },
        Bar {
            name: "Memory (PSS), window open",
            measured: mebibytes(open),
            target: Some("≤ 300 MiB"),
        },
        Bar {
            name: "Memory (PSS), window closed again",
            measured: mebibytes(closed),
            target: Some("≤ tray only + 15 %"),
        },
    ])
}

/// Closes the window as a person does, and waits until its process is gone.
fn close(desktop: &Desktop<'_>, panel: &Panel<'_>) -> Result<()> {
    panel.key("alt+F4")?;
    let is_open = || {
        let tree = resources::tree(desktop.pid()).unwrap_or_default();
        tree.into_iter()
            .any(|pid| resources::name(pid).as_deref() == Some(WINDOW))
    };
    wait_for("the end of the window", || (!is_open()).then_some(()))
        .context("the window did not close on alt+F4")
}

fn settled_memory(desktop: &Desktop<'_>) -> Result<u64> {
    gateway::pause(SETTLE);
    let processes = resources::tree(desktop.pid())?;
    Ok(resources::proportional_memory(&processes))
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_shown_in_binary_megabytes() {
        assert_eq!(mebibytes(85 * 1024 * 1024), "85.0 MiB");
        assert_eq!(mebibytes(1_572_864), "1.5 MiB");
    }
}
