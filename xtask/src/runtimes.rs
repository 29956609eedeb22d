//! The language runtimes that real MCP servers need: Node.js with npm, and Python 3.

use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;
use crate::system;

/// The oldest Node.js that the servers under test run on.
const NODE_MAJOR: u32 = 20;

/// The oldest Python 3 that the servers under test run on.
const PYTHON_MINOR: u32 = 10;

/// Something that must be installed on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// Node.js and npm.
    Node,
    /// Python 3 with its `venv` module.
    Python,
}

impl Runtime {
    /// Makes sure that the runtime is here: on Debian, root gets it installed; anyone else is
    /// told what to install.
    pub(crate) fn ensure(self) -> Result<()> {
        if self.is_usable() {
            return Ok(());
        }
        if system::can_install() {
            system::apt_get(self.debian_packages())?;
        }
        if !self.is_usable() {
            bail!("{}", self.instructions());
        }
        Ok(())
    }

    /// Whether it is here, new enough and complete.
    pub(crate) fn is_usable(self) -> bool {
        match self {
            Self::Node => {
                let version = shell::output(Command::new("node").arg("--version"));
                let major = version.as_deref().and_then(node_major);
                major.is_some_and(|major| major >= NODE_MAJOR)
                    && shell::succeeds(Command::new(npm()).arg("--version"))
            }
            Self::Python => {
                let script = "import ensurepip, sys, venv; print(sys.version_info.minor)";
                let minor = shell::output(Command::new(python()).args(["-c", script]));
                let minor = minor.and_then(|minor| minor.parse::<u32>().ok());
                minor.is_some_and(|minor| minor >= PYTHON_MINOR)
            }
        }
    }

    fn debian_packages(self) -> &'static [&'static str] {
        match self {
            Self::Node => &["nodejs", "npm"],
            Self::Python => &["python3", "python3-venv"],
        }
    }

    fn instructions(self) -> String {
        match self {
            Self::Node => format!(
                "The web UI is built with Node.js and the integration tests run real MCP servers on it: \
                 Node.js {NODE_MAJOR} or newer with npm is needed and not on the PATH. Install it from https://nodejs.org or with \
                 your system's package manager, then run the task again."
            ),
            Self::Python => format!(
                "The integration tests run real MCP servers and need Python 3.{PYTHON_MINOR} or \
                 newer with its venv module, which is not on the PATH. Install it from \
                 https://www.python.org or with your system's package manager (on Debian: \
                 python3-venv), then run the task again."
            ),
        }
    }
}

/// Name of npm's program, which is a script on Windows.
pub(crate) fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

/// Name of the Python 3 interpreter.
pub(crate) fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// The number 20 in `v20.11.1`.
fn node_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version_of_node() {
        assert_eq!(node_major("v20.11.1"), Some(20));
        assert_eq!(node_major("v26.0.0-nightly"), Some(26));
        assert_eq!(node_major("20.11.1"), None);
        assert_eq!(node_major(""), None);
    }

    #[test]
    fn the_instructions_say_what_why_and_what_next() {
        for runtime in [Runtime::Node, Runtime::Python] {
            let text = runtime.instructions();
            assert!(text.contains("tests run real MCP servers"), "{text}");
            assert!(text.contains("Install"), "{text}");
            assert!(text.ends_with("then run the task again."), "{text}");
        }
    }

    #[test]
    fn debian_names_what_the_runtime_is_made_of() {
        assert!(Runtime::Node.debian_packages().contains(&"npm"));
        assert!(Runtime::Python.debian_packages().contains(&"python3-venv"));
    }
}
