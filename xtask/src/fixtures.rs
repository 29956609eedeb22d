//! Installs the real MCP servers and clients that the integration tests run against.
//!
//! A folder of `tests/fixtures` holds lists with exact versions, and the folder of the same name
//! under `.cache/fixtures` gets the packages: those of `package.json` go into `node_modules`,
//! those of `requirements.txt` into the Python environment `venv`, and those of
//! `requirements-v1.txt` into `venv-v1`, for what does not agree with the rest.
//! A copy of the list lies beside what was installed, so that a second run has nothing to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::runtimes::{self, Runtime};
use crate::shell;
use crate::workspace::Workspace;

/// Packages that are installed together.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    runtime: Runtime,
    /// The checked-in list, with exact versions.
    list: PathBuf,
    /// The folder of `node_modules`, or the Python environment.
    place: PathBuf,
}

/// Installs every group that is missing or out of date.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    install_if(workspace, |_| true)
}

/// Installs the groups of this folder that are missing or out of date; returns where they are.
pub(crate) fn install_folder(workspace: &Workspace, folder: &str) -> Result<PathBuf> {
    let cache = cache(workspace).join(folder);
    install_if(workspace, |group| group.place.starts_with(&cache))?;
    Ok(cache)
}

/// Installs one list into a folder of this name, if it is missing or out of date; returns where
/// it is.
pub(crate) fn install_list(workspace: &Workspace, list: PathBuf, folder: &str) -> Result<PathBuf> {
    let place = cache(workspace).join(folder);
    let group = group(list, &place).context("this is no list of packages")?;
    group.bring_up_to_date(workspace)?;
    Ok(place)
}

fn cache(workspace: &Workspace) -> PathBuf {
    workspace.root.join(".cache/fixtures")
}

fn install_if(workspace: &Workspace, wanted: impl Fn(&Group) -> bool) -> Result<()> {
    let groups = discover(&workspace.root.join("tests/fixtures"), &cache(workspace))?;
    for group in groups.into_iter().filter(wanted) {
        group.bring_up_to_date(workspace)?;
    }
    Ok(())
}

/// The groups in the folders of `lists`, in the order of their paths.
fn discover(lists: &Path, cache: &Path) -> Result<Vec<Group>> {
    let mut groups = Vec::new();
    for folder in entries(lists)?.into_iter().filter(|folder| folder.is_dir()) {
        let place = cache.join(folder.file_name().unwrap_or_default());
        groups.extend(
            entries(&folder)?
                .into_iter()
                .filter_map(|list| group(list, &place)),
        );
    }
    Ok(groups)
}

/// The paths in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot read {}", folder.display());
    let entries = fs::read_dir(folder).with_context(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<_> = paths.collect::<Result<_, _>>().with_context(unreadable)?;
    paths.sort();
    Ok(paths)
}

/// The group of a file, if the file is a list of packages.
fn group(list: PathBuf, folder: &Path) -> Option<Group> {
    let name = list.file_name()?.to_str()?;
    let (runtime, place) = if name == "package.json" {
        (Runtime::Node, folder.to_owned())
    } else {
        let which = name.strip_prefix("requirements")?.strip_suffix(".txt")?;
        (Runtime::Python, folder.join(format!("venv{which}")))
    };
    Some(Group {
        runtime,
        list,
        place,
    })
}

impl Group {
    fn bring_up_to_date(&self, workspace: &Workspace) -> Result<()> {
        let name = workspace.shown(&self.place).display().to_string();
        if self.is_current()? {
            anstream::eprintln!("{name} is up to date");
            return Ok(());
        }
        anstream::eprintln!("installing {name}");
        self.install()
            .with_context(|| format!("{name} could not be installed"))?;
        anstream::eprintln!("installed {name}");
        Ok(())
    }

    /// The copy of the list, written last: what is there was installed to the end.
    fn stamp(&self) -> PathBuf {
        self.place.join("installed.txt")
    }

    fn is_current(&self) -> Result<bool> {
        let wanted = fs::read(&self.list)?;
        Ok(fs::read(self.stamp()).is_ok_and(|installed| installed == wanted))
    }

