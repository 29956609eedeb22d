//! Checks of the configuration file and the data directory.

use std::io;
use std::path::Path;

use model::Severity;

use crate::Check;
use crate::words::count;

/// Whether the configuration can be read and used.
pub(crate) fn configuration(file: &Path) -> Vec<Check> {
    let place = file.display();
    if !file.exists() {
        let message = format!("There is no configuration file yet ({place}).");
        return vec![Check::note("config", message)];
    }
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("{place} cannot be read: {error}.");
            let fix = "Check its permissions, and that it is text.";
            return vec![Check::error("config", message, fix)];
        }
    };
    let parsed = config::parse(&text, file);
    let servers = parsed.settings.map_or(0, |settings| settings.servers.len());
    let number = |severity| {
        parsed
            .diagnostics
            .iter()
            .filter(|d| d.severity == severity)
            .count()
    };
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    let fix = "Run `toolgate config check` to see each with its place.";
    let found = format!("{place} has {}, ", count(servers, "usable server"));
    let mut checks = open_to_all(file);
    checks.push(match (errors, warnings) {
        (0, 0) => Check::ok("config", format!("{found}no errors and no warnings.")),
        (0, _) => Check::warning(
            "config",
            format!("{found}{}.", count(warnings, "warning")),
            fix,
        ),
        _ => Check::error("config", format!("{found}{}.", count(errors, "error")), fix),
    });
    checks
}

/// Whether everybody may replace the configuration, which decides who may call.
#[cfg(unix)]
fn open_to_all(file: &Path) -> Vec<Check> {
    use std::os::unix::fs::PermissionsExt as _;
    // In a sticky folder others can add files, but not replace this one.
    const WRITABLE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let folder = file.parent().unwrap_or(file);
    let is_open = |path: &&Path| {
        let mode = path.metadata().map_or(0, |meta| meta.permissions().mode());
        mode & (WRITABLE | STICKY) == WRITABLE
    };
    let open = [file, folder].into_iter().filter(is_open);
    let open = open.map(|path| {
        let place = path.display();
        let message = format!("{place} can be written by every user of this machine.");
        Check::warning("config-open", message, format!("Run `chmod go-w {place}`."))
    });
    open.collect()
}

/// On Windows, a folder in the user's profile is private by inheritance.
#[cfg(windows)]
fn open_to_all(_file: &Path) -> Vec<Check> {
    Vec::new()
}

/// Whether the gateway can write to the data directory, and nobody else can read it.
pub(crate) fn data_directory(dir: &Path) -> Vec<Check> {
    let place = dir.display();
    match probe(dir) {
        Ok(()) => vec![privacy(dir)],
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("{place} does not exist yet; the gateway will create it.");
            vec![Check::note("data-dir", message)]
        }
        Err(error) => vec![Check::error(
            "data-dir",
            format!("{place} cannot be written to: {error}."),
            "Change its owner or mode, or choose another with --data-dir.",
        )],
    }
}

/// Creates a file and removes it again.
fn probe(dir: &Path) -> io::Result<()> {
    let probe = dir.join(format!(".probe-{}", std::process::id()));
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&probe)?;
    std::fs::remove_file(&probe)
}

#[cfg(unix)]
fn privacy(dir: &Path) -> Check {
    use std::os::unix::fs::PermissionsExt as _;
    let place = dir.display();
    let mode = dir
        .metadata()
        .map_or(0, |meta| meta.permissions().mode() & 0o777);
    let others = mode & 0o077;
    if others == 0 {
        return Check::ok("data-dir", format!("{place} is writable and private."));
    }
    Check::warning(
        "data-dir",
        format!("{place} can be reached by other users (mode {mode:03o})."),
        format!("Run `chmod 700 {place}`."),
    )
}

/// On Windows, a folder in the user's profile is private by inheritance.
#[cfg(windows)]
fn privacy(dir: &Path) -> Check {
    Check::ok("data-dir", format!("{} is writable.", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    fn level(findings: &[Check]) -> Level {
        findings.first().expect("one finding").level
    }

    #[test]
    fn a_configuration_is_judged_by_its_worst_finding() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("config.json");
        assert_eq!(level(&configuration(&file)), Level::Note);
        for (text, expected) in [
            (r#"{"mcpServers": {}}"#, Level::Ok),
            (r#"{"lissten": "x"}"#, Level::Warning),
            ("{ broken", Level::Error),
        ] {
            std::fs::write(&file, text).expect("writes");
            assert_eq!(level(&configuration(&file)), expected, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_configuration_that_everybody_may_replace_is_reported() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("config.json");
        std::fs::write(&file, "{}").expect("writes");
        assert_eq!(level(&configuration(&file)), Level::Ok);
        for (path, mode, found) in [
            (file.as_path(), 0o666, 2),
            (&file, 0o664, 1),
            (dir.path(), 0o777, 2),
            (dir.path(), 0o1777, 1),
        ] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(path, mode).expect("changes the mode");
            assert_eq!(configuration(&file).len(), found, "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_for_everybody_is_reported() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let set = |mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(dir.path(), mode).expect("changes the mode");
        };
        set(0o755);
        let findings = data_directory(dir.path());
        assert_eq!(level(&findings), Level::Warning);
        assert!(findings[0].fix.contains("chmod 700"));
        set(0o700);
        assert_eq!(level(&data_directory(dir.path())), Level::Ok);
        assert_eq!(
            level(&data_directory(&dir.path().join("none"))),
            Level::Note
        );
        let files: Vec<_> = std::fs::read_dir(dir.path()).expect("reads").collect();
        assert!(files.is_empty(), "the probe is gone");
    }
}
