//! Which folders belong to a program.

use std::path::{Path, PathBuf};

use super::places::PROJECT_MARKS;

/// How far above a program its own folder is looked for.
const DEPTH: usize = 6;

/// Bytes of a file that are looked at for its interpreter.
const HEAD: usize = 256;

/// The folders without which a program cannot run, the best guess first: its package or project,
/// that of the file it is a link to, and its interpreter's.
pub(super) fn folders(program: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in links(program) {
        let folder = folder_of(&file);
        found.extend(base_of_environment(&folder));
        found.push(folder);
    }
    if let Some(interpreter) = interpreter(program) {
        for file in links(&interpreter) {
            let folder = folder_of(&file);
            found.extend(base_of_environment(&folder));
            found.push(folder);
        }
    }
    found
}

/// The file as it is named, and what it is a link to.
fn links(file: &Path) -> Vec<PathBuf> {
    let real = file.canonicalize().ok();
    let mut files = vec![file.to_path_buf()];
    files.extend(real.filter(|real| real != file));
    files
}

/// The outermost folder of packages, else the nearest folder above that looks like a project's
/// top, else the folder that the file is in.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    let parent = file.parent().unwrap_or(file);
    let packages = parent
        .ancestors()
        .filter(|folder| folder.ends_with("node_modules"));
    if let Some(packages) = packages.last() {
        return packages.to_path_buf();
    }
    let is_project = |folder: &&Path| PROJECT_MARKS.iter().any(|mark| folder.join(mark).is_file());
    let project = parent.ancestors().take(DEPTH).find(is_project);
    project.unwrap_or(parent).to_path_buf()
}

/// Where the Python is that a virtual environment was made of.
fn base_of_environment(folder: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(folder.join("pyvenv.cfg")).ok()?;
    let home = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "home").then(|| value.trim())
    })?;
    let base = Path::new(home);
    let base = if base.ends_with("bin") {
        base.parent()?
    } else {
        base
    };
    base.is_absolute().then(|| base.to_path_buf())
}

/// What a script's first line names, where that is not the search on PATH.
fn interpreter(script: &Path) -> Option<PathBuf> {
    use std::io::Read as _;
    let mut head = Vec::new();
    let file = std::fs::File::open(script).ok()?;
    file.take(HEAD as u64).read_to_end(&mut head).ok()?;
    let line = head
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let line = std::str::from_utf8(line).ok()?;
    let path = PathBuf::from(line.split_whitespace().next()?);
    (path.is_absolute() && !path.ends_with("env")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(root: &Path, files: &[(&str, &str)]) {
        for (file, text) in files {
            let file = root.join(file);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, text).expect("written");
        }
    }

    #[test]
    fn a_package_belongs_to_the_packages_around_it() {
        let file = Path::new("/x/node_modules/a/node_modules/b/index.js");
        assert_eq!(folder_of(file), Path::new("/x/node_modules"));
    }

    #[test]
    fn a_script_belongs_to_its_project_or_else_to_its_folder() {
        let scratch = tempfile::tempdir().expect("a folder");
        let root = scratch.path();
        make(
            root,
            &[
                ("p/package.json", "{}"),
                ("p/dist/a/i.js", ""),
                ("q/r/s.py", ""),
            ],
        );
        assert_eq!(folder_of(&root.join("p/dist/a/i.js")), root.join("p"));
        assert_eq!(folder_of(&root.join("q/r/s.py")), root.join("q/r"));
    }

    #[cfg(unix)]
    #[test]
    fn an_environment_leads_to_the_python_that_it_was_made_of() {
        let scratch = tempfile::tempdir().expect("a folder");
        let root = scratch.path().canonicalize().expect("a path");
        let python = root.join("venv/bin/python");
        let shebang = format!("#!{}\nimport x\n", python.display());
        make(
            &root,
            &[
                (
                    "venv/pyvenv.cfg",
                    "version = 3\nhome = /opt/python/3.12/bin\n",
                ),
                ("venv/bin/python", ""),
                ("tools/serve", &shebang),
            ],
        );
        let found = folders(&root.join("tools/serve"));
        for folder in [
            "/opt/python/3.12".into(),
            root.join("venv"),
            root.join("tools"),
        ] {
            assert!(found.contains(&folder), "{found:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_what_it_stands_for() {
        let scratch = tempfile::tempdir().expect("a folder");
        let root = scratch.path().canonicalize().expect("a path");
        make(
            &root,
            &[
                ("share/tool/package.json", "{}"),
                ("share/tool/cli.js", ""),
                ("bin/x", ""),
            ],
        );
        std::os::unix::fs::symlink("../share/tool/cli.js", root.join("bin/tool")).expect("a link");
        let found = folders(&root.join("bin/tool"));
        assert_eq!(found, [root.join("bin"), root.join("share/tool")]);
    }
}
