//! Keeps the last good settings live while people and programs edit the file.

mod watch;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use model::{Author, ConfigStatus, Diagnostic, SettingsPage, Severity, now_millis};
use serde_json::{Map, Value};
use tokio::sync::watch as latest;

use crate::changes::{Changes, EntryChange};
use crate::edit::{self, EditError};
use crate::entry::unusable;
use crate::form;
use crate::parse::{Parsed, parse};
use crate::settings::Settings;
use crate::unmask::unmask;
use crate::write;

/// What is live, and how the file stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The last good settings.
    pub settings: Arc<Settings>,
    /// The file and what is wrong with it now.
    pub status: ConfigStatus,
}

/// One change to the configuration by a program.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Adds a server; its name has to be new.
    Add {
        /// Its name.
        name: String,
        /// Its entry, in any shape that the file accepts.
        entry: Value,
    },
    /// Replaces a server's entry.
    Replace {
        /// Its name.
        name: String,
        /// The new entry.
        entry: Value,
    },
    /// Replaces a server's entry by one in which values may be masked, as people are shown them;
    /// those stay what they are.
    Amend {
        /// Its name.
        name: String,
        /// The new entry.
        entry: Value,
    },
    /// Removes a server.
    Remove {
        /// Its name.
        name: String,
    },
    /// Switches a server on or off.
    SetEnabled {
        /// Its name.
        name: String,
        /// Whether it is to run.
        enabled: bool,
    },
    /// Changes settings of the gateway's own.
    Set {
        /// By their paths, for example `logs.level`; null stands for the default.
        values: Map<String, Value>,
    },
}

/// The configuration cannot be used, and there is none from before to fall back on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the configuration cannot be used:{}", lines(.diagnostics))]
pub struct OpenError {
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().fold(String::new(), |lines, diagnostic| {
        format!("{lines}\n{diagnostic}")
    })
}

/// The configuration file and the settings that are live.
///
/// A file that cannot be used leaves the last good settings live; a server whose entry cannot be
/// used keeps its last good entry.
#[derive(Debug)]
pub struct ConfigStore {
    path: PathBuf,
    live: latest::Sender<Arc<Loaded>>,
    /// What was last read; locked while the file is read or written, so that one at a time does.
    last: Mutex<Result<String, Diagnostic>>,
    changes: Changes,
}

impl ConfigStore {
    /// Reads the file for the first time. A file that is not there means the defaults.
    ///
    /// Blocks while the file is read, like [`reload`](Self::reload).
    pub fn open(path: impl Into<PathBuf>) -> Result<Arc<Self>, OpenError> {
        let path = path.into();
        let text = write::read(&path);
        let parsed = parsed(&text, &path);
        let Some(settings) = parsed.settings else {
            return Err(OpenError {
                diagnostics: parsed.diagnostics,
            });
        };
        let status = ConfigStatus {
            path: path.display().to_string(),
            loaded_at: now_millis(),
            diagnostics: parsed.diagnostics,
        };
        let live = latest::Sender::new(Arc::new(Loaded {
            settings: Arc::new(settings),
            status,
        }));
        Ok(Arc::new(Self {
            path,
            live,
            changes: Changes::since(text.as_deref().unwrap_or_default()),
            last: Mutex::new(text),
        }))
    }

    /// What is live.
    pub fn current(&self) -> Arc<Loaded> {
        Arc::clone(&self.live.borrow())
    }

    /// What is live, now and after every reload.
    pub fn subscribe(&self) -> latest::Receiver<Arc<Loaded>> {
        self.live.subscribe()
    }

    /// Reads the file again, whether it changed or not.
    pub fn reload(&self) -> Arc<Loaded> {
        let mut last = self.lock();
        *last = write::read(&self.path);
        self.publish(&last, &Author::file())
    }

    /// Has every change of a server's entry told from now on. It is told before it is live, and
    /// by whoever makes it: the listener must not touch the configuration. Only the first listener
    /// is heard.
    pub fn on_change(&self, listener: impl Fn(EntryChange) + Send + Sync + 'static) {
        self.changes.on_change(Box::new(listener));
    }

    /// Reads the file again, and says nothing when it holds the same bytes as before.
    fn reload_if_changed(&self) {
        let mut last = self.lock();
        let text = write::read(&self.path);
        if *last != text {
            *last = text;
            self.publish(&last, &Author::file());
        }
    }

    /// The settings of the gateway's own as a form, with the values of the file as it is now.
    ///
    /// Blocks while the file is read.
    pub fn form(&self) -> Result<SettingsPage, EditError> {
        let text = write::read(&self.path);
        let text = text.map_err(|error| EditError::InvalidFile(error.to_string()))?;
        Ok(SettingsPage {
            path: self.path.display().to_string(),
            settings: form::settings(&text)?,
        })
    }

    /// Edits the file as it is now, and makes the result live. Edits happen one after the other.
    ///
    /// The whole result is checked before it is written, and on an error nothing is.
    pub async fn edit(self: &Arc<Self>, edit: Edit) -> Result<Arc<Loaded>, EditError> {
        self.edit_by(Author::person(), edit).await
    }

    /// As [`edit`](Self::edit), by somebody else than a person.
    pub async fn edit_by(
        self: &Arc<Self>,
        author: Author,
        edit: Edit,
    ) -> Result<Arc<Loaded>, EditError> {
        let store = Arc::clone(self);
        match tokio::task::spawn_blocking(move || store.edit_now(&author, &edit)).await {
            Ok(result) => result,
            // Only while the process shuts down.
            Err(error) => {
                let reason = error.to_string();
                Err(EditError::NotWritten {
                    path: self.path.clone(),
                    reason,
                })
            }
        }
    }

