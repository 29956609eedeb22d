//! What is known of one server's definitions, and what was decided about them. Pure: no clock, no
//! disk, no scan.

use std::collections::BTreeMap;

use model::{DefinitionId, DefinitionKind, Evidence, SeenDefinition, Standing, TrustMode, Verdict};
use serde::{Deserialize, Serialize};

/// Definitions that are remembered of one server; what does not fit is held.
const MOST: usize = 20_000;
/// Texts of prompts that are remembered of one server; the oldest make room.
const MOST_TEXTS: usize = 2_000;

/// A definition's text and its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pin {
    /// SHA-256 of the text, in hexadecimal.
    pub(super) hash: String,
    /// What is pinned of the definition, in canonical JSON.
    pub(super) text: String,
}

/// What was decided about a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ruling {
    /// What it is about.
    #[serde(flatten)]
    pub(super) pin: Pin,
    /// Whether clients may see it.
    pub(super) approved: bool,
}

/// One definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(flatten)]
    pub(super) id: DefinitionId,
    /// What was decided last.
    pub(super) ruling: Option<Ruling>,
    /// As its server has it, where nothing was decided about that.
    pub(super) now: Option<Pin>,
    /// What a scan makes of it as it is now.
    pub(super) verdict: Verdict,
    /// Since when it stands as it does, in Unix milliseconds.
    pub(super) since: u64,
    /// Whether the server lists it still.
    pub(super) listed: bool,
    /// Whether it changed before anybody had decided about it; of what a prompt gave, whether a
    /// person has seen that it varies.
    #[serde(default)]
    pub(super) restless: bool,
}

/// The launch that a person has allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Allowed {
    /// The fingerprint of the launch.
    pub(super) launch: String,
    /// What was shown of it.
    pub(super) evidence: Evidence,
    /// Fingerprints of its parts by name, to say which has changed.
    #[serde(default)]
    pub(super) parts: BTreeMap<String, String>,
}

/// Everything about one server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) server: String,
    /// Nothing else is started or reached.
    pub(super) allowed: Option<Allowed>,
    /// Counts decisions, so that one is taken back only while it is the last.
    #[serde(default)]
    pub(super) decisions: u64,
    /// The loosest mode that a person has accepted.
    pub(super) mode: TrustMode,
    #[serde(with = "listed")]
    pub(super) definitions: BTreeMap<DefinitionId, Kept>,
}

/// A definition as a server has it now, judged.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) id: DefinitionId,
    pub(super) pin: Pin,
    pub(super) verdict: Verdict,
}

/// What came of looking at a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing is other than before.
    Same,
    /// It is new, and waits.
    Held,
    /// It is another than the one decided about, and waits.
    Changed,
    /// It was let in by the server's mode.
    LetIn,
}

impl Kept {
    /// The pin of the definition as it is now.
    pub(super) fn pin(&self) -> Option<&Pin> {
        let ruled = self.ruling.as_ref().map(|ruling| &ruling.pin);
        self.now.as_ref().or(ruled)
    }

    pub(super) fn standing(&self) -> Standing {
        match (&self.ruling, &self.now) {
            (None, _) => Standing::Pending,
            (Some(_), Some(_)) => Standing::Changed,
            (Some(ruling), None) if ruling.approved => Standing::Approved,
            (Some(_), None) => Standing::Blocked,
        }
    }

    /// Whether it waits for a person.
    pub(super) fn waits(&self) -> bool {
        self.listed && self.standing().waits()
    }

    /// What was approved, where that is not what the server has now.
    pub(super) fn approved_before(&self) -> Option<&Pin> {
        let ruling = self.ruling.as_ref()?;
        (self.now.is_some() && ruling.approved).then_some(&ruling.pin)
    }

    fn rule(&mut self, approved: bool, at: u64) {
        let varies = self.id.kind == DefinitionKind::PromptText
            && self.ruling.is_some()
            && (self.now.is_some() || self.restless);
        if let Some(pin) = self.pin().cloned() {
            self.ruling = Some(Ruling { pin, approved });
            self.now = None;
            self.restless = varies;
            self.since = at;
        }
    }
}

