//! Who may use the API by TCP: programs with the local token, and pages with a session.
//!
//! The local token opens everything and never ends, so it never goes to a page. A page gets a
//! code in the fragment of its address, which browsers send nowhere, and trades it for a session
//! token. That one ends, and is sealed under the local token, so that it outlives the gateway's
//! process but not the local token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{Secret, SessionCode, SessionToken, TradeCode, WindowPath, now_millis};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::Semaphore;
use tokio::time::{Duration, sleep};

use crate::Api;
use crate::error::Failure;

/// A code is good for so long,
const CODE_MILLIS: u64 = 10 * 60 * 1000;
/// and a session for so long.
const SESSION_MILLIS: u64 = 7 * 24 * 60 * 60 * 1000;
/// Codes that are good at the same time; another one ends the oldest.
const MOST_CODES: usize = 32;
/// Random bytes in codes and sessions.
const RANDOM: usize = 24;
/// A wrong code is answered after this time,
const DETERRENT: Duration = Duration::from_millis(200);
/// and this many are answered at the same time.
const WRONG_AT_ONCE: usize = 8;
/// The longest path of a screen that is put into an address.
const MOST_PATH: usize = 512;

/// Who may use the API by TCP; cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    token: Secret,
    seal: hmac::Key,
    codes: Mutex<Vec<Code>>,
    wrong: Semaphore,
}

struct Code {
    text: String,
    expires_at: u64,
}

impl Access {
    /// Access for whoever knows the local token.
    pub fn new(token: Secret) -> Self {
        let own = hmac::Key::new(hmac::HMAC_SHA256, token.expose().as_bytes());
        let seal = hmac::sign(&own, b"toolgate session tokens, first form");
        Self(Arc::new(Inner {
            seal: hmac::Key::new(hmac::HMAC_SHA256, seal.as_ref()),
            token,
            codes: Mutex::default(),
            wrong: Semaphore::new(WRONG_AT_ONCE),
        }))
    }

    /// The address that opens the web UI once, at a screen if one is named. `endpoint` is the
    /// gateway's, for example `http://127.0.0.1:8665/mcp`.
    ///
    /// `None` if the system gives no random bytes.
    pub fn link(&self, endpoint: &str, path: Option<&str>) -> Option<SessionCode> {
        let (code, expires_at) = self.code(now_millis())?;
        let origin = endpoint.strip_suffix("/mcp").unwrap_or(endpoint);
        let path = path.map(|path| format!("&path={}", escaped(path)));
        let url = format!("{origin}/#code={code}{}", path.unwrap_or_default());
        Some(SessionCode {
            code,
            url,
            expires_at,
        })
    }

    /// For the one place that has to make sure that it appears nowhere.
    pub(crate) fn local_token(&self) -> Secret {
        self.0.token.clone()
    }

    /// Whether this is the local token, or a session token that is still good.
    pub(crate) fn admits(&self, given: &[u8]) -> bool {
        let own = self.0.token.expose().as_bytes();
        same(given, own) || self.is_session(given, now_millis())
    }

    fn code(&self, now: u64) -> Option<(String, u64)> {
        let text = random()?;
        let expires_at = now + CODE_MILLIS;
        let mut codes = self.codes(now);
        if codes.len() == MOST_CODES {
            codes.remove(0);
        }
        codes.push(Code {
            text: text.clone(),
            expires_at,
        });
        Some((text, expires_at))
    }

    /// Ends a code, if it is one.
    fn take(&self, given: &str, now: u64) -> bool {
        let mut codes = self.codes(now);
        let is_it = |code: &Code| same(code.text.as_bytes(), given.as_bytes());
        let found = codes.iter().position(is_it);
        found.map(|at| codes.remove(at)).is_some()
    }

    /// `expiry.nonce.mac`; the code that makes room is the only thing kept of it.
    fn session(&self, now: u64) -> Option<SessionToken> {
        let expires_at = now + SESSION_MILLIS;
        let claim = format!("{expires_at}.{}", random()?);
        let mac = hmac::sign(&self.0.seal, claim.as_bytes());
        let token = format!("{claim}.{}", model::hex(mac.as_ref()));
        Some(SessionToken { token, expires_at })
    }

    fn is_session(&self, given: &[u8], now: u64) -> bool {
        let text = std::str::from_utf8(given).unwrap_or_default();
        let Some((claim, mac)) = text.rsplit_once('.') else {
            return false;
        };
        let Some(mac) = bytes(mac) else { return false };
        let ends = claim.split_once('.').and_then(|(end, _)| end.parse().ok());
        hmac::verify(&self.0.seal, claim.as_bytes(), &mac).is_ok()
            && ends.is_some_and(|ends: u64| now < ends)
    }

    /// The codes that are still good.
    fn codes(&self, now: u64) -> MutexGuard<'_, Vec<Code>> {
        let codes = self.0.codes.lock();
        let mut codes = codes.unwrap_or_else(PoisonError::into_inner);
        codes.retain(|code| now < code.expires_at);
        codes
    }
}

