//! The tests of the web UI in a real browser, in `tests/ui`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::fixtures;
use crate::shell::{self, Stream};
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The folder of `tests/fixtures` with the packages that drive the browser.
const PACKAGES: &str = "browser";

/// Runs all of them against the gateway in `target/debug`, which must have been built, and the
/// UI in `ui/dist`.
pub(crate) fn run(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let tests = tests(workspace)?;
    let mut node = node(workspace, "debug")?;
    // A test that hangs fails, and nothing that one started keeps the run alive.
    let limits = ["--test-timeout=300000", "--test-force-exit"];
    node.args(["--test", "--test-reporter=spec"])
        .args(limits)
        .args(tests);
    shell::run_read(&mut node, Stream::Output, |line| tally.read_node(line))
}

/// Node.js with everything that a script in `tests/ui` needs to know, using the programs that
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
fn tests(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let folder = workspace.root.join("tests/ui");
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
        assert!(tests(&workspace).is_err(), "nothing to run is no success");
        for name in ["screens.test.mjs", "browser.mjs", "add.test.mjs"] {
            fs::write(folder.join(name), "").expect("writable");
        }
        let found = tests(&workspace).expect("readable");
        let expected = ["add.test.mjs", "screens.test.mjs"].map(|name| folder.join(name));
        assert_eq!(found, expected);
    }
}
