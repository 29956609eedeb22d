//! What a server's own entry names: a server that works on folders is started with them.
//!
//! A folder in its arguments, its variables or `cwd` is given to it whole; a file is given with
//! the files beside it, unless those are none of its business; a script brings its project.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::guard::Guard;
use super::places::SCRIPTS;
use super::program::folder_of;
use super::{Plan, Start};

/// Words of an entry that are looked at; nobody writes more by hand.
const MAX_WORDS: usize = 256;

/// Lets in what the entry names.
pub(super) fn let_in(plan: &mut Plan, start: &Start<'_>, guard: &Guard<'_>) {
    if let Some(cwd) = start.cwd {
        let_in_folder(plan, cwd, guard);
    }
    let args = start.args.iter().map(String::as_str);
    let words = args.chain(start.values.iter().copied()).take(MAX_WORDS);
    for path in words.filter_map(|word| path_in(word, start.cwd)) {
        if path.is_dir() {
            let_in_folder(plan, &path, guard);
        } else if is_script(&path) && path.is_file() && guard.allows_named(&path) {
            let project = folder_of(&path);
            plan.read.push(path);
            plan.read
                .extend(guard.allows_guessed(&project).then_some(project));
        } else if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            let_in_file(plan, &path, folder, guard);
        }
    }
}

fn let_in_folder(plan: &mut Plan, folder: &Path, guard: &Guard<'_>) {
    if guard.allows_named(folder) {
        plan.write.push(folder.to_path_buf());
    } else {
        let note = format!(
            "{} is not given to it as a whole, because it holds more than one server should \
             have; name what it needs under `sandbox.read` or `sandbox.write`.",
            folder.display()
        );
        if !plan.notes.contains(&note) {
            plan.notes.push(note);
        }
    }
}

fn let_in_file(plan: &mut Plan, file: &Path, folder: &Path, guard: &Guard<'_>) {
    if guard.allows_beside(folder) {
        plan.write.push(folder.to_path_buf());
    } else if file.is_file() && guard.allows_named(file) {
        plan.write.push(file.to_path_buf());
    }
}

/// The path in a word: the word itself, or what follows its first `=`. A relative one counts only
/// from the folder that the entry names.
fn path_in(word: &str, cwd: Option<&Path>) -> Option<PathBuf> {
    let value = match word.split_once('=') {
        Some((option, value)) if option.starts_with('-') => value,
        _ => word,
    };
    let path = Path::new(value);
    if path.is_absolute() {
        // `/` alone and options of Windows programs such as `/c` are no paths to give.
        return (path.components().count() > 1).then(|| path.to_path_buf());
    }
    let is_relative = value.starts_with("./") || value.starts_with("../") || value == "..";
    cwd.filter(|_| is_relative).map(|cwd| cwd.join(path))
}

fn is_script(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| SCRIPTS.contains(&ending))
}