/// A code for whoever is let in already: a program that opens the web UI for its user.
#[utoipa::path(post, path = "/session/code", request_body = WindowPath, responses((status = 200, body = SessionCode)))]
pub(crate) async fn make_code(
    State(api): State<Api>,
    Json(wanted): Json<WindowPath>,
) -> Result<Json<SessionCode>, Failure> {
    if let Some(path) = &wanted.path
        && (!path.starts_with('/') || path.len() > MOST_PATH)
    {
        return Err(Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-path",
            "The path of a screen starts with a slash and has at most 512 bytes.",
            "Use a path such as `/servers`.",
        ));
    }
    let endpoint = api.gateway.fleet().snapshot().endpoint.clone();
    let link = api.access.link(&endpoint, wanted.path.as_deref());
    link.map(Json).ok_or_else(no_randomness)
}

/// Trades a code for a session; the one request by TCP that needs no token.
#[utoipa::path(post, path = "/session", request_body = TradeCode, security(()), responses((status = 200, body = SessionToken)))]
pub(crate) async fn trade(
    State(api): State<Api>,
    Json(given): Json<TradeCode>,
) -> Result<Json<SessionToken>, Failure> {
    let now = now_millis();
    if api.access.take(&given.code, now) {
        return api.access.session(now).map(Json).ok_or_else(no_randomness);
    }
    let Ok(_turn) = api.access.0.wrong.try_acquire() else {
        return Err(Failure::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-codes",
            "Too many wrong codes are being tried.",
            "Wait a moment, then open the page again with `toolgate ui`.",
        ));
    };
    sleep(DETERRENT).await;
    Err(Failure::new(
        StatusCode::UNAUTHORIZED,
        "invalid-code",
        "This code was used already, is too old, or never was one.",
        "Open the page again from the tray or with `toolgate ui`.",
    ))
}

/// Compares without telling by its duration how much agrees.
fn same(given: &[u8], expected: &[u8]) -> bool {
    let pairs = given.iter().zip(expected);
    let difference = pairs.fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == expected.len() && difference == 0
}

fn no_randomness() -> Failure {
    Failure::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "no-randomness",
        "The system gives no random bytes, without which nothing can be kept secret.",
        "Try again; if it stays so, restart the machine.",
    )
}

fn random() -> Option<String> {
    let mut bytes = [0; RANDOM];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(model::hex(&bytes))
}

/// The bytes that hexadecimal digits say.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect()
}

/// Percent-encodes what could end the value or the fragment (RFC 3986, section 3.5).
fn escaped(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&model::hex(&[byte]).to_uppercase());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn access() -> Access {
        Access::new(Secret::new("a".repeat(64)))
    }

    #[test]
    fn a_code_is_good_once_and_for_ten_minutes() {
        let access = access();
        let (code, expires_at) = access.code(NOW).expect("random");
        assert!(!access.take(&code[1..], NOW));
        assert!(access.take(&code, expires_at - 1));
        assert!(!access.take(&code, NOW), "used");
        let (code, expires_at) = access.code(NOW).expect("random");
        assert!(!access.take(&code, expires_at), "too old");
    }

    #[test]
    fn codes_are_bounded_and_the_newest_are_kept() {
        let access = access();
        let codes: Vec<_> = (0..=MOST_CODES)
            .map(|_| access.code(NOW).expect("random").0)
            .collect();
        assert!(!access.take(&codes[0], NOW));
        assert!(access.take(&codes[1], NOW));
        assert!(access.take(&codes[MOST_CODES], NOW));
    }

    #[test]
    fn a_session_outlives_the_process_and_nothing_else() {
        let session = access().session(NOW).expect("random");
        let text = session.token.as_bytes();
        let after_restart = access();
        assert!(after_restart.is_session(text, session.expires_at - 1));
        assert!(!after_restart.is_session(text, session.expires_at), "ended");
        let another = Access::new(Secret::new("b".repeat(64)));
        assert!(!another.is_session(text, NOW), "the local token is another");
    }

    #[test]
    fn a_session_cannot_be_made_up_or_made_longer() {
        let access = access();
        let session = access.session(NOW).expect("random").token;
        let (expiry, rest) = session.split_once('.').expect("an expiry");
        let longer = format!("{}.{rest}", expiry.parse::<u64>().expect("a number") + 1);
        let cut = &session[..session.len() - 2];
        for wrong in [&longer, cut, "", ".", "..", "9999999999999.aa.bb", "9.é.é"] {
            assert!(!access.is_session(wrong.as_bytes(), NOW), "{wrong}");
        }
        assert!(!access.is_session(&[0xff, b'.', 0xfe], NOW));
    }

    #[test]
    fn a_link_names_our_address_and_keeps_the_code_in_the_fragment() {
        let link = |path| {
            access()
                .link("http://127.0.0.1:8665/mcp", path)
                .expect("random")
        };
        let plain = link(None);
        assert_eq!(
            plain.url,
            format!("http://127.0.0.1:8665/#code={}", plain.code)
        );
        let with = link(Some("/servers/a b&code=x")).url;
        assert!(with.ends_with("&path=/servers/a%20b%26code%3Dx"), "{with}");
    }
}