    fn edit_now(&self, author: &Author, edit: &Edit) -> Result<Arc<Loaded>, EditError> {
        let mut last = self.lock();
        let before = write::read(&self.path);
        let Some(settings) = parsed(&before, &self.path).settings else {
            return Err(self.invalid(&before));
        };
        if *last != before {
            // What somebody else has done meanwhile is not this author's doing.
            last.clone_from(&before);
            self.publish(&last, &Author::file());
        }
        let before = before.map_err(|error| EditError::InvalidFile(error.to_string()))?;
        let after = edit.apply(&before, &settings)?;
        self.check(edit, &after)?;
        if after != before {
            if write::read(&self.path).as_deref() != Ok(before.as_str()) {
                return Err(EditError::Conflict(self.path.clone()));
            }
            write::replace(&self.path, &after)?;
        }
        *last = Ok(after);
        Ok(self.publish(&last, author))
    }

    fn invalid(&self, text: &Result<String, Diagnostic>) -> EditError {
        let diagnostics = parsed(text, &self.path).diagnostics;
        let error = diagnostics
            .into_iter()
            .find(|found| found.severity == Severity::Error);
        EditError::InvalidFile(error.map(|error| error.to_string()).unwrap_or_default())
    }

    /// Whether the text may be written, and the entry that the edit put there can be used.
    fn check(&self, edit: &Edit, text: &str) -> Result<(), EditError> {
        let Parsed {
            settings,
            diagnostics,
            ..
        } = parse(text, &self.path);
        let name = match edit {
            Edit::Add { name, .. } | Edit::Replace { name, .. } | Edit::Amend { name, .. } => {
                Some(name.as_str())
            }
            Edit::Remove { .. } | Edit::SetEnabled { .. } | Edit::Set { .. } => None,
        };
        let is_there = |settings: &Settings| {
            name.is_none_or(|name| {
                settings
                    .servers
                    .keys()
                    .any(|server| server.as_str() == name)
            })
        };
        if settings.as_ref().is_some_and(is_there) {
            return Ok(());
        }
        if let Edit::Set { values } = edit {
            let mut errors = diagnostics.iter();
            let named = errors
                .find(|found| found.severity == Severity::Error && values.contains_key(&found.key));
            return Err(invalid_setting(named.or(diagnostics.first())));
        }
        Err(unusable(&diagnostics, name.unwrap_or_default()))
    }

    fn publish(&self, text: &Result<String, Diagnostic>, by: &Author) -> Arc<Loaded> {
        let parsed = parsed(text, &self.path);
        if let (Ok(text), Some(_)) = (text, &parsed.settings) {
            self.changes.note(text, by);
        }
        let loaded = Arc::new(successor(&self.current(), parsed));
        self.live.send_replace(Arc::clone(&loaded));
        loaded
    }

    fn lock(&self) -> MutexGuard<'_, Result<String, Diagnostic>> {
        // What is behind the lock is replaced as a whole, so a panic leaves nothing half done.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Edit {
    fn apply(&self, text: &str, settings: &Settings) -> Result<String, EditError> {
        match self {
            Self::Add { name, entry } => edit::add_server(text, name, entry),
            Self::Replace { name, entry } => edit::replace_server(text, name, entry),
            Self::Amend { name, entry } => {
                let written = edit::entries(text).swap_remove(name);
                let entry = match (written, settings.servers.get(name.as_str())) {
                    (Some(written), Some(config)) => unmask(&written, config, entry)?,
                    // Nothing of it was shown, so nothing in it can be masked.
                    _ => entry.clone(),
                };
                edit::replace_server(text, name, &entry)
            }
            Self::Remove { name } => edit::remove_server(text, name),
            Self::SetEnabled { name, enabled } => edit::set_enabled(text, name, *enabled),
            Self::Set { values } => form::apply(text, values),
        }
    }
}

fn invalid_setting(found: Option<&Diagnostic>) -> EditError {
    let found = found.cloned();
    let said = found.map(|found| (found.key, format!("{} {}", found.message, found.fix)));
    let (key, reason) = said.unwrap_or_default();
    // The error's own sentence goes on where this one ends.
    let reason = reason.trim_end().trim_end_matches('.').to_owned();
    EditError::InvalidSetting { key, reason }
}

fn parsed(text: &Result<String, Diagnostic>, path: &Path) -> Parsed {
    match text {
        Ok(text) => parse(text, path),
        Err(diagnostic) => Parsed::failed(vec![diagnostic.clone()]),
    }
}

/// What is live after a text was read, given what was live before.
fn successor(before: &Loaded, parsed: Parsed) -> Loaded {
    let Parsed {
        settings,
        diagnostics,
        names,
    } = parsed;
    let path = before.status.path.clone();
    let Some(mut settings) = settings else {
        let loaded_at = before.status.loaded_at;
        let status = ConfigStatus {
            path,
            loaded_at,
            diagnostics,
        };
        return Loaded {
            settings: Arc::clone(&before.settings),
            status,
        };
    };
    let mut servers = IndexMap::new();
    for name in names {
        let server = settings.servers.swap_remove(&name);
        let server = server.or_else(|| before.settings.servers.get(&name).cloned());
        servers.extend(server.map(|server| (name, server)));
    }
    settings.servers = servers;
    let status = ConfigStatus {
        path,
        loaded_at: now_millis(),
        diagnostics,
    };
    Loaded {
        settings: Arc::new(settings),
        status,
    }
}

#[cfg(test)]
mod tests;
