//! Linux: everything by D-Bus, without a toolkit.

mod notices;
mod tray;

use std::path::Path;

use anyhow::ensure;
use shell::Input;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::clipboard as system_clipboard;
use crate::session::{self, Plan};

/// Whether there is a desktop to be part of.
pub(crate) fn check_session() -> anyhow::Result<()> {
    let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR");
    let has_bus = is_set("DBUS_SESSION_BUS_ADDRESS")
        || runtime_dir.is_some_and(|folder| Path::new(&folder).join("bus").exists());
    ensure!(
        has_bus || has_display(),
        "there is no desktop here (no session bus, no display); run `toolgate serve` instead"
    );
    Ok(())
}

/// Runs the application.
pub(crate) fn run(runtime: &Runtime, plan: Plan) -> anyhow::Result<()> {
    runtime.block_on(session::run(plan, |ends| async move {
        let tray = tray::keep(ends.look, ends.inputs.clone());
        tokio::join!(tray, notices::keep(ends.notices, ends.inputs));
    }))
}

/// The way to the clipboard, where there is a display that has one.
pub(crate) fn clipboard(inputs: mpsc::Sender<Input>) -> Option<mpsc::Sender<String>> {
    has_display()
        .then(|| system_clipboard::open(inputs))
        .flatten()
}

/// Waits until the system wants the application to end, as at the end of the session.
pub(crate) async fn told_to_end() -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

fn has_display() -> bool {
    is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
