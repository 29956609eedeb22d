//! The SDK's errors in our words.

use std::error::Error;

use model::SafeUrl;
use rmcp::transport::auth::AuthError;

use crate::error::{SignInError, quote};

pub(super) fn from_discovery(error: AuthError) -> SignInError {
    match error {
        AuthError::DiscoveryRequestFailed { url, source } => SignInError::Unreachable {
            what: SafeUrl::new(url).to_string(),
            reason: quote(&root_cause(source.as_ref())),
        },
        AuthError::AuthorizationServerMismatch {
            expected_issuer,
            received_issuer,
        } => SignInError::WrongIssuer {
            expected: quote(&expected_issuer),
            received: quote(&received_issuer),
        },
        AuthError::AuthorizationServerMissingIssuer { expected_issuer } => {
            SignInError::WrongIssuer {
                expected: quote(&expected_issuer),
                received: "nobody".to_owned(),
            }
        }
        other => SignInError::Metadata {
            reason: quote(&other.to_string()),
        },
    }
}

pub(super) fn from_exchange(error: AuthError) -> SignInError {
    let reason = match error {
        AuthError::TokenExchangeFailed(reason) => reason,
        other => other.to_string(),
    };
    SignInError::Exchange {
        reason: quote(&reason),
    }
}

pub(super) fn from_refresh(error: AuthError) -> SignInError {
    match error {
        AuthError::AuthorizationRequired | AuthError::TokenRefreshRejected(_) => SignInError::Ended,
        AuthError::TokenRefreshFailed(reason) => SignInError::Unreachable {
            what: "the authorization server".to_owned(),
            reason: quote(&reason),
        },
        other => from_discovery(other),
    }
}

fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
