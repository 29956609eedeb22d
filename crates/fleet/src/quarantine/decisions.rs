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

/// What was decided shows within this time.
const SOON: std::time::Duration = std::time::Duration::from_secs(2);

/// A decision that can be taken back.
pub(super) struct Undoable {
    pub(super) offer: UndoOffer,
    pub(super) server: String,
    before: Arc<Record>,
    /// How many decisions there were with this one.
    decisions: u64,
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
        let (inner, name) = (Arc::clone(&self.0), config.name.to_string());
        let (left, undoable) = blocking(move || inner.rule(&config, decision)).await?;
        let (offer, switches_off) = undoable;
        self.settle(server).await;
        if switches_off {
            self.switch(&name, false).await;
        }
        let config = self.configured(&name)?;
        Ok(Decided {
            trust: self.0.quarantine.status(&config),
            undo: offer,
            left,
        })
    }

    /// Takes a decision back, as long as it was the last about its server and a moment ago.
    pub async fn undo_decision(&self, id: &str) -> Result<(), DecisionError> {
        let (inner, id) = (Arc::clone(&self.0), id.to_owned());
        let undone = blocking(move || inner.undo(&id)).await?;
        if undone.switched_off {
            self.switch(&undone.server, true).await;
        }
        self.settle(&undone.server).await;
        Ok(())
    }

    /// Lets a server start in the way that a person has just written or seen; `launch` is its
    /// fingerprint. With `mode`, what its entry says of trust was seen as well.
    pub async fn consent(
        &self,
        server: &str,
        launch: String,
        mode: Option<TrustMode>,
    ) -> Result<(), DecisionError> {
        let config = self.configured(server)?;
        let inner = Arc::clone(&self.0);
        blocking(move || inner.rule(&config, Decision::Start { launch, mode })).await?;
        self.settle(server).await;
        Ok(())
    }

    /// Switches a server in the configuration. A file that cannot be written changes nothing about
    /// the decision: what is not allowed to start does not run.
    async fn switch(&self, server: &str, enabled: bool) {
        let name = server.to_owned();
        let edited = self.config().edit(Edit::SetEnabled { name, enabled }).await;
        if let Err(error) = edited {
            tracing::warn!(server, %error, "the configuration was not changed with the decision");
        }
    }

    /// A server's entry as the file has it now, also where the keeper has not come to it yet.
    pub(super) fn configured(&self, server: &str) -> Result<Arc<ServerConfig>, UnknownServer> {
        let loaded = self.config().current();
        let config = loaded.settings.servers.get(server);
        let config = config.ok_or_else(|| UnknownServer(server.to_owned()))?;
        Ok(Arc::new(config.clone()))
    }

    /// Has everything that follows from a decision done.
    async fn settle(&self, server: &str) {
        let mut snapshot = self.watch();
        snapshot.mark_unchanged();
        self.0.replan.notify_one();
        self.0.changed.notify_one();
        self.0.announce_lists(server);
        // Who asks next sees what was decided.
        let shown = async {
            while snapshot.changed().await.is_ok() && !self.0.quarantine.is_shown(server) {}
        };
        let _ = tokio::time::timeout(SOON, shown).await;
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DecisionError> + Send + 'static,
) -> Result<T, DecisionError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.unwrap_or_else(|error| Err(DecisionError::NotKept(error.to_string())))
}

impl Inner {
    /// Decides; with what was left, how to take it back, and whether the server is to be off.
    fn rule(
        &self,
        config: &ServerConfig,
        decision: Decision,
    ) -> Result<(Vec<DefinitionId>, (UndoOffer, bool)), DecisionError> {
        let (server, now) = (config.name.as_str(), now_millis());
        if let Decision::Start { launch, .. } = &decision
            && *launch != config.fingerprint()
        {
            return Err(DecisionError::LaunchChanged(server.to_owned()));
        }
        let words = words(&decision);
        let switched_off = decision == Decision::BlockServer && config.enabled;
        let asked = match &decision {
            Decision::Approve { definitions } | Decision::Block { definitions } => {
                definitions.len()
            }
            _ => usize::MAX,
        };
        let ruled = self.quarantine.change(server, |record| {
            let left = apply(record, config, decision, now);
            record.decisions += u64::from(left.len() < asked);
            (left, record.decisions)
        });
        let ((left, decisions), change) =
            ruled.map_err(|error| DecisionError::NotKept(error.to_string()))?;
        if asked > 0 && left.len() == asked {
            return Err(DecisionError::Changed(server.to_owned()));
        }
        let text = format!("a person {words}");
        self.note(ActivityKind::Quarantine, server, None, text);
        let offer = UndoOffer {
            id: self.quarantine.next_decision(),
            until: now + UNDO,
        };
        let mut undo = self.undoable();
        undo.retain(|known| known.server != server && now < known.offer.until + GRACE);
        undo.push(Undoable {
            offer: offer.clone(),
            server: server.to_owned(),
            before: change.before,
            decisions,
            switched_off,
        });
        Ok((left, (offer, switched_off)))
    }

    fn undo(&self, id: &str) -> Result<Undoable, DecisionError> {
        let now = now_millis();
        let nothing = || DecisionError::NothingToUndo(id.to_owned());
        let found = {
            let mut undo = self.undoable();
            let is_meant =
                |known: &Undoable| known.offer.id == id && now < known.offer.until + GRACE;
            let at = undo.iter().position(is_meant).ok_or_else(nothing)?;
            undo.swap_remove(at)
        };
        let server = found.server.as_str();
        let undone = self.quarantine.change(server, |record| {
            // Somebody else may have decided since.
            let is_last = record.decisions == found.decisions;
            if is_last {
                record.restore(&found.before, now);
            }
            is_last
        });
        let (is_last, _) = undone.map_err(|error| DecisionError::NotKept(error.to_string()))?;
        if !is_last {
            return Err(nothing());
        }
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
    fn announce_lists(&self, server: &str) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = slots.get(server) else {
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
    now: u64,
) -> Vec<DefinitionId> {
    match decision {
        Decision::Start { mode, .. } => {
            let launch = config.fingerprint();
            let allowed = record.allowed.as_ref();
            // Trust was given to what ran before.
            if allowed.is_some_and(|allowed| allowed.launch != launch) {
                record.mode = TrustMode::default();
            }
            record.allowed = Some(Allowed {
                launch,
                evidence: config::evidence(config),
                parts: config.parts(),
            });
            accept_mode(record, config, mode, now);
            Vec::new()
        }
        Decision::Trust { mode } => {
            accept_mode(record, config, Some(mode), now);
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

fn accept_mode(record: &mut Record, config: &ServerConfig, mode: Option<TrustMode>, now: u64) {
    if let Some(mode) = mode {
        record.mode = mode;
        let wanted = config.trust_mode().unwrap_or(mode);
        record.pass_waiting(wanted.min(mode), now);
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
