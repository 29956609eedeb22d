//! What a person is shown of a server before deciding.

use std::cmp::Reverse;

use model::{DefinitionReview, ServerReview, Standing};
use serde_json::Value;

use super::judge;
use super::record::{Kept, Pin, Record};
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
        let undoable = inner.undoable();
        let undo = undoable.iter().find(|known| known.server == server);
        let now = model::now_millis();
        let snapshot = self.snapshot();
        Ok(ServerReview {
            server: server.to_owned(),
            trust: inner.quarantine.status(&config),
            approved_evidence: approved.filter(|approved| **approved != evidence).cloned(),
            evidence,
            launch: config.fingerprint(),
            definitions: inner.definitions(server, &record),
            audience: snapshot.clients.iter().map(|c| c.name.clone()).collect(),
            undo: undo
                .map(|known| known.offer.clone())
                .filter(|offer| now < offer.until),
        })
    }
}

impl Inner {
    /// A server's definitions: those that wait first, the worst of them on top.
    fn definitions(&self, server: &str, record: &Record) -> Vec<DefinitionReview> {
        let neighbours = self.neighbours();
        let others = neighbours.without(server);
        let shown = |kept: &Kept| {
            let pin = kept.pin()?;
            let findings = judge::findings(record, &kept.id, pin, others);
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
            let waits = matches!(definition.standing, Standing::Changed | Standing::Pending);
            let order = (definition.listed, waits, definition.verdict);
            (Reverse(order), definition.id.clone())
        });
        definitions
    }
}

fn value(pin: &Pin) -> Value {
    serde_json::from_str(&pin.text).unwrap_or_default()
}
