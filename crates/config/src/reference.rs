//! What a reference stands for: looked up when a server starts, never when the file is read.

use std::time::Duration;

use model::{Problem, ProblemCode, Secret};

/// Looks up what references stand for.
pub trait Resolve {
    /// The value of an environment variable, where it is set.
    fn env(&self, name: &str) -> Option<String>;

    /// The secret of that name in the operating system's keychain, where it holds one.
    ///
    /// May block for as long as the keychain asks the user.
    fn keyring(&self, name: &str) -> Result<Option<Secret>, KeyringError>;
}

/// Why the keychain could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// It is locked, denied or absent.
    #[error("{0}")]
    Unavailable(String),
    /// It did not answer in time; usually it waits for the user to unlock it.
    #[error("it did not answer within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// It holds something under that name which is no text.
    #[error("what it holds is not text")]
    NotText,
}

/// A reference that stands for nothing now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reference} cannot be resolved: {cause}")]
pub struct Unresolved {
    /// As written, for example `${env:TOKEN}`.
    pub reference: String,
    /// What it names, for example `TOKEN`.
    pub name: String,
    /// Why it stands for nothing.
    pub cause: Cause,
    /// The key under which it stands, for example `headers.Authorization`; empty when unknown.
    pub place: String,
}

/// Why a reference stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The environment variable is not set.
    #[error("the environment variable is not set")]
    MissingVariable,
    /// The keychain holds no secret of that name.
    #[error("the keychain holds no secret of that name")]
    MissingSecret,
    /// The keychain could not be asked.
    #[error("the keychain cannot be read: {0}")]
    Keychain(#[from] KeyringError),
}

impl Unresolved {
    /// Says under which key the reference stands.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = place.into();
        self
    }
}

impl From<Unresolved> for Problem {
    fn from(unresolved: Unresolved) -> Self {
        let Unresolved {
            reference,
            name,
            cause,
            place,
        } = unresolved;
        let place = if place.is_empty() {
            String::new()
        } else {
            format!(" in `{place}`")
        };
        match cause {
            Cause::MissingVariable => Self::new(
                ProblemCode::MissingVariable,
                format!(
                    "The environment variable `{name}` is not set; {reference}{place} needs it."
                ),
                format!(
                    "Set `{name}` where the gateway starts, or give a default: ${{{name}:-value}}."
                ),
            ),
            Cause::MissingSecret => Self::new(
                ProblemCode::MissingSecret,
                format!("The keychain holds no secret `{name}`; {reference}{place} needs it."),
                format!("Store it in the keychain under service `toolgate` and user `{name}`."),
            ),
            Cause::Keychain(reason) => Self::new(
                ProblemCode::KeychainUnavailable,
                format!("The keychain cannot be read: {reason}. {reference}{place} needs it."),
                "Unlock the keychain and allow access, then restart the server; on a machine \
                 without a keychain use ${env:NAME} instead.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unresolved(cause: Cause) -> Problem {
        let reference = "${env:TOKEN}".to_owned();
        Unresolved {
            reference,
            name: "TOKEN".into(),
            cause,
            place: String::new(),
        }
        .at("headers.Authorization")
        .into()
    }

    #[test]
    fn each_cause_is_a_problem_of_the_catalogue() {
        let keychain = Cause::Keychain(KeyringError::TimedOut(Duration::from_secs(10)));
        for (cause, code) in [
            (Cause::MissingVariable, ProblemCode::MissingVariable),
            (Cause::MissingSecret, ProblemCode::MissingSecret),
            (keychain, ProblemCode::KeychainUnavailable),
        ] {
            let problem = unresolved(cause);
            assert_eq!(problem.code, code);
            assert!(
                problem
                    .message
                    .contains("${env:TOKEN} in `headers.Authorization`")
            );
            assert!(problem.fix.ends_with('.'), "{}", problem.fix);
        }
    }

    #[test]
    fn the_reason_of_the_keychain_is_told() {
        let problem = unresolved(KeyringError::TimedOut(Duration::from_secs(10)).into());
        assert!(problem.message.contains("did not answer within 10 seconds"));
    }

    #[test]
    fn a_missing_variable_names_the_way_out() {
        assert!(
            unresolved(Cause::MissingVariable)
                .fix
                .contains("${TOKEN:-value}")
        );
    }
}
