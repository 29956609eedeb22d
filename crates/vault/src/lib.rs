//! Resolves references to secrets: the environment and the operating system's keychain.
//!
//! References are looked up when a server starts and never earlier, so a keychain that is locked
//! or absent costs only the servers that need it.

mod keychain;
mod launch;
mod secrets;
mod worker;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use config::{KeyringError, Resolve};
use model::Secret;

pub use keychain::{Keychain, SystemKeychain};
pub use launch::ResolvedLaunch;

use worker::Worker;

/// Looks up environment variables and secrets. Clones share one connection to the keychain.
#[derive(Clone)]
pub struct Vault {
    environment: Environment,
    keychain: Arc<Worker>,
}

/// Where environment variables come from.
#[derive(Clone)]
enum Environment {
    Process,
    Fixed(Arc<BTreeMap<String, String>>),
}

impl Vault {
    /// The environment of this process and the operating system's keychain.
    ///
    /// The keychain is not touched before the first reference needs it.
    pub fn system() -> Self {
        Self::with_keychain(SystemKeychain)
    }

    /// The environment of this process and another keychain.
    pub fn with_keychain(keychain: impl Keychain) -> Self {
        let keychain = Arc::new(Worker::new(keychain, worker::PATIENCE));
        Self {
            environment: Environment::Process,
            keychain,
        }
    }

    /// The same keychain, with these variables instead of the environment of this process.
    #[must_use]
    pub fn with_environment(mut self, variables: BTreeMap<String, String>) -> Self {
        self.environment = Environment::Fixed(Arc::new(variables));
        self
    }
}

impl Resolve for Vault {
    fn env(&self, name: &str) -> Option<String> {
        match &self.environment {
            Environment::Process => std::env::var(name).ok(),
            Environment::Fixed(variables) => variables.get(name).cloned(),
        }
    }

    /// Blocks for at most ten seconds.
    fn keyring(&self, name: &str) -> Result<Option<Secret>, KeyringError> {
        self.keychain.read(name)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_come_from_the_environment() {
        let vault = Vault::with_keychain(BTreeMap::new());
        assert_eq!(vault.env("PATH"), std::env::var("PATH").ok());
        let fixed = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        let vault = vault.with_environment(fixed);
        assert_eq!(vault.env("A").as_deref(), Some("1"));
        assert_eq!(vault.env("PATH"), None);
    }

    #[test]
    fn secrets_come_from_the_keychain() {
        let secrets = BTreeMap::from([("gh".to_owned(), Secret::new("hush"))]);
        let vault = Vault::with_keychain(secrets);
        assert_eq!(vault.keyring("gh"), Ok(Some(Secret::new("hush"))));
        assert_eq!(vault.keyring("none"), Ok(None));
        assert!(!format!("{vault:?}").contains("hush"));
    }
}
