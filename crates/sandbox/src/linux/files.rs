//! Files by Landlock, as far as the kernel can.
//!
//! Landlock lets trees in and cannot leave a hole in one. Where a tree holds what is hidden, its
//! entries are let in one by one instead; what is made beside them later is not let in.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use model::Reach;

use crate::plan::Plan;

/// The newest interface that the rules below were written for.
const KNOWN: ABI = ABI::V9;
/// From here on, files cannot be emptied through their path.
const TRUNCATION: ABI = ABI::V3;
/// From here on, signals and abstract sockets end at the fence.
const SCOPES: ABI = ABI::V6;
/// From here on, sockets are told by their path.
const SOCKETS: ABI = ABI::V9;

/// Entries that are let in one by one, at most.
const MAX_ENTRIES: usize = 20_000;

/// What the kernel enforces.
#[derive(Default)]
pub(super) struct Achieved {
    pub(super) files: bool,
    pub(super) sockets: bool,
    abi: Option<ABI>,
}

impl Achieved {
    /// What an older kernel cannot do, in sentences.
    pub(super) fn notes(&self) -> Vec<String> {
        let Some(abi) = self.abi.filter(|_| self.files) else {
            let note = "Files are not fenced: this kernel has no Landlock, or it is off.";
            return vec![note.to_owned()];
        };
        let mut notes = Vec::new();
        if abi < TRUNCATION {
            notes.push("Files outside may be emptied: this kernel is older than 6.2.".to_owned());
        }
        if abi < SCOPES {
            notes.push(
                "Signals to other programs are not fenced: this kernel is older than 6.12."
                    .to_owned(),
            );
        }
        notes
    }
}

/// Restricts this process and all that it starts.
pub(super) fn restrict(plan: &Plan) -> Result<Achieved, RulesetError> {
    let handles_sockets = plan.sockets == Reach::None;
    let mut handled = AccessFs::from_all(KNOWN);
    let mut scopes = Scope::from_all(KNOWN);
    if !handles_sockets {
        handled.remove(AccessFs::ResolveUnix);
        scopes.remove(Scope::AbstractUnixSocket);
    }
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(handled)?
        .scope(scopes)?
        .create()?;
    let status = let_in(rules, plan, handled)?.restrict_self()?;
    let abi = match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => Some(effective_abi),
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => None,
    };
    let files = status.ruleset != RulesetStatus::NotEnforced;
    let sockets = handles_sockets && abi.is_some_and(|abi| abi >= SOCKETS);
    Ok(Achieved {
        files,
        sockets,
        abi,
    })
}

/// `handled` is what is fenced at all; nothing else can be let in.
fn let_in(
    mut rules: RulesetCreated,
    plan: &Plan,
    handled: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let read = AccessFs::from_read(KNOWN);
    // Nobody needs to make devices.
    let write = handled & !(AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev);
    let devices = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::ReadDir | AccessFs::IoctlDev;
    for (paths, access) in [
        (&plan.read, read),
        (&plan.write, write),
        (&plan.devices, devices),
    ] {
        for (path, access) in paths
            .iter()
            .flat_map(|path| around(path, &plan.hidden, access))
        {
            rules = add(rules, &path, access)?;
        }
    }
    match &plan.scratch {
        Some(scratch) => add(rules, scratch, write),
        None => Ok(rules),
    }
}

/// A rule for what is there; what is not there needs none.
fn add(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(meta) = path.metadata() else {
        return Ok(rules);
    };
    let Ok(file) = PathFd::new(path) else {
        return Ok(rules);
    };
    let access = if meta.is_dir() {
        access
    } else {
        access & AccessFs::from_file(KNOWN)
    };
    rules.add_rule(PathBeneath::new(file, access))
}

/// A tree, or what is in it besides what is hidden.
fn around(
    tree: &Path,
    hidden: &[PathBuf],
    access: BitFlags<AccessFs>,
) -> Vec<(PathBuf, BitFlags<AccessFs>)> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let hidden: Vec<PathBuf> = hidden.iter().map(|path| real(path)).collect();
    let mut let_in = Vec::new();
    let mut trees = vec![real(tree)];
    while let Some(tree) = trees.pop() {
        if hidden.iter().any(|hidden| tree.starts_with(hidden)) {
            continue;
        }
        if !hidden.iter().any(|hidden| hidden.starts_with(&tree)) {
            let_in.push((tree, access));
            continue;
        }
        // Names may be listed; that ends nowhere, but tells nothing of what is inside of files.
        let_in.push((tree.clone(), access & BitFlags::from(AccessFs::ReadDir)));
        let entries = std::fs::read_dir(&tree).into_iter().flatten().flatten();
        // What a link leads to is let in where it lies, or not at all.
        let entries =
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
        trees.extend(entries.map(|entry| entry.path()));
        if let_in.len() + trees.len() > MAX_ENTRIES {
            break;
        }
    }
    let_in
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_let_in_around_what_is_hidden() {
        let scratch = tempfile::tempdir().expect("a folder");
        let root = scratch.path().canonicalize().expect("a path");
        for folder in ["home/share/ours/deep", "home/share/theirs", "home/docs"] {
            std::fs::create_dir_all(root.join(folder)).expect("made");
        }
        std::fs::write(root.join("home/file"), "").expect("written");
        std::os::unix::fs::symlink(root.join("home/share/ours"), root.join("home/link"))
            .expect("a link");
        let access = AccessFs::from_read(ABI::V1);
        let let_in = around(&root, &[root.join("home/share/ours")], access);
        let mut whole: Vec<_> = let_in
            .iter()
            .filter(|(_, given)| *given == access)
            .map(|(path, _)| path.strip_prefix(&root).expect("inside").to_path_buf())
            .collect();
        whole.sort();
        let expected = ["home/docs", "home/file", "home/share/theirs"];
        assert_eq!(whole, expected.map(PathBuf::from));
        let listed = let_in.len() - whole.len();
        assert_eq!(listed, 3, "the folders on the way: {let_in:?}");
    }

    #[test]
    fn what_is_hidden_itself_is_not_let_in() {
        let scratch = tempfile::tempdir().expect("a folder");
        let hidden = [scratch.path().to_path_buf()];
        std::fs::create_dir(scratch.path().join("in")).expect("made");
        let access = AccessFs::from_read(ABI::V1);
        assert!(around(&scratch.path().join("in"), &hidden, access).is_empty());
    }

    #[test]
    fn an_old_kernel_is_told_of() {
        assert_eq!(Achieved::default().notes().len(), 1);
        let with = |abi| Achieved {
            files: true,
            sockets: false,
            abi: Some(abi),
        };
        assert_eq!(with(ABI::V1).notes().len(), 2);
        assert_eq!(with(ABI::V3).notes().len(), 1);
        assert!(with(ABI::V6).notes().is_empty());
    }
}