impl Record {
    /// A server of which nothing is known.
    pub(super) fn of(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            ..Self::default()
        }
    }

    /// Whether clients may see this very definition.
    pub(super) fn lets_in(&self, id: &DefinitionId, hash: &str) -> bool {
        let ruling = self
            .definitions
            .get(id)
            .and_then(|kept| kept.ruling.as_ref());
        ruling.is_some_and(|ruling| ruling.approved && ruling.pin.hash == hash)
    }

    /// Takes note of a definition as it is now.
    pub(super) fn look(&mut self, seen: Seen, mode: TrustMode, at: u64) -> Came {
        let Seen { id, pin, verdict } = seen;
        let Some(kept) = self.definitions.get_mut(&id) else {
            if !self.make_room(id.kind) {
                return Came::Held;
            }
            let kept = Kept {
                id: id.clone(),
                ruling: None,
                now: Some(pin),
                verdict,
                since: at,
                listed: true,
                restless: false,
            };
            let kept = self.definitions.entry(id).or_insert(kept);
            return passed(kept, mode, at).unwrap_or(Came::Held);
        };
        let unchanged = kept.pin().is_some_and(|known| known.hash == pin.hash);
        kept.listed = true;
        if unchanged {
            return passed(kept, mode, at).unwrap_or(Came::Same);
        }
        kept.verdict = verdict;
        kept.since = at;
        match &kept.ruling {
            // It is again what was decided about.
            Some(ruling) if ruling.pin.hash == pin.hash => {
                kept.now = None;
                return Came::Same;
            }
            Some(_) => kept.now = Some(pin),
            None => {
                kept.now = Some(pin);
                kept.restless = true;
            }
        }
        passed(kept, mode, at).unwrap_or(Came::Changed)
    }

    /// Takes note of which definitions of a kind are listed no more.
    pub(super) fn unlist(&mut self, gone: impl Fn(&DefinitionId) -> bool) {
        for kept in self.definitions.values_mut().filter(|kept| gone(&kept.id)) {
            kept.listed = false;
        }
    }

    /// Rules about definitions as they were seen; returns those that are others by now.
    pub(super) fn rule(
        &mut self,
        seen: &[SeenDefinition],
        approved: bool,
        at: u64,
    ) -> Vec<DefinitionId> {
        let mut left = Vec::new();
        for SeenDefinition { id, hash } in seen {
            let kept = self.definitions.get_mut(id);
            match kept.filter(|kept| kept.pin().is_some_and(|pin| pin.hash == *hash)) {
                Some(kept) => kept.rule(approved, at),
                None => left.push(id.clone()),
            }
        }
        left
    }

    /// Lets in what waits, as far as a mode lets it.
    pub(super) fn pass_waiting(&mut self, mode: TrustMode, at: u64) {
        for kept in self.definitions.values_mut().filter(|kept| kept.waits()) {
            passed(kept, mode, at);
        }
    }

    /// Whether all of these are known as they are, so that looking at them would change nothing.
    pub(super) fn knows(&self, found: &[(DefinitionId, Pin)], mode: TrustMode) -> bool {
        found.iter().all(|(id, pin)| {
            let kept = self.definitions.get(id);
            kept.is_some_and(|kept| {
                kept.listed
                    && kept.pin().is_some_and(|known| known.hash == pin.hash)
                    && (mode == TrustMode::Manual || !kept.waits())
            })
        })
    }

    /// Puts back what was decided before; what was seen since stays known.
    pub(super) fn restore(&mut self, before: &Self, at: u64) {
        self.decisions += 1;
        self.allowed.clone_from(&before.allowed);
        self.mode = before.mode;
        for kept in self.definitions.values_mut() {
            let Some(pin) = kept.pin().cloned() else {
                continue;
            };
            let known = before.definitions.get(&kept.id);
            let ruling = known.and_then(|known| known.ruling.clone());
            if ruling != kept.ruling {
                let same = ruling.as_ref().is_some_and(|ruling| ruling.pin == pin);
                kept.ruling = ruling;
                kept.now = (!same).then_some(pin);
                kept.since = known.map_or(at, |known| known.since);
                kept.restless = known.is_some_and(|known| known.restless);
            }
        }
    }

    /// Whether anything of the server was ever approved and still is.
    pub(super) fn has_approved(&self) -> bool {
        let approved = |kept: &Kept| kept.ruling.as_ref().is_some_and(|ruling| ruling.approved);
        self.definitions.values().any(approved)
    }

    /// Whether a person does not want a definition of this kind.
    pub(super) fn has_blocked(&self, kind: DefinitionKind) -> bool {
        let blocked = |kept: &Kept| kept.id.kind == kind && kept.standing() == Standing::Blocked;
        self.definitions.values().any(blocked)
    }

    /// Makes room for one more definition of a kind; `false` if there is none. What was decided
    /// about a definition is never forgotten, or a server could have it forgotten; only what
    /// prompts gave is, because nothing bounds their arguments.
    fn make_room(&mut self, kind: DefinitionKind) -> bool {
        let is_text = |kept: &&Kept| kept.id.kind == DefinitionKind::PromptText;
        let texts = kind == DefinitionKind::PromptText;
        let same = self
            .definitions
            .values()
            .filter(|kept| is_text(kept) == texts);
        let most = if texts { MOST_TEXTS } else { MOST };
        if same.clone().count() < most {
            return true;
        }
        let spare = same.filter(|kept| texts || kept.ruling.is_none());
        let oldest = spare.min_by_key(|kept| (kept.listed, kept.since));
        let oldest = oldest.map(|kept| kept.id.clone());
        oldest.is_some_and(|id| self.definitions.remove(&id).is_some())
    }
}

/// Lets a definition that waits in, if the mode does. A change of what a person has decided about
/// is a person's affair in every mode but the last.
fn passed(kept: &mut Kept, mode: TrustMode, at: u64) -> Option<Came> {
    let is_clean = kept.verdict == Verdict::Clean;
    let lets = match mode {
        _ if kept.id.kind == DefinitionKind::PromptText && mode != TrustMode::Auto => {
            kept.verdict != Verdict::Block
                && match &kept.ruling {
                    // What a prompt gives is known only once it is asked for: its first text is
                    // as trusted as the prompt.
                    None => true,
                    Some(ruling) => ruling.approved && kept.restless && is_clean,
                }
        }
        TrustMode::Manual => false,
        TrustMode::Scan => kept.ruling.is_none() && is_clean && !kept.restless,
        // What a person has blocked stays blocked.
        TrustMode::Auto => kept.ruling.as_ref().is_none_or(|ruling| ruling.approved),
    };
    (lets && kept.now.is_some()).then(|| {
        kept.rule(true, at);
        Came::LetIn
    })
}

/// The definitions as a list, since ids are no keys of JSON.
mod listed {
    use std::collections::BTreeMap;

    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::{DefinitionId, Kept};

    pub(super) fn serialize<S: Serializer>(
        definitions: &BTreeMap<DefinitionId, Kept>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(definitions.values())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<DefinitionId, Kept>, D::Error> {
        let kept = Vec::<Kept>::deserialize(deserializer)?;
        let keyed = kept.into_iter().map(|kept| (kept.id.clone(), kept));
        Ok(keyed.collect())
    }
}

#[cfg(test)]
mod tests;
