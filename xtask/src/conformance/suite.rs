//! The installed suite: how it is started and where it leaves its results.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::servers::Era;
use super::{Role, requirements, score::Score};

/// The client that the suite starts, found on its `PATH`.
const CLIENT: &str = "conformance-client";

/// Milliseconds that a scenario with a client may take; all clients run at once.
const PATIENCE: &str = "90000";

/// The conformance suite.
pub(super) struct Suite {
    package: PathBuf,
    node: PathBuf,
    results: Results,
}

/// Where results are kept.
enum Results {
    /// Until the end of the run.
    Passing(TempDir),
    /// As long as the developer wants.
    Kept(PathBuf),
}

impl Suite {
    /// The suite in this folder of installed packages; `keep` gets what it writes.
    pub(super) fn new(installed: &Path, keep: Option<&Path>) -> Result<Self> {
        let modules = installed.join("node_modules");
        let results = match keep {
            Some(folder) => Results::Kept(std::path::absolute(folder)?),
            None => Results::Passing(tempfile::tempdir()?),
        };
        Ok(Self {
            package: modules.join("@modelcontextprotocol/conformance"),
            node: modules.join(".bin").join(node()),
            results,
        })
    }

    /// Scores the server at `url`, behind which stands an upstream of this era.
    pub(super) fn server(&self, era: Era, url: &str, revision: &'static str) -> Result<Score> {
        let place = self.place(&format!("server-{era}-{revision}"))?;
        let mut command = self.command("server", revision, &place);
        command.args(["--url", url]);
        run(&mut command, &place)?;
        let requirements = requirements::read(&self.package, Role::Server, revision)?;
        let checks = |name: &str| checks(&place, &format!("server-{name}"));
        let subject = format!("server, upstream of {era}");
        Ok(Score {
            is_required: era == Era::Both,
            ..Score::read(subject, revision, requirements, checks)
        })
    }

    /// Scores the client program in the folder `programs`.
    pub(super) fn client(&self, programs: &Path, revision: &'static str) -> Result<Score> {
        let place = self.place(&format!("client-{revision}"))?;
        let mut command = self.command("client", revision, &place);
        // The suite splits the command at blanks, so a path would not survive.
        command.args(["--command", CLIENT, "--timeout", PATIENCE]);
        command.env("PATH", with_first(programs)?);
        run(&mut command, &place)?;
        let requirements = requirements::read(&self.package, Role::Client, revision)?;
        let checks = |name: &str| checks(&place, name);
        Ok(Score::read(
            "client".to_owned(),
            revision,
            requirements,
            checks,
        ))
    }

    fn command(&self, role: &str, revision: &str, place: &Path) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(self.package.join("dist/index.js"));
        command.args([role, "--requirements", revision, "--output-dir"]);
        command.arg(place);
        command
    }

    /// An empty folder for the results of one run.
    fn place(&self, name: &str) -> Result<PathBuf> {
        let folder = match &self.results {
            Results::Passing(folder) => folder.path(),
            Results::Kept(folder) => folder,
        };
        let place = folder.join(name);
        if place.exists() {
            std::fs::remove_dir_all(&place)?;
        }
        std::fs::create_dir_all(&place)?;
        Ok(place)
    }
}

/// Runs the suite to its end; what it says goes into `output.txt`, for it is in the checks too.
///
/// How it ends is no news: it fails whenever a scenario does.
fn run(command: &mut Command, place: &Path) -> Result<()> {
    let output = std::fs::File::create(place.join("output.txt"))?;
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    command
        .status()
        .with_context(|| format!("{} could not be started", command.get_program().display()))?;
    Ok(())
}

/// The text of `checks.json` in the folder of a scenario, which is its name and the time.
fn checks(place: &Path, name: &str) -> Result<String> {
    let path = place.join(name);
    let leaf = path.file_name().unwrap_or_default().to_string_lossy();
    let folders = path.parent().and_then(|parent| parent.read_dir().ok());
    let found = folders.into_iter().flatten().flatten().find(|folder| {
        let folder = folder.file_name();
        let time = folder
            .to_str()
            .and_then(|folder| folder.strip_prefix(leaf.as_ref()));
        time.is_some_and(is_time)
    });
    let found = found.context("the suite left no result")?;
    Ok(std::fs::read_to_string(found.path().join("checks.json"))?)
}

/// Whether this is the end of a folder's name, as in `ping-2026-11-20T10-00-00-000Z`.
fn is_time(text: &str) -> bool {
    let pattern = "-0000-00-00T00-00-00-000Z";
    text.len() == pattern.len()
        && text.chars().zip(pattern.chars()).all(|(letter, expected)| {
            letter == expected || (expected == '0' && letter.is_ascii_digit())
        })
}

/// The `PATH` with this folder before all others.
fn with_first(folder: &Path) -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

fn node() -> &'static str {
    if cfg!(windows) { "node.cmd" } else { "node" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    }

    #[test]
    fn results_are_found_by_the_whole_name() {
        let place = tempfile::tempdir().expect("a folder");
        let time = "2026-11-20T10-00-00-000Z";
        for name in ["tools-list", "tools-list-more", "auth/dpop"] {
            let file = place.path().join(format!("{name}-{time}/checks.json"));
            write(&file, name);
        }
        for name in ["tools-list", "tools-list-more", "auth/dpop"] {
            assert_eq!(checks(place.path(), name).expect("it is there"), name);
        }
        for name in ["tools", "auth", "nowhere/tools-list"] {
            let error = checks(place.path(), name).expect_err("not run");
            assert_eq!(error.to_string(), "the suite left no result");
        }
    }

    #[test]
    fn a_kept_folder_is_emptied_before_the_run() {
        let root = tempfile::tempdir().expect("a folder");
        let suite = Suite::new(root.path(), Some(root.path())).expect("a suite");
        write(&root.path().join("client-x/old/checks.json"), "[]");
        let place = suite.place("client-x").expect("writable");
        assert_eq!(place.read_dir().expect("a folder").count(), 0);
    }

    #[test]
    fn a_suite_that_is_not_installed_is_an_error() {
        let root = tempfile::tempdir().expect("a folder");
        let suite = Suite::new(&root.path().join("nowhere"), None).expect("a suite");
        let error = suite
            .client(root.path(), "2025-11-25")
            .expect_err("an error");
        assert!(
            error.to_string().ends_with("could not be started"),
            "{error}"
        );
    }

    #[test]
    fn the_client_is_found_before_all_else() {
        let path = with_first(Path::new("/programs")).expect("a path");
        let first = std::env::split_paths(&path).next();
        assert_eq!(first, Some(PathBuf::from("/programs")));
    }
}
