//! What a person decides, and taking it back.

use std::sync::{Arc, PoisonError};

use config::{Edit, EditError, ServerConfig};
use model::{
    ActivityKind, Decided, Decision, DefinitionId, SeenDefinition, TrustMode, UndoOffer, now_millis,
};
use upstream::News;
use wire::Notification;

use super::record::{Allowed, Record};
use super::sift::named;
use crate::{Fleet, Inner, UnknownServer};

/// A decision can be taken back for so long, in milliseconds.
const UNDO: u64 = 10_000;
/// A person who is late by this much had begun in time.
const GRACE: u64 = 2_000;

/// A decision that can be taken back.
pub(super) struct Undoable {
    pub(super) offer: UndoOffer,
    pub(super) server: String,
    before: Arc<Record>,
    /// Whether the server was switched off with it.
    switched_off: bool,
}

/// Why nothing was decided.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DecisionError {
    /// No such server.
    #[error(transparent)]
    Unknown(#[from] UnknownServer),
    /// It would be started in another way than the one that was shown.
    #[error("`{0}` would be started in another way by now")]
    LaunchChanged(String),
    /// All of it is other than shown.
    #[error("what was shown of `{0}` is other by now")]
    Changed(String),
    /// It is too late, or something else was decided since.
    #[error("there is nothing to take back under `{0}`")]
    NothingToUndo(String),
    /// It could not be kept, so it does not count.
    #[error("it cannot be kept: {0}")]
    NotKept(String),
    /// The configuration cannot be written so.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Fleet {
    /// Decides about a server or its definitions, durably when it returns.
    pub async fn decide(&self, server: &str, decision: Decision) -> Result<Decided, DecisionError> {
        let config = self.configured(server)?;
        let (inner, name) = (Arc::clone(&self.0), config.name.clone());
        let switched_off = decision == Decision::BlockServer;
        let (left, offer) = blocking(move || inner.rule(&config, decision)).await?;
        if switched_off {
            let name = name.to_string();
            self.config()
                .edit(Edit::SetEnabled {
                    name,
                    enabled: false,
                })
                .await?;
        }
        let config = self.configured(name.as_str())?;
        self.settle(&config).await;
        Ok(Decided {
            trust: self.0.quarantine.status(&config),
            undo: offer,
            left,
        })
    }

    /// Takes a decision back, as long as it was the last about its server and a moment ago.
    pub async fn undo_decision(&self, id: &str) -> Result<(), DecisionError> {
        let inner = Arc::clone(&self.0);
        let id = id.to_owned();
        let undone = blocking(move || inner.undo(&id)).await?;
        if undone.switched_off {
            let name = undone.server.clone();
            self.config()
                .edit(Edit::SetEnabled {
                    name,
                    enabled: true,
                })
                .await?;
        }
        if let Ok(config) = self.configured(&undone.server) {
            self.settle(&config).await;
        }
        Ok(())
    }

    /// Lets a server start as it is configured now, because a person has just written or seen how
    /// it is; with the mode that its entry asks for.
    pub async fn consent(&self, server: &str) -> Result<(), DecisionError> {
        let config = self.configured(server)?;
        let inner = Arc::clone(&self.0);
        let (name, mode) = (config.name.clone(), config.trust_mode());
        blocking(move || {
            let start = Decision::Start {
                launch: config.fingerprint(),
                mode,
            };
            inner.rule(&config, start)
        })
        .await?;
        let config = self.configured(name.as_str())?;
        self.settle(&config).await;
        Ok(())
    }

    /// A server's entry as the file has it now, also where the keeper has not come to it yet.
    pub(super) fn configured(&self, server: &str) -> Result<Arc<ServerConfig>, UnknownServer> {
        let loaded = self.config().current();
        let config = loaded.settings.servers.get(server);
        let config = config.ok_or_else(|| UnknownServer(server.to_owned()))?;
        Ok(Arc::new(config.clone()))
    }

    /// Has everything that follows from a decision done.
    async fn settle(&self, config: &ServerConfig) {
        self.0.replan.notify_one();
        let before = self.snapshot().revision;
        self.0.changed.notify_one();
        self.0.announce_lists(config);
        // Who asks next sees what was decided.
        let mut snapshot = self.watch();
        let shown = snapshot.wait_for(|snapshot| snapshot.revision > before);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), shown).await;
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DecisionError> + Send + 'static,
) -> Result<T, DecisionError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.unwrap_or_else(|error| Err(DecisionError::NotKept(error.to_string())))
}

