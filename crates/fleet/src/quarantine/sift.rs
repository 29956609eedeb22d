//! What of a server's lists clients may see.

use std::sync::Arc;

use config::ServerConfig;
use model::{ActivityKind, DefinitionId, DefinitionKind, ServerName, TrustMode, now_millis};
use serde_json::value::RawValue;
use upstream::{Offers, Status, ToolDefinition};
use wire::Raw;

use super::judge::{self, Names};
use super::record::{Came, Pin, Record};
use crate::{Fleet, Inner, Tool};

/// What a server lists, as far as it is known.
#[derive(Clone)]
pub(crate) struct Listed {
    pub(crate) tools: Arc<[ToolDefinition]>,
    pub(crate) offers: Option<Arc<Offers>>,
    pub(crate) instructions: Option<String>,
}

/// What of it clients may see.
#[derive(Clone, Default)]
pub(crate) struct Sifted {
    pub(crate) tools: Arc<[ToolDefinition]>,
    pub(crate) instructions: Option<String>,
    /// Whether anything of the server is approved.
    pub(crate) is_let_in: bool,
    /// What this was sifted by.
    pub(crate) version: u64,
}

/// A definition with the place that it came from.
type Found = (DefinitionId, Pin);

impl Listed {
    pub(crate) fn of(status: &Status) -> Self {
        Self {
            tools: Arc::clone(&status.tools),
            offers: status.offers.clone(),
            instructions: status.instructions.clone(),
        }
    }

    /// Whether the other is the very same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let offers = match (&self.offers, &other.offers) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        offers && Arc::ptr_eq(&self.tools, &other.tools) && self.instructions == other.instructions
    }

    fn definitions(&self) -> Vec<Found> {
        let tools = self.tools.iter().map(|tool| &tool.definition);
        let mut found: Vec<Found> = tools.filter_map(tool).collect();
        if let Some(offers) = &self.offers {
            for (kind, list) in [
                (DefinitionKind::Prompt, &offers.prompts),
                (DefinitionKind::Resource, &offers.resources),
                (DefinitionKind::ResourceTemplate, &offers.templates),
            ] {
                found.extend(list.iter().filter_map(|raw| judge::read(kind, raw)));
            }
        }
        found.extend(self.instructions.as_deref().map(judge::instructions));
        found
    }

    /// Whether what is not listed of this kind is gone, not merely unknown.
    fn knows_all(&self, kind: DefinitionKind) -> bool {
        match kind {
            DefinitionKind::Tool | DefinitionKind::Instructions => true,
            DefinitionKind::PromptText => false,
            _ => self.offers.is_some(),
        }
    }
}

fn tool(raw: &Raw) -> Option<Found> {
    judge::read(DefinitionKind::Tool, raw)
}

impl Inner {
    /// Takes note of what a server lists and returns what of it clients may see; blocks while it
    /// is written.
    pub(crate) fn sift(&self, config: &ServerConfig, listed: &Listed) -> Sifted {
        let found = listed.definitions();
        let present: std::collections::BTreeSet<&DefinitionId> =
            found.iter().map(|(id, _)| id).collect();
        self.take_note(config, &found, |record| {
            record.unlist(|id| listed.knows_all(id.kind) && !present.contains(id));
        });
        let name = config.name.as_str();
        // One look at both: a decision in between would be missed for good.
        let (record, version) = self.quarantine.record_and_version(name);
        let lets_in = |(id, pin): &Found| record.lets_in(id, &pin.hash);
        let tools = listed
            .tools
            .iter()
            .filter(|definition| tool(&definition.definition).is_some_and(|found| lets_in(&found)));
        let instructions = listed.instructions.clone();
        Sifted {
            tools: tools.cloned().collect(),
            instructions: instructions.filter(|text| lets_in(&judge::instructions(text))),
            is_let_in: self.quarantine.opens(&record, config),
            version,
        }
    }

