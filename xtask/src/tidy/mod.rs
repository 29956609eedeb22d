//! `cargo xtask tidy`: how big the sources are, how well they are tested, who builds on whom.

mod layers;
mod limits;
mod sizes;
mod source;
mod table;
mod tree;

use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::tidy::source::Source;
use crate::workspace::Workspace;

/// Prints the report; with `check`, a broken limit makes the task fail.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<ExitCode> {
    let sources = tree::sources(&workspace.root)?;
    anstream::println!("{}", table::report(&sources));
    let broken = broken(workspace, &sources);
    for sentence in &broken {
        anstream::println!("limit broken: {sentence}");
    }
    if check && !broken.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints only what is broken, as an error.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let broken = broken(workspace, &tree::sources(&workspace.root)?);
    ensure!(
        broken.is_empty(),
        "limits are broken:\n  {}",
        broken.join("\n  ")
    );
    Ok(())
}

/// Every broken limit as a sentence.
fn broken(workspace: &Workspace, sources: &[Source]) -> Vec<String> {
    let mut broken = limits::broken(sources);
    broken.extend(layers::broken(&workspace.packages));
    broken
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace::Package;

    /// A workspace with one source file and the crate `model`, which builds on `dependencies`.
    fn workspace(root: &tempfile::TempDir, text: &str, dependencies: &[&str]) -> Workspace {
        fs::create_dir(root.path().join("crates")).expect("writable");
        fs::write(root.path().join("crates/lib.rs"), text).expect("writable");
        let model = Package {
            name: "model".to_owned(),
            dependencies: dependencies.iter().map(|&name| name.to_owned()).collect(),
        };
        Workspace {
            root: root.path().to_owned(),
            target: root.path().join("target"),
            packages: vec![model],
        }
    }

    #[test]
    fn broken_limits_are_listed_together() {
        let root = tempfile::tempdir().expect("a folder");
        let workspace = workspace(&root, &"\n".repeat(501), &["gateway"]);
        let expected = "limits are broken:\n  \
                        crates/lib.rs has 501 lines, more than 500\n  \
                        the crate `model` must not build on `gateway`";
        let error = check(&workspace).expect_err("two limits are broken");
        assert_eq!(error.to_string(), expected);
        assert_eq!(run(&workspace, true).expect("readable"), ExitCode::FAILURE);
        assert_eq!(run(&workspace, false).expect("readable"), ExitCode::SUCCESS);
    }

    #[test]
    fn kept_limits_pass() {
        let root = tempfile::tempdir().expect("a folder");
        let workspace = workspace(&root, "fn main() {}\n", &[]);
        check(&workspace).expect("nothing is broken");
        assert_eq!(run(&workspace, true).expect("readable"), ExitCode::SUCCESS);
    }
}
