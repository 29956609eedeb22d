//! What the desktop needs of the operating system: libraries to build it, programs to test it.
//!
//! On Debian and its children root gets missing packages installed; anyone else is told the
//! exact command. macOS and Windows bring along what the build needs.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// Something that a package of the system brings.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    probe: Probe,
    /// Names of its package for apt, dnf and pacman.
    packages: [&'static str; 3],
}

/// How to tell that it is there.
#[derive(Clone, Copy)]
enum Probe {
    /// A program on the `PATH`.
    Program(&'static str),
    /// A library that pkg-config knows.
    Library(&'static str),
}

/// To build the window on Linux.
pub(crate) const BUILD: [Need; 2] = [
    program(
        "pkg-config",
        ["pkg-config", "pkgconf-pkg-config", "pkgconf"],
    ),
    Need {
        probe: Probe::Library("webkit2gtk-4.1"),
        packages: [
            "libwebkit2gtk-4.1-dev",
            "webkit2gtk4.1-devel",
            "webkit2gtk-4.1",
        ],
    },
];

/// To drive the tray, the window and the web UI without a screen.
pub(crate) const TESTS: [Need; 5] = [
    program("Xvfb", ["xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"]),
    program("dbus-daemon", ["dbus", "dbus-daemon", "dbus"]),
    program("dbus-send", ["dbus-bin", "dbus-tools", "dbus"]),
    program(
        "WebKitWebDriver",
        ["webkit2gtk-driver", "webkit2gtk-driver", "webkit2gtk-4.1"],
    ),
    program("chromium", ["chromium", "chromium", "chromium"]),
];

/// To see the tray in a real panel.
pub(crate) const PANEL: [Need; 4] = [
    program("xfce4-panel", ["xfce4-panel", "xfce4-panel", "xfce4-panel"]),
    program("openbox", ["openbox", "openbox", "openbox"]),
    program("xdotool", ["xdotool", "xdotool", "xdotool"]),
    program("convert", ["imagemagick", "ImageMagick", "imagemagick"]),
];

/// To make packages for other distributions as well.
pub(crate) const PACKAGING: [Need; 1] = [program("rpm", ["rpm", "rpm-build", "rpm-tools"])];

const fn program(name: &'static str, packages: [&'static str; 3]) -> Need {
    Need {
        probe: Probe::Program(name),
        packages,
    }
}

impl Need {
    fn is_met(&self) -> bool {
        match self.probe {
            Probe::Program(name) => on_path(name),
            Probe::Library(name) => {
                shell::succeeds(Command::new("pkg-config").args(["--exists", name]))
            }
        }
    }
}

/// Makes sure that all is here; `what_for` completes the sentence "… needs packages".
pub(crate) fn ensure(needs: &[Need], what_for: &str) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    if can_install() {
        let packages: Vec<_> = missing.iter().map(|need| need.packages[0]).collect();
        return apt_get(&packages);
    }
    bail!(
        "{what_for} needs packages of the system that are not installed. Install them, then run \
         the task again:\n  {}",
        command(&missing, installer())
    )
}

fn missing(needs: &[Need]) -> Vec<Need> {
    let needs = needs.iter().filter(|need| !need.is_met());
    needs.copied().collect()
}

fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Which package manager this machine has, as an index into a need's packages.
fn installer() -> usize {
    let known = ["apt-get", "dnf", "pacman"];
    known.iter().position(|name| on_path(name)).unwrap_or(0)
}

fn command(missing: &[Need], installer: usize) -> String {
    let start = [
        "sudo apt-get install --no-install-recommends",
        "sudo dnf install",
        "sudo pacman -S --needed",
    ];
    let packages = missing.iter().map(|need| need.packages[installer]);
    std::iter::once(start[installer])
        .chain(packages)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether packages can be installed without asking: root on a Debian system.
pub(crate) fn can_install() -> bool {
    let is_root = || shell::output(Command::new("id").arg("-u")).as_deref() == Some("0");
    Path::new("/etc/debian_version").exists() && is_root()
}

/// Installs packages of Debian, without what they only recommend.
pub(crate) fn apt_get(packages: &[&str]) -> Result<()> {
    let mut install = Command::new("apt-get");
    install
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages);
    // Fresh containers come without package lists.
    shell::run(Command::new("apt-get").arg("update"))?;
    shell::run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Whether a window can be shown to someone here.
pub(crate) fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: Need = program("no-such-program", ["one", "two", "three"]);

    #[test]
    fn only_what_is_missing_is_named() {
        let present = program("cargo", ["cargo", "cargo", "cargo"]);
        let missing = missing(&[present, ABSENT]);
        assert_eq!(missing.len(), 1);
        assert_eq!(command(&missing, 1), "sudo dnf install two");
    }

    #[test]
    fn a_library_that_nobody_has_is_missing() {
        let need = Need {
            probe: Probe::Library("no-such-library"),
            packages: ["a", "b", "c"],
        };
        assert!(!need.is_met());
    }

    #[test]
    fn debian_gets_no_recommended_packages() {
        let expected = "sudo apt-get install --no-install-recommends one";
        assert_eq!(command(&[ABSENT], 0), expected);
    }

    #[test]
    fn nothing_to_install_is_fine() {
        assert!(ensure(&[], "Nothing").is_ok());
    }
}
