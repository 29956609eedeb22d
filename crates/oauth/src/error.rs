//! Why there is no token.

/// Why there is no token. The text says what happened, [`SignInError::fix`] what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// A person has to sign in, and has not asked for it.
    #[error("It wants a sign-in.")]
    PersonNeeded,
    /// An address did not answer, or answered that it cannot now. Worth trying again.
    #[error("{what} cannot be reached: {reason}.")]
    Unreachable {
        /// The address, or what was to be done there.
        what: String,
        /// The innermost cause.
        reason: String,
    },
    /// The server asks for a token and says nowhere how to get one.
    #[error("It wants a token but offers no sign-in.")]
    NoSignIn,
    /// What the server or the authorization server says of itself cannot be used.
    #[error("What it says about signing in cannot be used: {reason}.")]
    Metadata {
        /// What is wrong.
        reason: String,
    },
    /// Another issuer answered than the one that was asked (RFC 8414, RFC 9207).
    #[error("The answer comes from {received}, but {expected} was asked.")]
    WrongIssuer {
        /// The issuer that was asked.
        expected: String,
        /// The issuer that the answer names; `nobody` if it names none.
        received: String,
    },
    /// The authorization server does not offer PKCE with S256.
    #[error("The authorization server {issuer} does not offer PKCE with S256.")]
    PkceMissing {
        /// The authorization server.
        issuer: String,
    },
    /// There is no client id, and the authorization server gives out none.
    #[error("The authorization server {issuer} does not register clients by itself.")]
    NoClient {
        /// The authorization server.
        issuer: String,
    },
    /// The authorization server refused to register us.
    #[error("The authorization server {issuer} did not register Toolgate: {reason}.")]
    Registration {
        /// The authorization server.
        issuer: String,
        /// What it answered.
        reason: String,
    },
    /// The person, or the authorization server, said no.
    #[error("The sign-in was refused: {reason}.")]
    Denied {
        /// The error code, and the description if there is one.
        reason: String,
    },
    /// The authorization server did not give a token for the code.
    #[error("The sign-in was accepted, but no token was given: {reason}.")]
    Exchange {
        /// What it answered.
        reason: String,
    },
    /// The refresh token is no longer good.
    #[error("The sign-in has ended.")]
    Ended,
    /// The server asks for what was asked for already.
    #[error("It wants more than the sign-in allows ({}).", .scopes.join(" "))]
    ScopeRefused {
        /// What it wants; may be empty.
        scopes: Vec<String>,
    },
    /// Nobody came back from the browser.
    #[error("Nobody signed in within {} minutes.", .minutes)]
    TimedOut {
        /// How long it was waited.
        minutes: u64,
    },
    /// The sign-in was called off.
    #[error("The sign-in was called off.")]
    Cancelled,
    /// Something on this machine is in the way.
    #[error("{what}: {reason}.")]
    Local {
        /// What was to be done.
        what: &'static str,
        /// Why it could not.
        reason: String,
    },
}

impl SignInError {
    /// Whether trying again by itself is pointless until a person does something.
    pub fn needs_person(&self) -> bool {
        !matches!(self, Self::Unreachable { .. })
    }

    /// What to do about it, an imperative sentence.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::PersonNeeded | Self::Ended => {
                "Sign in to it, or put a token under its `headers`, for example \
                 \"Authorization\": \"Bearer ${keyring:name}\"."
            }
            Self::Unreachable { .. } => "Check the network; it is tried again by itself.",
            Self::NoSignIn => {
                "Get a token from its provider and put it under its `headers`, for example \
                 \"Authorization\": \"Bearer ${keyring:name}\"."
            }
            Self::Metadata { .. } | Self::WrongIssuer { .. } | Self::PkceMissing { .. } => {
                "Tell whoever runs the server; until then a token under its `headers` may serve."
            }
            Self::NoClient { .. } | Self::Registration { .. } => {
                "Register an application with its provider, with http://127.0.0.1/callback as \
                 redirect URI, and put its id under `oauth.clientId` (and its secret, if it has \
                 one, under `oauth.clientSecret`)."
            }
            Self::Denied { .. }
            | Self::Exchange { .. }
            | Self::TimedOut { .. }
            | Self::Cancelled => "Restart the server to sign in again.",
            Self::ScopeRefused { .. } => {
                "Ask whoever runs the server for access, then restart the server to sign in again."
            }
            Self::Local { .. } => "Remove the cause, then restart the server.",
        }
    }
}

/// A foreign text as part of a sentence of ours: one line, of bounded length, without a full stop.
pub(crate) fn quote(text: &str) -> String {
    const LONGEST: usize = 200;
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    line.trim().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_stays_one_short_line() {
        assert_eq!(quote(" no\nway. "), "no way");
        assert_eq!(quote(&"x".repeat(1000)).len(), 200);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let unreachable = SignInError::Unreachable {
            what: "https://a".to_owned(),
            reason: "refused".to_owned(),
        };
        assert!(!unreachable.needs_person());
        assert_eq!(
            unreachable.to_string(),
            "https://a cannot be reached: refused."
        );
        assert!(SignInError::Ended.needs_person());
        assert!(SignInError::NoSignIn.needs_person());
    }
}
