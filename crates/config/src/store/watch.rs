//! Notices that the file changed.
//!
//! Its folder is watched rather than the file: editors save by renaming another file over it,
//! and it may not be there yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::ConfigStore;
use crate::write;

/// An editor is taken to be done when nothing happened for so long.
const QUIET: Duration = Duration::from_millis(100);

/// A folder in which something happens all the time is looked into this often nevertheless.
const PATIENCE: Duration = Duration::from_secs(1);

impl ConfigStore {
    /// Reloads whenever the file's bytes change, until cancelled.
    ///
    /// Where the operating system offers no notification, this ends at once with a warning in
    /// the log, and only [`reload`](Self::reload) notices changes.
    pub async fn watch_file(self: Arc<Self>, cancel: CancellationToken) {
        let (signal, mut changes) = mpsc::channel(1);
        let _watcher = match watch_folders(&self.path, signal) {
            Ok(watcher) => watcher,
            Err(error) => {
                tracing::warn!(%error, "the configuration file cannot be watched for changes");
                return;
            }
        };
        loop {
            // Also before the first notification: the file may have changed since it was opened.
            self.refresh().await;
            tokio::select! {
                () = cancel.cancelled() => return,
                change = changes.recv() => if change.is_none() { return },
            }
            settle(&mut changes).await;
        }
    }

    async fn refresh(self: &Arc<Self>) {
        let store = Arc::clone(self);
        if let Err(error) = tokio::task::spawn_blocking(move || store.reload_if_changed()).await {
            tracing::warn!(%error, "the configuration could not be read again");
        }
    }
}

/// Waits until nothing happens any more.
async fn settle(changes: &mut mpsc::Receiver<()>) {
    let end = Instant::now() + PATIENCE;
    loop {
        let quiet = Instant::now() + QUIET;
        match timeout_at(quiet.min(end), changes.recv()).await {
            Ok(Some(())) => {}
            Ok(None) | Err(_) => return,
        }
    }
}

/// One signal stands for any number of changes, so a full channel loses nothing.
fn watch_folders(path: &Path, signal: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.as_ref().map_or(true, is_change) {
            let _ = signal.try_send(());
        }
    })?;
    let folder = folder(path);
    // A folder that is not there cannot be watched; where creating it fails, watching says why.
    let _ = fs::create_dir_all(&folder);
    watcher.watch(&folder, RecursiveMode::NonRecursive)?;
    let target = self::folder(&write::follow(path));
    if target != folder {
        watcher.watch(&target, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

/// Reading is no change; without this, our own reading would wake us up again.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::watch::Receiver;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::Loaded;

    struct Watched {
        dir: tempfile::TempDir,
        updates: Receiver<Arc<Loaded>>,
        cancel: CancellationToken,
        tasks: TaskTracker,
    }

    impl Watched {
        fn start(file: &str, text: Option<&str>) -> Self {
            let dir = tempfile::tempdir().expect("a folder");
            let path = dir.path().join(file);
            if let Some(text) = text {
                fs::write(&path, text).expect("writes");
            }
            let store = ConfigStore::open(path).expect("opens");
            let (updates, cancel) = (store.subscribe(), CancellationToken::new());
            let tasks = TaskTracker::new();
            tasks.spawn(store.watch_file(cancel.clone()));
            Self {
                dir,
                updates,
                cancel,
                tasks,
            }
        }

        /// Waits until what is live satisfies the condition.
        async fn until(&mut self, met: impl FnMut(&Arc<Loaded>) -> bool) {
            let wait = tokio::time::timeout(Duration::from_secs(20), self.updates.wait_for(met));
            wait.await.expect("in time").expect("the store lives");
        }

        async fn stop(self) {
            self.cancel.cancel();
            self.tasks.close();
            self.tasks.wait().await;
        }
    }

    #[tokio::test]
    async fn a_file_that_appears_and_is_replaced_is_read() {
        let mut watched = Watched::start("new/config.json", None);
        let path = watched.dir.path().join("new/config.json");
        let temporary = watched.dir.path().join("new/config.json.tmp");
        fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
        fs::write(&path, r#"{"readOnly": true}"#).expect("writes");
        watched.until(|loaded| loaded.settings.read_only).await;
        fs::write(&temporary, r#"{"readOnly": false}"#).expect("writes");
        fs::rename(&temporary, &path).expect("renames");
        watched.until(|loaded| !loaded.settings.read_only).await;
        watched.stop().await;
    }

    #[tokio::test]
    async fn a_broken_file_leaves_the_last_good_settings() {
        let mut watched = Watched::start("config.json", Some(r#"{"readOnly": true}"#));
        let path = watched.dir.path().join("config.json");
        fs::write(&path, r#"{"readOnly": fal"#).expect("writes");
        watched.until(|loaded| loaded.status.has_errors()).await;
        assert!(watched.updates.borrow().settings.read_only);
        fs::write(&path, "{}").expect("writes");
        watched.until(|loaded| !loaded.status.has_errors()).await;
        assert!(!watched.updates.borrow().settings.read_only);
        watched.stop().await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_target_of_a_link_is_watched() {
        let mut watched = Watched::start("other.json", None);
        let store_dir = tempfile::tempdir().expect("a folder");
        let target = watched.dir.path().join("target.json");
        let link = store_dir.path().join("config.json");
        fs::write(&target, "{}").expect("writes");
        std::os::unix::fs::symlink(&target, &link).expect("links");
        let store = ConfigStore::open(link).expect("opens");
        watched.updates = store.subscribe();
        watched
            .tasks
            .spawn(store.watch_file(watched.cancel.clone()));
        fs::write(&target, r#"{"readOnly": true}"#).expect("writes");
        watched.until(|loaded| loaded.settings.read_only).await;
        watched.stop().await;
    }
}
