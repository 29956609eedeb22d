//! The tests that look at the UI as a person does: in a browser (`tests/ui`), and in the window
//! of the desktop application (`tests/desktop`).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use headless::{Panel, Session};

use crate::fixtures;
use crate::shell::{self, Stream};
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The folder of `tests/fixtures` with the packages that drive the browser.
const PACKAGES: &str = "browser";

/// Runs those in a browser against the gateway in `target/debug`, which must have been built, and
/// the UI in `ui/dist`.
pub(crate) fn run(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let node = node(workspace, "debug")?;
    run_tests(node, tests(workspace, "tests/ui")?, tally)
}

/// Runs those in the window, on a display and a bus of their own with a panel on it.
pub(crate) fn run_in_window(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let session = Session::start(1280, 860)?;
    let _panel = Panel::start(&session)?;
    let mut node = node(workspace, "debug")?;
    session.enter(&mut node);
    run_tests(node, tests(workspace, "tests/desktop")?, tally)
}

fn run_tests(mut node: Command, tests: Vec<PathBuf>, tally: &mut Tally) -> Result<()> {
    // A test that hangs fails, and nothing that one started keeps the run alive.
    let limits = ["--test-timeout=300000", "--test-force-exit"];
    node.args(["--test", "--test-reporter=spec"]);
    node.args(limits).args(tests);
    shell::run_read(&mut node, Stream::Output, |line| tally.read_node(line))
}

/// Node.js with everything that a script there needs to know, using the programs that
/// were built with this profile.
pub(crate) fn node(workspace: &Workspace, profile: &str) -> Result<Command> {
    let packages = fixtures::install_folder(workspace, PACKAGES)?;
    let mut node = Command::new("node");
    node.current_dir(&workspace.root)
        .env("NO_COLOR", "1")
        .env_remove("FORCE_COLOR")
        .env("TOOLGATE_BROWSER_PACKAGES", packages)
        .env("TOOLGATE_PROGRAMS", workspace.target.join(profile))
        .env("TOOLGATE_SCREENSHOTS", workspace.target.join("screenshots"));
    Ok(node)
}

/// The files with tests, sorted.
fn tests(workspace: &Workspace, folder: &str) -> Result<Vec<PathBuf>> {
    let folder = workspace.root.join(folder);
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let names: Vec<OsString> = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<_, _>>()?;
    let is_test = |name: &&OsString| name.to_string_lossy().ends_with(".test.mjs");
    let mut tests: Vec<_> = names
        .iter()
        .filter(is_test)
        .map(|name| folder.join(name))
        .collect();
    tests.sort();
    ensure!(
        !tests.is_empty(),
        "there are no tests in {}",
        folder.display()
    );
    Ok(tests)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_files_with_tests_are_run() {
        let root = tempfile::tempdir().expect("a folder");
        let workspace = Workspace {
            root: root.path().to_owned(),
            target: root.path().join("target"),
            packages: Vec::new(),
        };
        let folder = root.path().join("tests/ui");
        fs::create_dir_all(&folder).expect("writable");
        assert!(
            tests(&workspace, "tests/ui").is_err(),
            "nothing to run is no success"
        );
        for name in ["screens.test.mjs", "browser.mjs", "add.test.mjs"] {
            fs::write(folder.join(name), "").expect("writable");
        }
        let found = tests(&workspace, "tests/ui").expect("readable");
        let expected = ["add.test.mjs", "screens.test.mjs"].map(|name| folder.join(name));
        assert_eq!(found, expected);
    }
}