impl Inner {
    fn rule(
        &self,
        config: &ServerConfig,
        decision: Decision,
    ) -> Result<(Vec<DefinitionId>, UndoOffer), DecisionError> {
        let (server, now) = (config.name.as_str(), now_millis());
        if let Decision::Start { launch, .. } = &decision
            && *launch != config.fingerprint()
        {
            return Err(DecisionError::LaunchChanged(server.to_owned()));
        }
        let (words, switched_off) = (words(&decision), decision == Decision::BlockServer);
        let asked = match &decision {
            Decision::Approve { definitions } | Decision::Block { definitions } => {
                definitions.len()
            }
            _ => usize::MAX,
        };
        let ruled = self.quarantine.change(server, |record| {
            apply(record, config, decision, &self.quarantine, now)
        });
        let (left, change) = ruled.map_err(|error| DecisionError::NotKept(error.to_string()))?;
        if asked > 0 && left.len() == asked {
            return Err(DecisionError::Changed(server.to_owned()));
        }
        self.note(
            ActivityKind::Quarantine,
            server,
            None,
            format!("a person {words}"),
        );
        let mut undo = self.undoable();
        undo.retain(|known| known.server != server && now < known.offer.until + GRACE);
        let offer = UndoOffer {
            id: format!("decision-{now}-{}", self.quarantine.version(server)),
            until: now + UNDO,
        };
        undo.push(Undoable {
            offer: offer.clone(),
            server: server.to_owned(),
            before: change.before,
            switched_off,
        });
        Ok((left, offer))
    }

    fn undo(&self, id: &str) -> Result<Undoable, DecisionError> {
        let (found, now) = {
            let mut undo = self.undoable();
            let now = now_millis();
            let at = undo
                .iter()
                .position(|known| known.offer.id == id && now < known.offer.until + GRACE);
            (at.map(|at| undo.swap_remove(at)), now)
        };
        let found = found.ok_or_else(|| DecisionError::NothingToUndo(id.to_owned()))?;
        let server = found.server.as_str();
        let undone = self
            .quarantine
            .change(server, |record| record.restore(&found.before, now));
        undone.map_err(|error| DecisionError::NotKept(error.to_string()))?;
        let text = "a person took the last decision back".to_owned();
        self.note(ActivityKind::Quarantine, server, None, text);
        Ok(found)
    }

    pub(super) fn undoable(&self) -> std::sync::MutexGuard<'_, Vec<Undoable>> {
        let undo = &self.quarantine.undo;
        undo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells clients that a server's prompts and resources may be others; the tools' list is
    /// watched by the keeper.
    fn announce_lists(&self, config: &ServerConfig) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = slots.get(&config.name) else {
            return;
        };
        for kind in ["prompts", "resources"] {
            // Nobody listening is fine.
            let _ = self.context.news.send(News {
                server: slot.slug().into(),
                audience: None,
                notification: Arc::new(Notification {
                    method: format!("notifications/{kind}/list_changed"),
                    params: None,
                }),
            });
        }
    }
}

/// Writes a decision into a record; returns the definitions that are others than shown.
fn apply(
    record: &mut Record,
    config: &ServerConfig,
    decision: Decision,
    quarantine: &super::Quarantine,
    now: u64,
) -> Vec<DefinitionId> {
    match decision {
        Decision::Start { mode, .. } => {
            record.allowed = Some(Allowed {
                launch: config.fingerprint(),
                evidence: config::evidence(config),
            });
            accept_mode(record, config, mode, quarantine, now);
            Vec::new()
        }
        Decision::Trust { mode } => {
            accept_mode(record, config, Some(mode), quarantine, now);
            Vec::new()
        }
        Decision::BlockServer => {
            record.allowed = None;
            Vec::new()
        }
        Decision::Approve { definitions } => record.rule(&definitions, true, now),
        Decision::Block { definitions } => record.rule(&definitions, false, now),
    }
}

fn accept_mode(
    record: &mut Record,
    config: &ServerConfig,
    mode: Option<TrustMode>,
    quarantine: &super::Quarantine,
    now: u64,
) {
    if let Some(mode) = mode {
        record.mode = mode;
        let mode = quarantine.mode(record, config);
        record.pass_waiting(mode, now);
    }
}

fn words(decision: &Decision) -> String {
    let of = |definitions: &[SeenDefinition]| {
        let ids: Vec<&DefinitionId> = definitions.iter().map(|seen| &seen.id).collect();
        named(&ids)
    };
    match decision {
        Decision::Start { mode: None, .. } => "let it start".to_owned(),
        Decision::Start {
            mode: Some(mode), ..
        } => format!("let it start; its trust is {}", mode.as_str()),
        Decision::Approve { definitions } => format!("approved {}", of(definitions)),
        Decision::Block { definitions } => format!("blocked {}", of(definitions)),
        Decision::BlockServer => "blocked the server".to_owned(),
        Decision::Trust { mode } => format!("set its trust to {}", mode.as_str()),
    }
}
