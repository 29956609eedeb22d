//! `toolgate support-bundle`: a file for those who help, and what is in it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use model::BundleEntry;
use serde_json::json;

use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, Table, bytes, visible};

const AFTER_HELP: &str = "\
Secrets of the configuration are masked, and what calls carried was never logged. Look through the
file all the same before you give it to somebody.

Examples:
  toolgate support-bundle toolgate-support.zip
  toolgate support-bundle --force toolgate-support.zip";

/// Where to write the bundle.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The ZIP archive to write
    file: PathBuf,
    /// Overwrite the file if there is one
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    if !args.force && args.file.exists() {
        return Err(exists(&args.file));
    }
    let client = context.client().await?;
    let contents = client.support_bundle_contents().await?;
    let bundle = client.support_bundle().await?;
    write(&args.file, &bundle, args.force).map_err(|error| not_written(&args.file, &error))?;
    if context.json {
        output::json(&json!({ "path": args.file, "files": contents }))?;
        return Ok(Code::Ok);
    }
    output::note(&format!(
        "Wrote {} ({}). Look through it before you give it to somebody; in it are:",
        shown(&args.file),
        bytes(bundle.len())
    ));
    output::text(&table(&contents))?;
    Ok(Code::Ok)
}

/// Writes a file that only the user may read; a half-written new one is not left behind.
fn write(file: &Path, bundle: &[u8], force: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(file)?;
    let written = open.write_all(bundle).and_then(|()| open.flush());
    if written.is_err() && !force {
        // The first error is the one to tell.
        let _ = std::fs::remove_file(file);
    }
    written
}

fn table(contents: &[BundleEntry]) -> String {
    let mut table = Table::new(&["file", "size", "what it is"]);
    for entry in contents {
        let size = usize::try_from(entry.bytes).unwrap_or(usize::MAX);
        table.row([entry.name.clone(), bytes(size), entry.description.clone()]);
    }
    table.render()
}

fn exists(file: &Path) -> Failure {
    Failure::other(
        format!("Nothing was written: {} exists already.", shown(file)),
        "Choose another name, or overwrite it with --force.",
    )
}

fn not_written(file: &Path, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return exists(file);
    }
    Failure::other(
        format!("{} could not be written: {error}.", shown(file)),
        "Choose a file in a folder that exists and that you may write to.",
    )
}

fn shown(file: &Path) -> String {
    visible(&file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;

    #[test]
    fn a_file_is_overwritten_only_by_force() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("b.zip");
        write(&file, b"one", false).expect("is new");
        let refused = write(&file, b"two", false).expect_err("it exists");
        let failure = not_written(&file, &refused);
        assert!(failure.message.contains("exists already"), "{failure:?}");
        assert!(failure.fix.contains("--force"));
        assert_eq!(std::fs::read(&file).expect("reads"), b"one");
        write(&file, b"2", true).expect("overwrites");
        assert_eq!(std::fs::read(&file).expect("reads"), b"2");
    }

    #[test]
    fn where_nothing_can_be_written_the_place_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for file in [dir.path().join("none/b.zip"), dir.path().to_owned()] {
            let error = write(&file, b"one", true).expect_err("no place for it");
            let failure = not_written(&file, &error);
            assert!(failure.message.contains("could not be written"));
            assert!(failure.fix.contains("folder"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_bundle_is_for_its_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("b.zip");
        write(&file, b"one", false).expect("is new");
        let mode = std::fs::metadata(&file).expect("is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn every_file_is_listed_with_what_it_is() {
        let entry = BundleEntry {
            name: "toolgate-support/state.json".into(),
            description: "Servers".into(),
            bytes: 1_234,
        };
        assert_eq!(
            plain(&table(&[entry])),
            "FILE                         SIZE  WHAT IT IS\n\
             toolgate-support/state.json  1 kB  Servers\n"
        );
    }
}
