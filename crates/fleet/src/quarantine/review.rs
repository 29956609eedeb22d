//! What a person is shown of a server before deciding.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use config::ServerConfig;
use model::{DefinitionReview, ServerReview, UndoOffer, now_millis};
use serde_json::Value;

use super::judge::{self, Names};
use super::record::{Allowed, Kept, Pin, Record};
use crate::{Fleet, Inner, UnknownServer};

impl Fleet {
    /// Everything about one server that a person decides about. Takes as long as a scan of what
    /// waits.
    pub fn server_review(&self, server: &str) -> Result<ServerReview, UnknownServer> {
        let config = self.configured(server)?;
        let inner = &self.0;
        let record = inner.quarantine.record(server);
        let evidence = config::evidence(&config);
        let approved = record.allowed.as_ref().map(|allowed| &allowed.evidence);
        let snapshot = self.snapshot();
        Ok(ServerReview {
            server: server.to_owned(),
            trust: inner.quarantine.status(&config),
            approved_evidence: approved.filter(|approved| **approved != evidence).cloned(),
            evidence,
            launch: config.fingerprint(),
            definitions: inner.definitions(server, &record),
            audience: snapshot.clients.iter().map(|c| c.name.clone()).collect(),
            changes: changed_parts(record.allowed.as_ref(), &config),
            undo: inner.offer_of(server),
        })
    }
}

impl Inner {
    /// How to take the last decision about a server back, while that can be done.
    fn offer_of(&self, server: &str) -> Option<UndoOffer> {
        let undoable = self.undoable();
        let last = undoable.iter().find(|known| known.server == server)?;
        (now_millis() < last.offer.until).then(|| last.offer.clone())
    }

    /// A server's definitions: those that wait first, the worst of them on top.
    fn definitions(&self, server: &str, record: &Record) -> Vec<DefinitionReview> {
        let neighbours = self.neighbours.load_full();
        let names = Names::new(record, neighbours.without(server));
        let shown = |kept: &Kept| {
            let pin = kept.pin()?;
            let findings = judge::findings(record, &kept.id, pin, &names);
            Some(DefinitionReview {
                id: kept.id.clone(),
                standing: kept.standing(),
                hash: pin.hash.clone(),
                now: value(pin),
                approved: kept.approved_before().map(value),
                verdict: findings
                    .first()
                    .map_or_else(Default::default, |f| f.verdict),
                findings,
                since: kept.since,
                listed: kept.listed,
            })
        };
        let mut definitions: Vec<_> = record.definitions.values().filter_map(shown).collect();
        definitions.sort_by_key(|definition| {
            let order = (
                definition.listed,
                definition.standing.waits(),
                definition.verdict,
            );
            (Reverse(order), definition.id.clone())
        });
        definitions
    }
}

/// The parts of a launch that are others than those allowed, by name.
fn changed_parts(allowed: Option<&Allowed>, config: &ServerConfig) -> Vec<String> {
    let Some(allowed) = allowed else {
        return Vec::new();
    };
    let now = config.parts();
    let names: BTreeSet<&String> = now.keys().chain(allowed.parts.keys()).collect();
    let differs = |name: &&&String| now.get(**name) != allowed.parts.get(**name);
    names
        .iter()
        .filter(differs)
        .map(|name| (*name).clone())
        .collect()
}

fn value(pin: &Pin) -> Value {
    serde_json::from_str(&pin.text).unwrap_or_default()
}
