//! Tokens of clients: who may call by TCP, and what.
//!
//! A token is 256 random bits, so its SHA-256 tells nothing of it; only that is kept.

mod guesses;
mod pass;
mod scope;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use model::{ActivityKind, ClientToken, IssuedToken, NewClientToken, TokenRule, now_millis};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Facts, Found};

use crate::Fleet;
use crate::place::Place;

use guesses::{Guess, Guesses};
pub use pass::Pass;
pub use scope::Scope;

/// What every token starts with, so that people and scanners of secrets know one when they see it.
pub const TOKEN_PREFIX: &str = "tg_";
/// Tokens at the same time.
const MOST: usize = 256;
/// Characters of a client's name.
const MOST_NAME: usize = 60;
/// Servers or patterns that one token names,
const MOST_NAMED: usize = 100;
/// and bytes of each of them.
const MOST_PATTERN: usize = 200;

/// What became of a token that was shown at a door.
#[derive(Clone, Debug)]
pub enum Admitted {
    /// It is good.
    Pass(Arc<Pass>),
    /// It is not, or not any more.
    No,
    /// It is not, and too many were not just now.
    TooMany,
}

/// Why a token was not made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Another token has this name.
    #[error("there is a token named `{0}` already")]
    Exists(String),
    /// There are as many as there may be.
    #[error("there are {MOST} tokens already")]
    TooMany,
    /// No token has this id.
    #[error("there is no token `{0}`")]
    Unknown(String),
    /// It could not be written down, so it would not outlive the gateway.
    #[error("it could not be written: {0}")]
    NotWritten(std::io::Error),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

impl Fleet {
    /// Makes a token, which is durable when it is told. Blocks for a small write.
    pub fn issue_token(&self, wanted: NewClientToken) -> Result<IssuedToken, TokenError> {
        let issued = self.0.tokens.issue(wanted, now_millis())?;
        self.note_token(&issued.client.name, "a token was made for it");
        Ok(issued)
    }

    /// Ends a token, and with it everything that was opened by it. Blocks for a small write.
    pub fn revoke_token(&self, id: &str) -> Result<(), TokenError> {
        let (name, written) = self.0.tokens.revoke(id);
        if let Some(name) = name {
            self.note_token(&name, "its token was revoked");
        }
        written
    }

    /// All tokens, in the order in which they were made.
    pub fn tokens(&self) -> Vec<ClientToken> {
        self.0.tokens.list()
    }

    /// Looks at a token that was shown at a door.
    pub fn admit(&self, token: &[u8]) -> Admitted {
        let (admitted, is_news) = self.0.tokens.admit(token, now_millis());
        if is_news {
            let text = "a token that is not good was refused".to_owned();
            self.0.note(ActivityKind::Access, "", None, text);
        }
        admitted
    }

    /// Lets in whoever reaches the port, for as long as the configuration says so; `None` where
    /// it does not.
    pub fn admit_anybody(&self) -> Option<Arc<Pass>> {
        let rule = self.config().current().settings.tokens;
        self.0.tokens.anybody(rule)
    }

    fn note_token(&self, name: &str, what: &str) {
        let what = what.to_owned();
        self.0.note(ActivityKind::Access, "", Some(name), what);
        self.0.changed.notify_one();
    }
}

/// A token as it is written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    token: ClientToken,
    /// In hexadecimal digits.
    sha256: String,
}

struct Entry {
    kept: Kept,
    pass: Arc<Pass>,
}

impl Entry {
    fn new(kept: Kept) -> Self {
        let pass = Arc::new(Pass::of(&kept.token));
        Self { kept, pass }
    }

    fn shown(&self) -> ClientToken {
        ClientToken {
            last_used: self.pass.last_used(),
            ..self.kept.token.clone()
        }
    }

    fn is_over(&self, now: u64) -> bool {
        let expires_at = self.kept.token.expires_at;
        expires_at.is_some_and(|expires_at| expires_at <= now) || self.pass.over().is_cancelled()
    }
}

/// All tokens.
pub(crate) struct TokenBook {
    entries: Mutex<Vec<Entry>>,
    /// `None` if nothing is to outlive the process.
    facts: Option<Facts<Vec<Kept>>>,
    /// Whether what is written is to outlive the process.
    is_durable: bool,
    /// Whoever came in by TCP without a token, while that was allowed.
    anybody: Mutex<Arc<Pass>>,
    guesses: Mutex<Guesses>,
}

impl TokenBook {
    /// The tokens as they were left. A file that cannot be read lets nobody in.
    pub(crate) fn open(place: &Place) -> Self {
        let (facts, found) = place.facts::<Vec<Kept>>("tokens.json");
        let kept = match found {
            Found::Value(kept) => kept,
            Found::Nothing => Vec::new(),
            Found::Damaged => {
                tracing::warn!("the tokens of clients cannot be read, so none is good any more");
                Vec::new()
            }
        };
        Self {
            entries: Mutex::new(kept.into_iter().map(Entry::new).collect()),
            facts,
            is_durable: place.state.is_some(),
            anybody: Mutex::new(Arc::new(Pass::unnamed("loopback"))),
            guesses: Mutex::default(),
        }
    }

