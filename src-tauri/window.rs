//! The window: one web view on the gateway's own address, and nothing else.
//!
//! It is told by lines on its standard input what to show (`open ADDRESS`, `go PATH`) and closes
//! when that ends, so it never outlives the tray. A process of its own gives all its memory back
//! when it is closed, and its crash touches no call. The page has no way into this program: its
//! origin is not Tauri's own, and no capability is given to it.

// A window needs no console beside it.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

#[path = "window/geometry.rs"]
mod geometry;
#[path = "window/orders.rs"]
mod orders;
#[path = "window/view.rs"]
mod view;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Set by tests whose `WebDriver` starts this program itself, with no input to tell an address.
const ADDRESS: &str = "TOOLGATE_WINDOW_URL";

fn main() -> ExitCode {
    let state_file = std::env::args_os().nth(1).map(PathBuf::from);
    match start(state_file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be looking, in which case there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(state_file: Option<PathBuf>) -> anyhow::Result<()> {
    check_display()?;
    let given = std::env::var(ADDRESS).ok();
    let address = match given.clone() {
        Some(address) => address,
        None => orders::first_address()?,
    };
    view::run(&address, state_file, given.is_none())
}

/// Without a display the toolkit would panic.
#[cfg(target_os = "linux")]
fn check_display() -> anyhow::Result<()> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    anyhow::ensure!(has_display, "there is no display here");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "there is one on every other system"
)]
fn check_display() -> anyhow::Result<()> {
    Ok(())
}