    fn install(&self) -> Result<()> {
        self.runtime.ensure()?;
        fs::create_dir_all(&self.place)?;
        if self.stamp().exists() {
            fs::remove_file(self.stamp())?;
        }
        let log = self.place.with_extension("log");
        for mut command in self.commands()? {
            shell::run_logged(&mut command, &log)?;
        }
        fs::copy(&self.list, self.stamp())?;
        Ok(())
    }

    fn commands(&self) -> Result<Vec<Command>> {
        match self.runtime {
            Runtime::Node => self.npm_install().map(|command| vec![command]),
            Runtime::Python => Ok(self.pip_install()),
        }
    }

    fn npm_install(&self) -> Result<Command> {
        fs::copy(&self.list, self.place.join("package.json"))?;
        let mut command = Command::new(runtimes::npm());
        command
            .current_dir(&self.place)
            .args([
                "install",
                "--ignore-scripts",
                "--no-package-lock",
                "--no-audit",
                "--no-fund",
            ])
            // No server under test opens a browser, and browsers are hundreds of megabytes.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .env("PUPPETEER_SKIP_DOWNLOAD", "1");
        Ok(command)
    }

    fn pip_install(&self) -> Vec<Command> {
        let python = if cfg!(windows) {
            self.place.join("Scripts/python.exe")
        } else {
            self.place.join("bin/python")
        };
        let mut create = Command::new(runtimes::python());
        create.args(["-m", "venv", "--clear"]).arg(&self.place);
        let mut install = Command::new(python);
        install
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--no-input",
                "-r",
            ])
            .arg(&self.list);
        vec![create, install]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    fn python(root: &Path) -> Group {
        let list = root.join("lists/python/requirements.txt");
        group(list, &root.join("cache/python")).expect("a list of packages")
    }

    #[test]
    fn every_list_is_a_group() {
        let root = tempfile::tempdir().expect("a folder");
        let lists = root.path().join("lists");
        for list in [
            "npm/package.json",
            "python/requirements.txt",
            "python/requirements-v1.txt",
        ] {
            write(&lists.join(list), "");
        }
        write(&lists.join("npm/client.mjs"), "");
        write(&lists.join("real-servers.json"), "{}");
        let cache = root.path().join("cache");
        let groups = discover(&lists, &cache).expect("readable");
        let places: Vec<_> = groups.iter().map(|group| group.place.as_path()).collect();
        let expected = ["npm", "python/venv-v1", "python/venv"].map(|place| cache.join(place));
        assert_eq!(places, expected);
    }

    #[test]
    fn a_group_is_current_only_with_exactly_this_list() {
        let root = tempfile::tempdir().expect("a folder");
        let group = python(root.path());
        write(&group.list, "mcp==2.3.0");
        assert!(
            !group.is_current().expect("readable"),
            "nothing is installed"
        );
        write(&group.stamp(), "mcp==2.2.0");
        assert!(!group.is_current().expect("readable"), "the list changed");
        write(&group.stamp(), "mcp==2.3.0");
        assert!(group.is_current().expect("readable"));
    }

    #[test]
    fn npm_writes_no_lock_file_and_gets_the_list() {
        let root = tempfile::tempdir().expect("a folder");
        let list = root.path().join("package.json");
        write(&list, "{}");
        let place = root.path().join("cache");
        fs::create_dir(&place).expect("writable");
        let group = group(list, &place).expect("a list of packages");
        let command = group.npm_install().expect("the list is copied");
        assert!(
            command
                .get_args()
                .any(|argument| argument == "--no-package-lock")
        );
        assert_eq!(command.get_current_dir(), Some(place.as_path()));
        assert!(place.join("package.json").is_file());
    }

    #[test]
    fn python_packages_go_into_an_environment_of_their_own() {
        let group = python(Path::new("/project"));
        let commands = group.pip_install();
        let environment = Path::new("/project/cache/python/venv");
        assert_eq!(commands[0].get_args().last(), Some(environment.as_os_str()));
        assert!(Path::new(commands[1].get_program()).starts_with(environment));
    }

    #[test]
    fn a_missing_folder_of_lists_is_named() {
        let error = discover(Path::new("/nowhere"), Path::new("/cache")).expect_err("missing");
        assert_eq!(error.to_string(), "cannot read /nowhere");
    }
}