    /// Takes note of definitions as a server has them now; `first` is done to the record before.
    /// What cannot be written down is held. Tells whether anything is other than before.
    fn take_note(
        &self,
        config: &ServerConfig,
        found: &[Found],
        first: impl FnOnce(&mut Record),
    ) -> bool {
        let (server, now) = (config.name.as_str(), now_millis());
        let known = self.quarantine.record(server);
        let neighbours = self.neighbours.load_full();
        let names = Names::new(&known, neighbours.without(server));
        let seen: Vec<_> = found
            .iter()
            .map(|found| judge::judged(&known, found.clone(), &names))
            .collect();
        let noted = self.quarantine.change(server, |record| {
            first(record);
            // A person may have tightened it while the definitions were scanned.
            let mode = self.quarantine.mode(record, config);
            let looked = seen.into_iter().map(|seen| {
                let id = seen.id.clone();
                (id, record.look(seen, mode, now))
            });
            (mode, looked.collect::<Vec<_>>())
        });
        match noted {
            Ok(((mode, came), change)) => {
                self.tell(server, mode, &came);
                change.changed
            }
            Err(error) => {
                tracing::error!(server, %error, "what it lists cannot be written down, so what is new is held");
                false
            }
        }
    }

    /// Takes note of definitions in an answer to a client, unless all of it is known.
    fn note_answer(&self, config: &ServerConfig, found: &[Found]) {
        let known = self.quarantine.record(config.name.as_str());
        let mode = self.quarantine.mode(&known, config);
        if !known.knows(found, mode) && self.take_note(config, found, |_| {}) {
            self.changed.notify_one();
        }
    }

    /// Records what was held, and what came in by itself.
    fn tell(&self, server: &str, mode: TrustMode, came: &[(DefinitionId, Came)]) {
        for (wanted, words) in [
            (Came::Held, "held for review".to_owned()),
            (
                Came::Changed,
                "changed, so it is blocked until it is reviewed".to_owned(),
            ),
            (
                Came::LetIn,
                format!("let in: its server's trust is {}", mode.as_str()),
            ),
        ] {
            let ids = came.iter().filter(|(_, came)| *came == wanted);
            let ids: Vec<&DefinitionId> = ids.map(|(id, _)| id).collect();
            if !ids.is_empty() {
                let text = format!("{}: {words}", named(&ids));
                self.note(ActivityKind::Quarantine, server, None, text);
            }
        }
    }
}

/// Definitions in words: the first few by name.
pub(super) fn named(ids: &[&DefinitionId]) -> String {
    const SHOWN: usize = 5;
    let name = |id: &&DefinitionId| match id.kind {
        DefinitionKind::Instructions => "instructions".to_owned(),
        // What follows the name stands for the arguments.
        DefinitionKind::PromptText => {
            let prompt = id.name.rsplit_once(" #").map_or("", |(prompt, _)| prompt);
            format!("what the prompt {prompt} gives")
        }
        kind => format!("{} {}", kind.as_str(), id.name),
    };
    let names: Vec<String> = ids.iter().take(SHOWN).map(name).collect();
    match ids.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", names.join(", ")),
        _ => names.join(", "),
    }
}

impl Fleet {
    /// Of definitions that a server has answered a client with, those that the client may see, in
    /// their order.
    pub async fn let_in(
        &self,
        server: &ServerName,
        kind: DefinitionKind,
        definitions: Vec<Raw>,
    ) -> Vec<Raw> {
        let Ok(config) = self.server_config(server.as_str()) else {
            return Vec::new();
        };
        let inner = Arc::clone(&self.0);
        let sifted = tokio::task::spawn_blocking(move || {
            let read = |raw: Raw| Some((judge::read(kind, &raw)?, raw));
            let read: Vec<(Found, Raw)> = definitions.into_iter().filter_map(read).collect();
            let found: Vec<Found> = read.iter().map(|(found, _)| found.clone()).collect();
            inner.note_answer(&config, &found);
            let record = inner.quarantine.record(config.name.as_str());
            let let_in = read.into_iter();
            let let_in = let_in.filter(|((id, pin), _)| record.lets_in(id, &pin.hash));
            let_in.map(|(_, raw)| raw).collect()
        });
        // It is cancelled only while the process shuts down.
        sifted.await.unwrap_or_default()
    }

