//! What a child process gets to see of our environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::OnceCell;

/// Variables that programs need to run at all. Everything else, tokens above all, is handed over
/// only where the configuration names it.
const ALLOWED: &[&str] = &[
    "APPDATA",
    "COMSPEC",
    "DISPLAY",
    "HOME",
    "HOMEDRIVE",
    "HOMEPATH",
    "LANG",
    "LANGUAGE",
    "LOCALAPPDATA",
    "LOGNAME",
    "NO_COLOR",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
    "USERNAME",
    "USERPROFILE",
    "WAYLAND_DISPLAY",
    "WINDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
    "NODE_EXTRA_CA_CERTS",
];

/// Locale settings come as a family.
const ALLOWED_PREFIX: &str = "LC_";

/// Marks the login shell's answer among whatever its start-up files print.
const MARK: &str = "toolgate-path:";

/// A login shell that takes longer than this is not waited for.
const SHELL_PATIENCE: Duration = Duration::from_secs(5);

/// The environment that children are started with; asks the login shell for its PATH once.
#[derive(Debug, Default)]
pub struct Environment {
    path: OnceCell<OsString>,
}

impl Environment {
    /// The allowed variables of our own environment, and the completed PATH.
    pub(crate) async fn base(&self) -> BTreeMap<OsString, OsString> {
        let mut variables: BTreeMap<_, _> = std::env::vars_os()
            .filter(|(name, _)| is_allowed(name))
            .collect();
        variables.insert("PATH".into(), self.path().await.to_owned());
        variables
    }

    /// Our PATH, completed by what the login shell adds to it: a program started from a desktop
    /// has a PATH without the user's own tools (npx, uvx, docker).
    pub async fn path(&self) -> &OsStr {
        self.path
            .get_or_init(|| async {
                let own = std::env::var_os("PATH").unwrap_or_default();
                match login_shell_path().await {
                    Some(shell) => merge_paths(&own, OsStr::new(&shell)),
                    None => own,
                }
            })
            .await
    }
}

/// Finds a command as the children would: by the given PATH, or as it is where it holds a
/// separator (then relative to `directory`).
pub fn find_command(command: &str, path: &OsStr, directory: Option<&Path>) -> Option<PathBuf> {
    let candidates: Vec<PathBuf> = if command.contains(std::path::is_separator) {
        let base = directory.map_or_else(PathBuf::new, Path::to_path_buf);
        vec![base.join(command)]
    } else {
        std::env::split_paths(path)
            .map(|folder| folder.join(command))
            .collect()
    };
    candidates
        .into_iter()
        .flat_map(with_extensions)
        .find(|file| is_executable(file))
}

fn is_allowed(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let name = name.to_ascii_uppercase();
    ALLOWED.contains(&name.as_str()) || name.starts_with(ALLOWED_PREFIX)
}

/// Entries of both, ours first, each once.
fn merge_paths(own: &OsStr, more: &OsStr) -> OsString {
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::env::split_paths(own).chain(std::env::split_paths(more)) {
        if !entry.as_os_str().is_empty() && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    std::env::join_paths(entries).unwrap_or_else(|_| own.to_owned())
}

/// What the user's login shell has as PATH. Interactive as well, because many set it there.
async fn login_shell_path() -> Option<String> {
    if cfg!(windows) {
        return None;
    }
    let shell = std::env::var_os("SHELL")?;
    let mut command = Command::new(shell);
    command
        .args([
            "-l",
            "-i",
            "-c",
            &format!("printf '\\n{MARK}%s\\n' \"$PATH\""),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    // An interactive shell that shares our terminal would stop us to take it over.
    #[cfg(unix)]
    command.process_group(0);
    let output = tokio::time::timeout(SHELL_PATIENCE, command.output())
        .await
        .ok()?
        .ok()?;
    path_in_output(&String::from_utf8_lossy(&output.stdout))
}

fn path_in_output(output: &str) -> Option<String> {
    let path = output
        .lines()
        .find_map(|line| line.strip_prefix(MARK))?
        .trim();
    (!path.is_empty()).then(|| path.to_owned())
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[cfg(not(windows))]
fn with_extensions(file: PathBuf) -> Vec<PathBuf> {
    vec![file]
}

/// On Windows, `npx` is really `npx.cmd`: try what PATHEXT lists.
#[cfg(windows)]
fn with_extensions(file: PathBuf) -> Vec<PathBuf> {
    let known = std::env::var("PATHEXT").unwrap_or_else(|_| ".EXE;.CMD;.BAT;.COM".to_owned());
    let mut files: Vec<PathBuf> = known
        .split(';')
        .map(|extension| PathBuf::from(format!("{}{extension}", file.display())))
        .collect();
    if file.extension().is_some() {
        files.insert(0, file);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_our_own_environment_stay_here() {
        for name in ["HOME", "LC_ALL", "XDG_CACHE_HOME", "Path_Ext"] {
            let expected = name != "Path_Ext";
            assert_eq!(is_allowed(OsStr::new(name)), expected, "{name}");
        }
        for name in [
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "HTTPS_PROXY",
            "LD_PRELOAD",
        ] {
            assert!(!is_allowed(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn the_shells_entries_follow_ours() {
        let merged = merge_paths(
            OsStr::new("/usr/bin:/bin"),
            OsStr::new("/home/me/bin:/bin:"),
        );
        assert_eq!(merged, "/usr/bin:/bin:/home/me/bin");
    }

    #[test]
    fn the_path_is_found_among_the_shells_chatter() {
        let output = "Welcome!\n\ntoolgate-path:/a:/b\n";
        assert_eq!(path_in_output(output).as_deref(), Some("/a:/b"));
        assert_eq!(path_in_output("toolgate-path:\n"), None);
        assert_eq!(path_in_output("no such line"), None);
    }

    #[cfg(unix)]
    #[test]
    fn commands_are_found_by_path_and_by_place() {
        let found = find_command("sh", OsStr::new("/nowhere:/bin"), None);
        assert_eq!(found, Some(PathBuf::from("/bin/sh")));
        assert_eq!(find_command("sh", OsStr::new("/nowhere"), None), None);
        let relative = find_command("./sh", OsStr::new(""), Some(Path::new("/bin")));
        assert_eq!(relative, Some(PathBuf::from("/bin/./sh")));
        assert_eq!(
            find_command("/etc/passwd", OsStr::new(""), None),
            None,
            "not executable"
        );
    }
}
