//! A desktop for programs that nobody looks at: an X server, a session bus and a home folder of
//! their own, and, where wanted, a real panel with a tray.
//!
//! Written on the standard library, so that tasks build in seconds. Linux only in effect: the
//! programs it starts (`Xvfb`, `dbus-daemon`, `xfce4-panel`) are looked for on the `PATH`, and
//! where they are missing the error names them.

mod panel;
mod process;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

pub use crate::panel::Panel;
pub use crate::process::{Process, wait_for};

/// How long the display, the bus or the panel may take to be ready.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Variables of the person's own desktop that must not reach programs of this one.
const FOREIGN: [&str; 4] = [
    "DBUS_STARTER_ADDRESS",
    "SESSION_MANAGER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
];

/// A running display and session bus; both end when dropped.
pub struct Session {
    // Fields are dropped in this order: programs on the bus end before the display.
    _bus: Process,
    _display: Process,
    variables: Vec<(&'static str, String)>,
    folder: TempDir,
}

impl Session {
    /// Starts a display of this size in pixels and a session bus, in a new home folder.
    pub fn start(width: u32, height: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut variables = homes(folder.path())?;
        let (display, number) = display(width, height)?;
        variables.push(("DISPLAY", format!(":{number}")));
        // Services that the bus starts by itself belong to the new home as well.
        let (bus, address) = bus(&variables)?;
        variables.push(("DBUS_SESSION_BUS_ADDRESS", address));
        Ok(Self {
            _bus: bus,
            _display: display,
            variables,
            folder,
        })
    }

    /// A command whose program sees this desktop and nothing of the person's own.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        with(Command::new(program), &self.variables)
    }

    /// Makes a command's program see this desktop and nothing of the person's own.
    pub fn enter(&self, command: &mut Command) {
        enter(command, &self.variables);
    }

    /// The variables that make a program see this desktop.
    pub fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }

    /// The folder that holds the home and all else, removed at the end.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether someone on the bus owns this name.
    pub fn has_owner(&self, name: &str) -> bool {
        let mut ask = self.command("dbus-send");
        ask.args([
            "--session",
            "--print-reply=literal",
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner",
        ]);
        let output = ask.arg(format!("string:{name}")).output();
        output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("true"))
    }
}

fn with(mut command: Command, variables: &[(&'static str, String)]) -> Command {
    enter(&mut command, variables);
    command
}

fn enter(command: &mut Command, variables: &[(&'static str, String)]) {
    for name in FOREIGN {
        command.env_remove(name);
    }
    for (name, value) in variables {
        command.env(name, value);
    }
}

/// A home folder with everything that the XDG base directory specification puts into it.
fn homes(folder: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut variables = vec![
        // The accessibility bus is one more process, and nothing here reads from it.
        ("NO_AT_BRIDGE", "1".to_owned()),
        ("GTK_A11Y", "none".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("XDG_SESSION_TYPE", "x11".to_owned()),
    ];
    let folders = [
        ("HOME", "home"),
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_CONFIG_HOME", "home/.config"),
        ("XDG_CACHE_HOME", "home/.cache"),
        ("XDG_DATA_HOME", "home/.local/share"),
        ("XDG_STATE_HOME", "home/.local/state"),
    ];
    for (name, path) in folders {
        let path = folder.join(path);
        fs::create_dir_all(&path)?;
        make_private(&path)?;
        variables.push((name, path.display().to_string()));
    }
    Ok(variables)
}

/// Nobody else may read it: the bus and the keychain refuse a folder that others may enter.
#[cfg(unix)]
fn make_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o700),
    )?)
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> Result<()> {
    Ok(())
}

/// The X server and the number it chose itself, so that two never fight for one.
fn display(width: u32, height: u32) -> Result<(Process, String)> {
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"]);
    command.arg(format!("{width}x{height}x24"));
    Process::saying_first(command).context("the display `Xvfb` did not start")
}

/// The session bus and its address.
fn bus(variables: &[(&'static str, String)]) -> Result<(Process, String)> {
    let mut command = with(Command::new("dbus-daemon"), variables);
    command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
    command.env_remove("DBUS_SESSION_BUS_ADDRESS");
    command.stdin(Stdio::null());
    Process::saying_first(command).context("the session bus `dbus-daemon` did not start")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_a_program_lies_in_the_new_home() {
        let folder = tempfile::tempdir().expect("a folder");
        let variables = homes(folder.path()).expect("writable");
        let below = |name: &str| {
            let (_, value) = variables
                .iter()
                .find(|(known, _)| *known == name)
                .expect("set");
            Path::new(value).starts_with(folder.path()) && Path::new(value).is_dir()
        };
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
            assert!(below(name), "{name} is elsewhere");
        }
    }

    #[test]
    fn variables_of_the_own_desktop_are_taken_away() {
        let command = with(Command::new("program"), &[("DISPLAY", ":7".to_owned())]);
        let variables: Vec<_> = command.get_envs().collect();
        assert!(variables.contains(&(OsStr::new("WAYLAND_DISPLAY"), None)));
        assert!(variables.contains(&(OsStr::new("DISPLAY"), Some(OsStr::new(":7")))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_session_has_a_display_and_a_bus_of_its_own() -> Result<()> {
        let session = Session::start(320, 240)?;
        assert!(session.has_owner("org.freedesktop.DBus"));
        assert!(!session.has_owner("org.kde.StatusNotifierWatcher"));
        let other = Session::start(320, 240)?;
        assert_ne!(session.variables(), other.variables());
        Ok(())
    }
}
