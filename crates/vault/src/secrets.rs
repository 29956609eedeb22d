//! Which of the texts that a launch is made of must not be shown, in a log for example.

use std::cell::RefCell;

use config::{KeyringError, Launch, Resolve, Template, names_secret};
use indexmap::IndexMap;
use model::Secret;

/// Variables that everybody may know; hiding their values would only make logs unreadable.
const PUBLIC: [&str; 17] = [
    "APPDATA",
    "COMPUTERNAME",
    "DISPLAY",
    "HOME",
    "HOSTNAME",
    "LANG",
    "LOCALAPPDATA",
    "LOGNAME",
    "PATH",
    "PWD",
    "SHELL",
    "TEMP",
    "TMP",
    "TMPDIR",
    "USER",
    "USERNAME",
    "USERPROFILE",
];

/// Looks values up, and notes those that are secret.
pub(crate) struct Noting<'a> {
    from: &'a dyn Resolve,
    noted: RefCell<Vec<Secret>>,
}

impl<'a> Noting<'a> {
    pub(crate) fn new(from: &'a dyn Resolve) -> Self {
        Self {
            from,
            noted: RefCell::default(),
        }
    }

    /// What was noted, with what the launch says itself under a name that tells of a secret.
    pub(crate) fn into_secrets(self, launch: &Launch) -> Vec<Secret> {
        let mut secrets = self.noted.into_inner();
        let named: &IndexMap<String, Template> = match launch {
            Launch::Stdio(launch) => &launch.env,
            Launch::Remote(launch) => &launch.headers,
        };
        for (name, value) in named {
            if let Some(text) = value.as_literal().filter(|_| names_secret(name)) {
                // `Bearer` and its likes are no part of the secret.
                let bare = text.rsplit(' ').next().unwrap_or(text);
                secrets.extend([Secret::new(text), Secret::new(bare)]);
            }
        }
        secrets
    }

    fn note(&self, value: &str) {
        self.noted.borrow_mut().push(Secret::new(value));
    }
}

impl Resolve for Noting<'_> {
    fn env(&self, name: &str) -> Option<String> {
        let value = self.from.env(name)?;
        if !PUBLIC.contains(&name) && !name.starts_with("XDG_") {
            self.note(&value);
        }
        Some(value)
    }

    fn keyring(&self, name: &str) -> Result<Option<Secret>, KeyringError> {
        let secret = self.from.keyring(name)?;
        if let Some(secret) = &secret {
            self.note(secret.expose());
        }
        Ok(secret)
    }
}
