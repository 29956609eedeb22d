//! `requestState`: what a modern client carries from one round of a request to the next.
//!
//! It passes through hands that must not be trusted, so it is encrypted and authenticated, and
//! good only for the same principal, face and request, and for a limited time (MCP 2026-07-28,
//! basic/patterns/mrtr, server requirements 4 and 5). The key lives as long as the process.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::now_millis;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

/// A state is good for so long, in milliseconds: a person may have to be found first.
const LIFETIME: u64 = 15 * 60 * 1000;

/// What a state says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// The call waits here under this number.
    Parked(u64),
    /// The server's own state.
    Server(String),
    /// Nothing: the request is simply to be made again.
    Again,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    state: State,
    /// In Unix milliseconds.
    expires: u64,
}

/// Seals states and opens them again.
pub(crate) struct Seal(LessSafeKey);

impl Seal {
    /// A seal with a key of its own.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key);
        // The length is right by construction.
        key.map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| getrandom::Error::UNSUPPORTED)
    }

    /// Seals a state for requests that are bound in the same way; `None` without randomness.
    pub(crate) fn close(&self, state: State, bound: &str) -> Option<String> {
        self.close_at(state, bound, now_millis())
    }

    fn close_at(&self, state: State, bound: &str, now: u64) -> Option<String> {
        let expires = now + LIFETIME;
        let mut text = serde_json::to_vec(&Sealed { state, expires }).ok()?;
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(bound),
                &mut text,
            )
            .ok()?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a state; `None` if it was not sealed here for such a request, or is too old.
    pub(crate) fn open(&self, sealed: &str, bound: &str) -> Option<State> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let text = self.0.open_in_place(nonce, Aad::from(bound), text);
        let sealed: Sealed = serde_json::from_slice(text.ok()?).ok()?;
        (sealed.expires > now_millis()).then_some(sealed.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_good_for_the_same_request_only() {
        let seal = Seal::new().expect("random");
        let state = State::Server("opaque".to_owned());
        let sealed = seal.close(state.clone(), "a").expect("sealed");
        assert_eq!(seal.open(&sealed, "a"), Some(state));
        assert_eq!(seal.open(&sealed, "b"), None);
        let other = Seal::new().expect("random");
        assert_eq!(other.open(&sealed, "a"), None);
    }

    #[test]
    fn a_state_cannot_be_changed_or_read() {
        let seal = Seal::new().expect("random");
        let sealed = seal
            .close(State::Server("secret".to_owned()), "a")
            .expect("sealed");
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).expect("base64");
        assert!(!String::from_utf8_lossy(&bytes).contains("secret"));
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(seal.open(&URL_SAFE_NO_PAD.encode(changed), "a"), None);
        }
        for rubbish in ["", "x", "€", &"A".repeat(12), &"A".repeat(500)] {
            assert_eq!(seal.open(rubbish, "a"), None);
        }
    }

    #[test]
    fn a_state_expires() {
        let seal = Seal::new().expect("random");
        let long_ago = now_millis() - LIFETIME - 1;
        let sealed = seal.close_at(State::Again, "a", long_ago).expect("sealed");
        assert_eq!(seal.open(&sealed, "a"), None);
    }
}
