//! `cargo xtask audit`: dependencies (cargo-deny) and spelling (typos).
//!
//! Building the two tools takes minutes, so `cargo xtask test` uses them only where they are
//! installed already; this task installs them under `target/tools`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::report::Report;
use crate::shell;
use crate::workspace::Workspace;

/// A program that cargo can install.
struct Tool {
    /// Name of its package.
    package: &'static str,
    /// Name of the program.
    program: &'static str,
}

const DENY: Tool = Tool {
    package: "cargo-deny",
    program: "cargo-deny",
};
const TYPOS: Tool = Tool {
    package: "typos-cli",
    program: "typos",
};

/// Installs what is missing, then checks everything, advisories included.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let deny = DENY.install(workspace)?;
    let typos = TYPOS.install(workspace)?;
    let mut report = Report::start();
    report.check("dependencies", || {
        shell::run(Command::new(&deny).args(["deny", "--workspace", "check"]))
    });
    report.check("spelling", || shell::run(&mut Command::new(&typos)));
    Ok(report.finish())
}

/// Licences, bans and sources, without the advisories that change from day to day;
/// `None` where cargo-deny is not installed.
pub(crate) fn dependencies(workspace: &Workspace) -> Option<Command> {
    let mut command = Command::new(DENY.find(workspace)?);
    command.args([
        "deny",
        "--workspace",
        "check",
        "bans",
        "licenses",
        "sources",
    ]);
    Some(command)
}

/// Spelling; `None` where typos is not installed.
pub(crate) fn spelling(workspace: &Workspace) -> Option<Command> {
    TYPOS.find(workspace).map(Command::new)
}

impl Tool {
    /// The program under `target/tools`, else the one on the PATH.
    fn find(&self, workspace: &Workspace) -> Option<PathBuf> {
        [self.installed(workspace), self.program.into()]
            .into_iter()
            .find(|program| shell::succeeds(Command::new(program).arg("--version")))
    }

    fn install(&self, workspace: &Workspace) -> Result<PathBuf> {
        if let Some(program) = self.find(workspace) {
            return Ok(program);
        }
        anstream::eprintln!(
            "Installing {}; this takes some minutes, once.",
            self.package
        );
        let root = tools(workspace);
        let mut install = shell::cargo();
        install.args(["install", "--locked", "--root"]).arg(root);
        shell::run(install.arg(self.package))?;
        Ok(self.installed(workspace))
    }

    fn installed(&self, workspace: &Workspace) -> PathBuf {
        let file = format!("{}{}", self.program, std::env::consts::EXE_SUFFIX);
        tools(workspace).join("bin").join(file)
    }
}

fn tools(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn workspace(target: &Path) -> Workspace {
        Workspace {
            root: PathBuf::new(),
            target: target.to_owned(),
            packages: Vec::new(),
        }
    }

    const ABSENT: Tool = Tool {
        package: "no-such-package",
        program: "no-such-program",
    };

    #[test]
    fn a_tool_that_is_nowhere_is_not_found() {
        assert_eq!(ABSENT.find(&workspace(Path::new("/nowhere"))), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_installed_tool_is_found_first() {
        use std::os::unix::fs::symlink;

        let target = tempfile::tempdir().expect("a folder");
        let workspace = workspace(target.path());
        let program = ABSENT.installed(&workspace);
        std::fs::create_dir_all(program.parent().expect("a folder")).expect("writable");
        symlink("/bin/true", &program).expect("writable");
        assert_eq!(ABSENT.find(&workspace), Some(program));
    }
}