    fn issue(&self, wanted: NewClientToken, now: u64) -> Result<IssuedToken, TokenError> {
        let wanted = checked(wanted, now)?;
        let mut secret = [0; 32];
        let mut id = [0; 4];
        getrandom::fill(&mut secret).map_err(|_| TokenError::NoRandomness)?;
        getrandom::fill(&mut id).map_err(|_| TokenError::NoRandomness)?;
        let text = format!("{TOKEN_PREFIX}{}", model::hex(&secret));
        let token = ClientToken {
            id: model::hex(&id),
            name: wanted.name,
            created_at: now,
            expires_at: wanted.expires_at,
            last_used: None,
            servers: wanted.servers,
            tools: wanted.tools,
        };
        let mut entries = lock(&self.entries);
        let same = |entry: &Entry| entry.kept.token.name.eq_ignore_ascii_case(&token.name);
        if entries.iter().any(same) {
            return Err(TokenError::Exists(token.name));
        }
        if entries.len() >= MOST {
            return Err(TokenError::TooMany);
        }
        entries.push(Entry::new(Kept {
            token: token.clone(),
            sha256: model::hex(&Sha256::digest(&text)),
        }));
        if let Err(error) = self.write(&entries) {
            entries.pop();
            return Err(TokenError::NotWritten(error));
        }
        Ok(IssuedToken {
            token: text,
            client: token,
        })
    }

    /// The name of the token that was revoked, and whether that was written down: it is not good
    /// any more in either case.
    fn revoke(&self, id: &str) -> (Option<String>, Result<(), TokenError>) {
        let mut entries = lock(&self.entries);
        let found = entries.iter().position(|entry| entry.kept.token.id == id);
        let Some(found) = found else {
            return (None, Err(TokenError::Unknown(id.to_owned())));
        };
        let entry = entries.remove(found);
        entry.pass.over().cancel();
        let written = self.write(&entries).map_err(TokenError::NotWritten);
        (Some(entry.kept.token.name), written)
    }

    /// Also tells whether it is news that somebody shows what is no token.
    fn admit(&self, token: &[u8], now: u64) -> (Admitted, bool) {
        let digest = model::hex(&Sha256::digest(token));
        let entries = lock(&self.entries);
        // Every entry is looked at to its end, so that the time tells nothing.
        let found = entries.iter().fold(None, |found, entry| {
            if same(&entry.kept.sha256, &digest) {
                Some(entry)
            } else {
                found
            }
        });
        if let Some(entry) = found.filter(|entry| !entry.is_over(now)) {
            entry.pass.touch(now);
            return (Admitted::Pass(Arc::clone(&entry.pass)), false);
        }
        drop(entries);
        match lock(&self.guesses).count(Instant::now()) {
            Guess::Counted { is_news } => (Admitted::No, is_news),
            Guess::TooMany => (Admitted::TooMany, false),
        }
    }

    fn anybody(&self, rule: TokenRule) -> Option<Arc<Pass>> {
        (rule == TokenRule::Off).then(|| Arc::clone(&lock(&self.anybody)))
    }

    pub(crate) fn list(&self) -> Vec<ClientToken> {
        lock(&self.entries).iter().map(Entry::shown).collect()
    }

    /// Ends what is over by now.
    pub(crate) fn tidy(&self, now: u64, rule: TokenRule) {
        for entry in lock(&self.entries).iter() {
            if entry.is_over(now) {
                entry.pass.over().cancel();
            }
        }
        let mut anybody = lock(&self.anybody);
        // Whoever came in without one holds a share of it.
        if rule == TokenRule::Required && Arc::strong_count(&anybody) > 1 {
            anybody.over().cancel();
            *anybody = Arc::new(Pass::unnamed("loopback"));
        }
    }

    /// When the next token expires.
    pub(crate) fn due(&self, now: u64) -> Option<u64> {
        let entries = lock(&self.entries);
        let ends = entries
            .iter()
            .filter_map(|entry| entry.kept.token.expires_at);
        ends.filter(|end| *end > now).min()
    }

    /// Writes down when the tokens were last used; blocks for a small write.
    pub(crate) fn save(&self) {
        let entries = lock(&self.entries);
        let is_news = |entry: &Entry| entry.pass.last_used() != entry.kept.token.last_used;
        if entries.iter().any(is_news)
            && let Err(error) = self.write(&entries)
        {
            tracing::warn!(%error, "when tokens were last used is not kept");
        }
    }

    fn write(&self, entries: &[Entry]) -> std::io::Result<()> {
        let kept = |entry: &Entry| Kept {
            token: entry.shown(),
            sha256: entry.kept.sha256.clone(),
        };
        match &self.facts {
            Some(facts) => facts.put(&entries.iter().map(kept).collect()),
            None if self.is_durable => Err(std::io::Error::other("the file cannot be used")),
            None => Ok(()),
        }
    }
}

/// What a person asked for, if it makes sense.
fn checked(wanted: NewClientToken, now: u64) -> Result<NewClientToken, TokenError> {
    let invalid = |text: &str| Err(TokenError::Invalid(text.to_owned()));
    let name = wanted.name.trim();
    let is_bad = |c: char| c.is_control() || model::is_invisible(c);
    if name.is_empty() || name.chars().count() > MOST_NAME || name.chars().any(is_bad) {
        return invalid("a name has 1 to 60 characters, all of which can be seen");
    }
    if wanted
        .expires_at
        .is_some_and(|expires_at| expires_at <= now)
    {
        return invalid("it would have expired already");
    }
    for list in [&wanted.servers, &wanted.tools].into_iter().flatten() {
        let is_bad = |text: &String| text.is_empty() || text.len() > MOST_PATTERN;
        if list.is_empty() || list.len() > MOST_NAMED || list.iter().any(is_bad) {
            return invalid("1 to 100 servers or tools are named, each by 1 to 200 bytes");
        }
    }
    Ok(NewClientToken {
        name: name.to_owned(),
        ..wanted
    })
}

/// Compares without telling by its duration how much agrees.
fn same(one: &str, other: &str) -> bool {
    let pairs = one.bytes().zip(other.bytes());
    let difference = pairs.fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && difference == 0
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
