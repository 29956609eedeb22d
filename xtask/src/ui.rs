//! The web UI in `ui/`: built with Node.js, checked, and kept small.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::runtimes::{self, Runtime};
use crate::shell;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// What a browser may have to load in all, compressed, in bytes.
const LIMIT: usize = 150_000;

/// Installs what the build needs, where that changed, and builds into `ui/dist`.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let ui = Ui::of(workspace);
    ui.install()?;
    ui.script("build").map(drop)
}

/// Checks the UI, which must have been built, beside other work: quietly, with the output in
/// `target/ui-*.log`. Returns the tally of its unit tests.
pub(crate) fn check(workspace: &Workspace) -> Result<Tally> {
    let ui = Ui::of(workspace);
    ensure_small(&workspace.root.join("ui/dist"))?;
    ui.script("check")?;
    let mut tally = Tally::default();
    let tested = ui.script("test");
    let output = fs::read_to_string(ui.log("test")).unwrap_or_default();
    output.lines().for_each(|line| tally.read_vitest(line));
    tested.map(|()| tally)
}

/// Fails when the built UI is bigger than it may be.
fn ensure_small(dist: &Path) -> Result<()> {
    let size = compressed(dist)?;
    anstream::eprintln!("the UI is {size} bytes, compressed");
    ensure!(
        size <= LIMIT,
        "the UI grew to {size} bytes compressed, more than {LIMIT}; load what is big only where \
         it is shown, or leave it away"
    );
    Ok(())
}

/// Bytes of all files in a folder, each compressed by itself as a server would.
pub(crate) fn compressed(folder: &Path) -> Result<usize> {
    let unreadable = || format!("cannot read {}; is the UI built?", folder.display());
    let mut size = 0;
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry?.path();
        if path.is_dir() {
            size += compressed(&path)?;
        } else {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&fs::read(&path)?)?;
            size += encoder.finish()?.len();
        }
    }
    Ok(size)
}

/// The UI's sources and where its output goes.
struct Ui {
    folder: PathBuf,
    logs: PathBuf,
}

impl Ui {
    fn of(workspace: &Workspace) -> Self {
        Self {
            folder: workspace.root.join("ui"),
            logs: workspace.target.clone(),
        }
    }

    /// The copy of the lock file, written last: what is there was installed to the end.
    fn stamp(&self) -> PathBuf {
        self.folder.join("node_modules/.installed-lock.json")
    }

    fn is_installed(&self) -> bool {
        let lock = fs::read(self.folder.join("package-lock.json"));
        lock.is_ok_and(|lock| fs::read(self.stamp()).is_ok_and(|installed| installed == lock))
    }

    fn install(&self) -> Result<()> {
        if self.is_installed() {
            return Ok(());
        }
        Runtime::Node.ensure()?;
        // Unlike `npm ci` this takes a lock file that misses packages of other platforms, which is
        // what a registry makes of it that has not received all of them yet.
        let mut command = self.npm(&["install", "--no-save", "--no-audit", "--no-fund"]);
        self.logged(&mut command, "install")?;
        fs::copy(self.folder.join("package-lock.json"), self.stamp())?;
        Ok(())
    }

    fn script(&self, name: &str) -> Result<()> {
        self.logged(&mut self.npm(&["run", name]), name)
    }

    fn logged(&self, command: &mut Command, name: &str) -> Result<()> {
        fs::create_dir_all(&self.logs)?;
        shell::run_logged(command, &self.log(name))
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("ui-{name}.log"))
    }

    fn npm(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(runtimes::npm());
        command.current_dir(&self.folder).args(arguments);
        // What is read back must not be coloured.
        command.env("NO_COLOR", "1").env_remove("FORCE_COLOR");
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ui(folder: &Path) -> Ui {
        Ui {
            folder: folder.to_owned(),
            logs: folder.join("target"),
        }
    }

    #[test]
    fn packages_are_installed_again_when_the_lock_file_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let ui = ui(folder.path());
        fs::create_dir(folder.path().join("node_modules")).expect("writable");
        assert!(!ui.is_installed(), "there is no lock file");
        fs::write(folder.path().join("package-lock.json"), "{}").expect("writable");
        assert!(!ui.is_installed(), "nothing is installed");
        fs::write(ui.stamp(), "{}").expect("writable");
        assert!(ui.is_installed());
        fs::write(folder.path().join("package-lock.json"), "{ }").expect("writable");
        assert!(!ui.is_installed(), "the lock file changed");
    }

    #[test]
    fn sizes_of_all_folders_are_added_up() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("assets")).expect("writable");
        fs::write(folder.path().join("index.html"), "a".repeat(1_000)).expect("writable");
        let one = compressed(folder.path()).expect("readable");
        fs::write(folder.path().join("assets/app.js"), "a".repeat(1_000)).expect("writable");
        assert_eq!(compressed(folder.path()).expect("readable"), 2 * one);
        assert!(one < 100, "{one} bytes are not compressed");
        assert!(ensure_small(folder.path()).is_ok());
    }

    #[test]
    fn a_big_ui_is_refused_with_its_size() {
        let folder = tempfile::tempdir().expect("a folder");
        // A simple generator makes bytes that do not compress.
        let noise =
            (0..25_000_u64).flat_map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
        fs::write(folder.path().join("app.js"), noise.collect::<Vec<_>>()).expect("writable");
        let error = ensure_small(folder.path())
            .expect_err("too big")
            .to_string();
        assert!(error.contains("more than 150000"), "{error}");
    }

    #[test]
    fn a_ui_that_is_not_built_is_named() {
        let error = compressed(Path::new("/nowhere")).expect_err("missing");
        assert_eq!(error.to_string(), "cannot read /nowhere; is the UI built?");
    }
}
