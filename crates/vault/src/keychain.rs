//! What holds secrets.

use std::collections::BTreeMap;

use config::KeyringError;
use model::Secret;

/// Our secrets stand under this service, each under its name as the user.
const SERVICE: &str = "toolgate";

/// Holds secrets by name.
pub trait Keychain: Send + Sync + 'static {
    /// The secret of that name, where there is one. May block while the user is asked.
    fn read(&self, name: &str) -> Result<Option<Secret>, KeyringError>;
}

/// The keychain of the operating system: Keychain on macOS, Credential Manager on Windows, Secret
/// Service elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn read(&self, name: &str) -> Result<Option<Secret>, KeyringError> {
        // The status has the reason, where an entry would only say that there is no keychain. It
        // is found out once per process.
        if let Err(error) = keyring::Entry::store_status() {
            let reason = format!("{}; restart the gateway once it runs", unavailable(error));
            return Err(KeyringError::Unavailable(reason));
        }
        let entry = keyring::Entry::new(SERVICE, name).map_err(|error| unavailable(&error))?;
        match entry.get_password() {
            Ok(secret) => Ok(Some(Secret::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            // These carry what the keychain holds; it must not get into a message.
            Err(keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..)) => {
                Err(KeyringError::NotText)
            }
            Err(error) => Err(unavailable(&error)),
        }
    }
}

fn unavailable(error: &keyring::Error) -> KeyringError {
    use keyring::Error;
    KeyringError::Unavailable(match error {
        Error::NoStorageAccess(reason) => format!("it is locked or access was denied ({reason})"),
        Error::PlatformFailure(reason) => format!("there is none, or it failed ({reason})"),
        Error::NoDefaultStore => "this machine has none".to_owned(),
        Error::Ambiguous(entries) => format!("it holds {} secrets of that name", entries.len()),
        other => other.to_string(),
    })
}

/// A keychain in memory.
impl Keychain for BTreeMap<String, Secret> {
    fn read(&self, name: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(self.get(name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_words() {
        let reason = || Box::new(std::io::Error::other("prompt dismissed"));
        for (error, words) in [
            (
                keyring::Error::NoStorageAccess(reason()),
                "locked or access was denied (prompt",
            ),
            (
                keyring::Error::PlatformFailure(reason()),
                "there is none, or it failed (prompt",
            ),
            (keyring::Error::NoDefaultStore, "this machine has none"),
            (
                keyring::Error::Ambiguous(Vec::new()),
                "0 secrets of that name",
            ),
            (
                keyring::Error::TooLong("user".into(), 5),
                "longer than the platform limit",
            ),
        ] {
            let told = unavailable(&error).to_string();
            assert!(told.contains(words), "{told}");
        }
    }
}
