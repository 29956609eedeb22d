//! Looks at everything the gateway needs, and says how to fix what is missing.
//!
//! Each check is a function from what it looks at to [`Check`]s; this file puts them in order. It
//! changes nothing, except that it writes a file of its own and removes it again.

mod check;
mod gateway;
mod places;
mod programs;
mod surroundings;
mod words;

use std::path::Path;

use config::{Paths, Settings};
use model::Snapshot;
use vault::Vault;

pub use check::{Check, Level};
pub use words::{age, count};

/// Whether a gateway runs on these paths.
#[derive(Clone, Debug)]
pub enum Standing<'a> {
    /// It runs, and this is its state.
    Running(&'a Snapshot),
    /// It runs and does not answer, for this reason.
    Silent(String),
    /// None runs.
    Absent,
}

/// Everything that can be looked at, in the order in which it is shown. Takes a few seconds at
/// most.
pub async fn examine(paths: &Paths, standing: Standing<'_>, vault: &Vault) -> Vec<Check> {
    let files = paths.clone();
    let looked = tokio::task::spawn_blocking(move || look_at_files(&files)).await;
    // A thread is only refused while the process shuts down.
    let (mut checks, settings) = looked.unwrap_or_default();
    let is_running = matches!(standing, Standing::Running(_));
    checks.extend(gateway::examine(&standing, &paths.socket, settings.listen).await);
    let environment = upstream::Environment::default();
    let path = environment.path().await;
    let own = std::env::var_os("PATH");
    checks.push(programs::search_path(own.as_deref(), path));
    checks.extend(programs::runtimes(path));
    // A running gateway has said which of its servers lack what; it knows better than we do.
    if !is_running {
        checks.extend(gateway::tokens(settings.tokens));
        checks.extend(programs::commands(&settings, path));
        checks.extend(programs::references(&settings, |name| {
            std::env::var_os(name).is_some()
        }));
    }
    checks.push(surroundings::keychain(vault, &settings).await);
    checks.push(surroundings::clock());
    checks.extend(surroundings::proxies(|name| std::env::var(name).ok()));
    checks
}

fn look_at_files(paths: &Paths) -> (Vec<Check>, Settings) {
    let mut checks = places::configuration(&paths.config_file);
    checks.extend(places::data_directory(&paths.data_dir));
    // An unusable file has been reported; the rest is checked as if it were empty.
    (checks, settings(&paths.config_file).unwrap_or_default())
}

fn settings(file: &Path) -> Option<Settings> {
    let text = std::fs::read_to_string(file).ok()?;
    config::parse(&text, file).settings
}
