//! What a process may touch, made of its settings and of how it is started.

mod given;
mod guard;
mod places;
mod program;
// Where the systems that can fence keep their files.
#[cfg(all(test, unix))]
mod tests;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use model::{Reach, SandboxProfile, SandboxSettings, SandboxStatus};
use serde::{Deserialize, Serialize};

use guard::{Guard, shared_temp};

/// Open files that a process may have.
const OPEN_FILES: u64 = 65_536;
/// Processes and threads of the user's that may come on top of those that there are.
const MORE_PROCESSES: u64 = 2048;
/// Memory that a process may fill when nothing else is said, in MiB: more than any server needs,
/// less than would take the machine down.
const MEMORY: u64 = 16 * 1024;

/// How a server is started.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The program's file.
    pub program: &'a Path,
    /// What it is started with.
    pub args: &'a [String],
    /// The values of the variables that its entry sets.
    pub values: &'a [&'a str],
    /// The folder that its entry has it started in.
    pub cwd: Option<&'a Path>,
}

/// Where a server is started.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The user's home directory.
    pub home: Option<&'a Path>,
    /// The user's caches, where they do not lie in the usual place.
    pub cache: Option<&'a Path>,
    /// Our own files and folders.
    pub own: &'a [PathBuf],
    /// A temporary folder of the server's own.
    pub scratch: &'a Path,
    /// The PATH that the server is started with.
    pub path: &'a OsStr,
}

/// What a process may touch. Holds no secret: it is an argument of the helper's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The profile that it was made of.
    pub profile: SandboxProfile,
    /// Files and trees to read and execute.
    pub read: Vec<PathBuf>,
    /// Files and trees to read, write and execute.
    pub write: Vec<PathBuf>,
    /// Devices to read, write and control.
    pub devices: Vec<PathBuf>,
    /// Never to be touched, also within a tree that is let in.
    pub hidden: Vec<PathBuf>,
    /// Folders to be made first, because only what exists can be let in.
    pub make: Vec<PathBuf>,
    /// A temporary folder of its own; it may lie in what is hidden.
    pub scratch: Option<PathBuf>,
    /// Variables that lead to folders which are let in; what the entry sets itself counts first.
    #[serde(skip)]
    pub variables: Vec<(&'static str, PathBuf)>,
    /// Whether the network is reached.
    pub network: Reach,
    /// Whether sockets of other programs are reached.
    pub sockets: Reach,
    /// Limits of each process.
    pub limits: Limits,
    /// What was not let in, and why: sentences.
    pub notes: Vec<String>,
}

/// Limits of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Files that it may have open.
    pub files: u64,
    /// Processes and threads of the user's on top of those at its start.
    pub more_processes: u64,
    /// Memory that it may fill, in MiB.
    pub memory: u64,
}

impl Plan {
    /// What a server may touch.
    pub fn new(settings: &SandboxSettings, start: &Start<'_>, around: &Around<'_>) -> Self {
        let mut plan = Self::bare(settings, around);
        if is_engine(settings, start.program) {
            plan.profile = SandboxProfile::Off;
            plan.notes.push(ENGINE_NOTE.to_owned());
        }
        if plan.profile == SandboxProfile::Off {
            plan.sockets = settings.sockets.unwrap_or(Reach::Open);
            return plan;
        }
        let guard = Guard::new(around);
        plan.let_in_system(around);
        plan.let_in_home(start, &guard, around);
        plan.let_in_toolchains(start, &guard, around);
        given::let_in(&mut plan, start, &guard);
        plan.let_in_configured(settings, around);
        plan.tidy();
        plan
    }

    /// Whether anything of it needs the system's help.
    pub fn is_open(&self) -> bool {
        self.profile == SandboxProfile::Off
            && self.network == Reach::Open
            && self.sockets == Reach::Open
    }