    /// What a prompt gave, if a client may see it. For the same arguments it is to be the same as
    /// before, unless nothing is found in it and a person has seen that it varies.
    pub async fn let_in_prompt(
        &self,
        server: &ServerName,
        prompt: &str,
        arguments: Option<&RawValue>,
        result: Raw,
    ) -> Option<Raw> {
        let config = self.server_config(server.as_str()).ok()?;
        let found = judge::prompt_text(prompt, arguments, &result)?;
        let inner = Arc::clone(&self.0);
        let sifted = tokio::task::spawn_blocking(move || {
            inner.note_answer(&config, std::slice::from_ref(&found));
            let record = inner.quarantine.record(config.name.as_str());
            record.lets_in(&found.0, &found.1.hash).then_some(result)
        });
        let sifted = sifted.await.ok().flatten();
        // It may have been blocked while the server answered.
        sifted.filter(|_| self.may_use(server, DefinitionKind::Prompt, prompt))
    }

    /// Records that a result of a tool read like orders to the model.
    pub fn note_suspicious(&self, tool: &Tool, client: &str) {
        let text = format!(
            "a result of tool {} reads like orders to a model; it was passed on as data",
            tool.definition.name
        );
        let server = tool.server.as_str();
        self.0
            .note(ActivityKind::Quarantine, server, Some(client), text);
    }

    /// Whether anything of a server has been let in.
    pub fn is_open(&self, server: &ServerName) -> bool {
        self.server_config(server.as_str()).is_ok_and(|config| {
            let quarantine = &self.0.quarantine;
            quarantine.opens(&quarantine.record(server.as_str()), &config)
        })
    }

    /// Whether everything that a server says is let in, also what has no pin.
    pub fn lets_all_in(&self, server: &ServerName) -> bool {
        self.server_config(server.as_str()).is_ok_and(|config| {
            let quarantine = &self.0.quarantine;
            let record = quarantine.record(server.as_str());
            quarantine.mode(&record, &config) == TrustMode::Auto
        })
    }

    /// A server's instructions, if a client may see them.
    pub async fn let_in_instructions(&self, server: &ServerName, text: String) -> Option<String> {
        let config = self.server_config(server.as_str()).ok()?;
        let inner = Arc::clone(&self.0);
        let sifted = tokio::task::spawn_blocking(move || {
            let (id, pin) = judge::instructions(&text);
            inner.note_answer(&config, &[(id.clone(), pin.clone())]);
            let record = inner.quarantine.record(config.name.as_str());
            record.lets_in(&id, &pin.hash).then_some(text)
        });
        sifted.await.ok().flatten()
    }

    /// Whether clients may use what a server defines under this name. What it never listed may be
    /// used as far as the server's mode lets new definitions in, except that a resource need not
    /// be listed: anything of the server that is approved opens the way to it, as long as no
    /// resource is blocked.
    pub fn may_use(&self, server: &ServerName, kind: DefinitionKind, name: &str) -> bool {
        let Ok(config) = self.server_config(server.as_str()) else {
            return false;
        };
        let quarantine = &self.0.quarantine;
        let record = quarantine.record(server.as_str());
        let name = name.to_owned();
        match record.definitions.get(&DefinitionId { kind, name }) {
            Some(kept) => kept.standing() == model::Standing::Approved,
            // One that a person has blocked may have other spellings.
            None if kind == DefinitionKind::Resource => {
                quarantine.opens(&record, &config) && !record.has_blocked(kind)
            }
            None => quarantine.mode(&record, &config) == TrustMode::Auto,
        }
    }
}
