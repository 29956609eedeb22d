//! Finds the source files of the repository and tells product from test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::tidy::source::{Kind, Source};

/// Folders that hold Rust sources, as far as they exist.
const FOLDERS: [&str; 4] = ["crates", "src-tauri", "tests", "xtask"];

/// The crates that only tests and tasks use.
const SUPPORT: [&str; 2] = ["crates/headless", "crates/testkit"];

/// Folders of a crate whose programs are no part of the product.
const ASIDE: [&str; 2] = ["benches", "examples"];

/// All measured source files below `root`, in the order of their paths.
pub(crate) fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths(root)? {
        let text = fs::read_to_string(root.join(&path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        sources.push(Source::parse(&path, kind(&path), &text)?);
    }
    let tests: BTreeSet<_> = sources.iter().flat_map(declared_tests).collect();
    for source in &mut sources {
        if source.kind == Kind::Product && is_among(&tests, &source.path) {
            source.kind = Kind::Test;
        }
    }
    Ok(sources)
}

/// Paths of Rust files relative to `root`, sorted.
fn paths(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders: Vec<PathBuf> = FOLDERS.map(PathBuf::from).into();
    folders.retain(|folder| root.join(folder).is_dir());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// What the path alone says about a file.
fn kind(path: &Path) -> Kind {
    let lies_in = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
    if lies_in("tests") || path.file_stem().is_some_and(|stem| stem == "tests") {
        Kind::Test
    } else if SUPPORT.iter().any(|folder| path.starts_with(folder))
        || ASIDE.into_iter().any(lies_in)
    {
        Kind::Support
    } else {
        Kind::Product
    }
}

/// Paths, without `.rs`, of the test modules that a file declares.
fn declared_tests(source: &Source) -> Vec<PathBuf> {
    let stem = source.path.file_stem().unwrap_or_default();
    let folder = if ["lib", "main", "mod"].iter().any(|root| stem == *root) {
        source.path.parent().unwrap_or(&source.path).to_owned()
    } else {
        source.path.with_extension("")
    };
    source
        .test_modules
        .iter()
        .map(|name| folder.join(name))
        .collect()
}

/// Whether a file is one of the modules or lies below one.
fn is_among(modules: &BTreeSet<PathBuf>, path: &Path) -> bool {
    path.with_extension("")
        .ancestors()
        .any(|ancestor| modules.contains(ancestor))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with one crate whose `b` declares the test module `scenes`.
    fn repository() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        let files = [
            ("crates/a/examples/show.rs", ""),
            ("crates/a/src/lib.rs", "mod b;\n"),
            (
                "crates/a/src/b.rs",
                "#[cfg(test)]\nmod scenes;\n#[cfg(test)]\nmod tests;\n",
            ),
            ("crates/a/src/b/scenes.rs", "mod deep;\n"),
            ("crates/a/src/b/scenes/deep.rs", ""),
            ("crates/a/src/b/tests.rs", ""),
            ("crates/testkit/src/lib.rs", ""),
            ("tests/main.rs", ""),
            ("tests/fixtures/list.json", "{}"),
            ("target/debug/out.rs", "not Rust at all"),
        ];
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
            fs::write(path, text).expect("writable");
        }
        root
    }

    #[test]
    fn product_support_and_tests_are_told_apart() {
        let root = repository();
        let sources = sources(root.path()).expect("valid Rust");
        let kinds: Vec<_> = sources
            .iter()
            .map(|source| (source.path.to_str().expect("UTF-8"), source.kind))
            .collect();
        let expected = [
            ("crates/a/examples/show.rs", Kind::Support),
            ("crates/a/src/b/scenes/deep.rs", Kind::Test),
            ("crates/a/src/b/scenes.rs", Kind::Test),
            ("crates/a/src/b/tests.rs", Kind::Test),
            ("crates/a/src/b.rs", Kind::Product),
            ("crates/a/src/lib.rs", Kind::Product),
            ("crates/testkit/src/lib.rs", Kind::Support),
            ("tests/main.rs", Kind::Test),
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_file_that_does_not_parse_is_an_error() {
        let root = repository();
        fs::write(root.path().join("tests/main.rs"), "fn (").expect("writable");
        let error = sources(root.path()).expect_err("not valid Rust");
        assert_eq!(error.to_string(), "tests/main.rs is not valid Rust");
    }

    #[test]
    fn folders_that_do_not_exist_yet_are_left_out() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(sources(root.path()).expect("nothing to read").is_empty());
    }
}