    /// Why it must not be run where nothing can be fenced; `None` if nothing was asked for by
    /// name that would be missing.
    pub fn needs_fence(&self) -> Option<&'static str> {
        (self.network == Reach::None).then_some(
            "its `network` is `none`, which cannot be enforced here; remove the key to start it \
             with the network",
        )
    }

    fn bare(settings: &SandboxSettings, around: &Around<'_>) -> Self {
        Self {
            profile: settings.profile,
            read: Vec::new(),
            write: Vec::new(),
            devices: Vec::new(),
            hidden: around.own.to_vec(),
            make: Vec::new(),
            scratch: None,
            variables: Vec::new(),
            network: settings.network,
            sockets: settings.sockets(),
            limits: Limits {
                files: OPEN_FILES,
                more_processes: MORE_PROCESSES,
                memory: settings.memory.unwrap_or(MEMORY),
            },
            notes: Vec::new(),
        }
    }

    fn let_in_system(&mut self, around: &Around<'_>) {
        let system = places::SYSTEM.iter().map(PathBuf::from);
        if self.profile == SandboxProfile::Compat {
            // All but what is hidden, which the helper leaves out of every tree.
            self.read.push("/".into());
            self.write.extend(shared_temp());
        } else {
            self.read.extend(system.chain(["/proc".into()]));
            let temporary = places::TEMPORARY.iter();
            self.variables
                .extend(temporary.map(|name| (*name, around.scratch.to_path_buf())));
        }
        self.scratch = Some(around.scratch.to_path_buf());
        self.devices
            .extend(places::DEVICES.iter().map(PathBuf::from));
        self.write.push(places::SHARED_MEMORY.into());
    }

    fn let_in_home(&mut self, start: &Start<'_>, guard: &Guard<'_>, around: &Around<'_>) {
        let Some(home) = around.home else { return };
        let chains = places::TOOLCHAINS.iter().chain(&places::SETTINGS);
        self.read.extend(chains.map(|place| home.join(place)));
        // An entry may name another place, but not everything.
        let cache = around.cache.filter(|cache| guard.allows_named(cache));
        let cache = cache.map(Path::to_path_buf);
        let cache = cache.unwrap_or_else(|| home.join(default_cache()));
        self.make.push(cache.clone());
        self.write.push(cache);
        for runner in &places::RUNNERS {
            let caches = runner.caches.iter().map(|cache| home.join(cache));
            self.write.extend(caches.clone());
            if is_named(start.program, runner.programs) {
                self.make.extend(caches);
                let settings = runner.settings.iter().map(|file| home.join(file));
                self.read.extend(settings);
            }
        }
        if is_named(start.program, &places::PYTHON_RUNNERS) {
            self.let_in_pythons(home, around);
        }
        for (server, folder) in places::OWN_STATE {
            if names_package(start, server) {
                self.make.push(home.join(folder));
                self.write.push(home.join(folder));
            }
        }
    }

    /// The first Python may be fetched; those that are there, other programs run as well.
    fn let_in_pythons(&mut self, home: &Path, around: &Around<'_>) {
        let tools = around.scratch.join("tools");
        self.variables.push((places::PYTHON_TOOLS, tools));
        let pythons = home.join(places::PYTHONS);
        let is_empty = std::fs::read_dir(&pythons).map_or(true, |mut found| found.next().is_none());
        if is_empty {
            self.make.push(pythons.clone());
            self.write.push(pythons);
        }
    }

    /// The program's own folder, and what is on PATH with the folders around it.
    fn let_in_toolchains(&mut self, start: &Start<'_>, guard: &Guard<'_>, around: &Around<'_>) {
        self.read.push(start.program.to_path_buf());
        let on_path = std::env::split_paths(around.path).flat_map(|folder| chain_of(&folder));
        let folders = program::folders(start.program).into_iter().chain(on_path);
        self.read
            .extend(folders.filter(|folder| guard.allows_guessed(folder)));
    }

    fn let_in_configured(&mut self, settings: &SandboxSettings, around: &Around<'_>) {
        let absolute = |path: &PathBuf| expand(path, around.home);
        self.read.extend(settings.read.iter().map(absolute));
        self.write.extend(settings.write.iter().map(absolute));
    }

    fn tidy(&mut self) {
        for list in [&mut self.read, &mut self.write, &mut self.make] {
            list.sort();
            list.dedup();
        }
        let write = std::mem::take(&mut self.write);
        self.read.retain(|path| !write.contains(path));
        self.write = write;
    }

    /// The status of a process to which nothing of this was applied, because of `note`.
    pub fn not_applied(&self, note: impl Into<String>) -> SandboxStatus {
        let mut status = SandboxStatus::open(self.profile, note);
        status.notes.extend(self.notes.iter().cloned());
        status
    }
}

const ENGINE_NOTE: &str = "The command is the client of a container engine, which fences what it \
                           starts; the client itself is not fenced.";

/// Whether the command starts a container, and nothing else was asked for.
fn is_engine(settings: &SandboxSettings, program: &Path) -> bool {
    settings.network == Reach::Open
        && settings.sockets.is_none()
        && is_named(program, &places::ENGINES)
}

/// Whether a command runs this package, by its own name or by a runner's argument.
fn names_package(start: &Start<'_>, package: &str) -> bool {
    let mut args = start.args.iter();
    let is_asked_for = |arg: &String| arg.split('@').next() == Some(package);
    is_named(start.program, &[package]) || args.any(is_asked_for)
}

/// Whether a program has one of these names, whatever its ending.
fn is_named(program: &Path, names: &[&str]) -> bool {
    let name = program.file_stem().and_then(OsStr::to_str);
    name.is_some_and(|name| names.contains(&name))
}

/// A folder on PATH, and the toolchain that it is the entrance to.
fn chain_of(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    let real = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    let is_chain = |parent: &&Path| {
        (real.ends_with("bin") && parent.join("lib").is_dir()) || real.ends_with("shims")
    };
    found.extend(real.parent().filter(is_chain).map(Path::to_path_buf));
    found
}

fn default_cache() -> &'static str {
    if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    }
}

/// `~` stands for the home directory.
fn expand(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_path_buf(),
    }
}
