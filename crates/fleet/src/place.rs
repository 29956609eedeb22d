//! Where a fleet is reached and what it keeps on the disk.

use std::path::{Path, PathBuf};

use model::TrustMode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Facts, Found, Journal};

/// Where a fleet is reached, and where it keeps what must survive it.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The URL that clients connect to.
    pub endpoint: String,
    /// The socket that programs of this machine may connect to instead.
    pub socket: String,
    /// The folder for what must survive a restart; without one, nothing does.
    pub state: Option<PathBuf>,
    /// Set where whoever starts the gateway answers for its configuration: servers start without
    /// being asked about, and their definitions come in by this mode where their entries name none.
    pub vouched: Option<TrustMode>,
}

impl Place {
    /// A journal in this folder. One that cannot be opened is done without: calls matter more than
    /// the record of them.
    pub(crate) fn journal<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        max_bytes: u64,
        recall: usize,
    ) -> (Option<Journal<T>>, Vec<T>) {
        let Some(path) = self.path(name) else {
            return (None, Vec::new());
        };
        match Journal::open(&path, max_bytes, recall) {
            Ok((journal, recalled)) => (Some(journal), recalled),
            Err(error) => {
                warn(&path, &error);
                (None, Vec::new())
            }
        }
    }

    /// A single value in this folder, and what there was of it.
    pub(crate) fn facts<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
    ) -> (Option<Facts<T>>, Found<T>) {
        let Some(path) = self.path(name) else {
            return (None, Found::Nothing);
        };
        match Facts::open(&path) {
            Ok((facts, found)) => (Some(facts), found),
            Err(error) => {
                warn(&path, &error);
                (None, Found::Damaged)
            }
        }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.state.as_ref().map(|folder| folder.join(name))
    }
}

fn warn(path: &Path, error: &std::io::Error) {
    tracing::warn!(file = %path.display(), %error, "this file cannot be used, so nothing is kept in it");
}
