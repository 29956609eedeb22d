//! The one task that watches configuration and slots, and publishes what follows from them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use config::{Loaded, Settings};
use index::{ServerTools, ToolDoc};
use model::{Event, Problem, ProblemCode, ServerName, ServerState, shared_slugs};
use scan::Neighbours;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use upstream::ToolDefinition;
use wire::RawObject;

use crate::Inner;
use crate::catalog::{Catalog, CatalogServer, Tool, name_tools, offers_tools};
use crate::quarantine::{Listed, Sifted};
use crate::slot::{Plan, Slot, View, Views};
use crate::upkeep::until;
use crate::{snapshot, upkeep};

/// Changes that come within this time are published together.
const COALESCE: Duration = Duration::from_millis(20);

/// Counts of calls are published at most this often.
const COUNT_PACE: Duration = Duration::from_secs(1);

/// What the keeper remembers between rounds.
struct Memory {
    /// The configuration as last published.
    loaded: Arc<Loaded>,
    slugs: BTreeMap<ServerName, String>,
    /// The tools last named and indexed, by server.
    offered: BTreeMap<ServerName, Offered>,
    standing: Standing,
    /// What of each server's lists clients may see.
    sifted: BTreeMap<ServerName, (Listed, Sifted)>,
    /// Slots that were closed and may not have ended yet, by the server that had them.
    leaving: BTreeMap<ServerName, CancellationToken>,
}

/// Where the servers stood when the catalogue was last published: their states, how openly they are
/// trusted, and by which decisions they were sifted.
#[derive(Default)]
struct Standing(Vec<(ServerName, ServerState, bool, u64)>);

impl Standing {
    /// Takes note of how they stand now, and tells whether any stands otherwise.
    fn update(&mut self, views: &Views) -> bool {
        let stands = |(name, view): (&ServerName, &View)| {
            let is_open = view.trust.is_open();
            (name.clone(), view.state.clone(), is_open, view.version)
        };
        let now: Vec<_> = views.iter().map(stands).collect();
        let changed = now != self.0;
        self.0 = now;
        changed
    }
}

/// One server's tools as last named.
struct Offered {
    /// The very list they were named from: another one is at another address.
    source: Arc<[ToolDefinition]>,
    slug: String,
    tools: Vec<Arc<Tool>>,
}

/// Follows until the fleet stops.
pub(crate) async fn run(inner: &Arc<Inner>) {
    let mut memory = Memory::new(Arc::clone(&inner.loaded_first));
    let mut config = inner.config.subscribe();
    loop {
        let loaded = config.borrow_and_update().clone();
        memory.slugs = shared_slugs(loaded.settings.servers.keys());
        apply(inner, &loaded.settings, &mut memory);
        loop {
            let due = publish(inner, &mut memory).await;
            let counted = async {
                inner.counted.notified().await;
                tokio::time::sleep(COUNT_PACE).await;
            };
            tokio::select! {
                () = inner.changed.notified() => tokio::time::sleep(COALESCE).await,
                () = counted => {}
                () = until(due) => upkeep::run(inner).await,
                () = inner.replan.notified() => break,
                changed = config.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return upkeep::finish(inner).await,
                },
                () = inner.stop.cancelled() => return upkeep::finish(inner).await,
            }
        }
    }
}

/// Brings the slots in line with the settings; slots whose configuration is the same are not
/// touched. A server that gets another slug gets another slot, because its processes carry it.
fn apply(inner: &Inner, settings: &Settings, memory: &mut Memory) {
    let mut slots = inner.slots.lock().unwrap_or_else(PoisonError::into_inner);
    let mut old = std::mem::take(&mut *slots);
    let Memory { slugs, leaving, .. } = memory;
    old.retain(|name, slot| {
        let keep = slugs.get(name).is_some_and(|slug| slug == slot.slug());
        if !keep {
            slot.remove();
            leaving.insert(name.clone(), slot.closed());
        }
        keep
    });
    leaving.retain(|_, closed| !closed.is_cancelled());
    for (name, config) in &settings.servers {
        let may_start = inner.quarantine.may_start(config);
        let slot = if let Some(slot) = old.shift_remove(name) {
            slot.configure(config, may_start);
            slot
        } else {
            let slug = slugs.get(name).cloned().unwrap_or_default();
            let config = Arc::new(config.clone());
            let plan = Plan { config, may_start };
            Slot::open(inner, slug, plan, leaving.get(name).cloned())
        };
        slots.insert(name.clone(), slot);
    }
}

/// Publishes index and catalogue, then the snapshot: who sees a server ready can find its tools.
/// All three are drawn from one look at the slots, or they could contradict each other. Returns
/// when the snapshot changes next if nothing else happens.
async fn publish(inner: &Arc<Inner>, memory: &mut Memory) -> Option<u64> {
    let mut views = look(inner);
    memory.sift(inner, &views).await;
    for (name, view) in &mut views {
        if let Some((_, sifted)) = memory.sifted.get(name) {
            (view.tools, view.version) = (sifted.tools.len(), sifted.version);
        }
        view.trust = inner.quarantine.status(&view.config);
    }
    let changes = memory.take_note(&views);
    let unchanged = changes.is_empty();
    let counts: Vec<(String, usize)> = changes
        .iter()
        .map(|(name, tools)| (name.to_string(), tools.len()))
        .collect();
    if !unchanged {
        reindex(inner, changes).await;
    }
    if memory.standing.update(&views) || !unchanged {
        let catalog = memory.catalog(&views);
        inner.neighbours.store(Arc::new(neighbours(&catalog)));
        inner.catalog.store(Arc::new(catalog));
    }
    for (name, (_, sifted)) in &memory.sifted {
        inner.quarantine.note_shown(name.as_str(), sifted.version);
    }

    let last = inner.snapshot.borrow().clone();
    let lists = counts
        .into_iter()
        .map(|(server, tools)| Event::ToolsChanged { server, tools });
    let reloaded = memory.reload(inner.config.current());
    let loaded = &memory.loaded;
    let reloaded = reloaded.then(|| Event::ConfigReloaded {
        ok: !loaded.status.has_errors(),
    });
    let (beside, due) = upkeep::look(inner);
    let mut next = snapshot::next(&last, &views, &memory.slugs, loaded, beside);
    inner.sign_ins.show(&mut next.servers);
    let next = Arc::new(next);
    let news = snapshot::news(&last, &next);
    inner.snapshot.send_replace(next);
    for event in &news {
        upkeep::note(inner, event);
    }
    for event in reloaded.into_iter().chain(lists).chain(news) {
        let _ = inner.events.send(event);
    }
    due
}

fn look(inner: &Inner) -> Views {
    let slots = inner.slots.lock().unwrap_or_else(PoisonError::into_inner);
    slots
        .iter()
        .map(|(name, slot)| (name.clone(), slot.view()))
        .collect()
}

impl Memory {
    fn new(loaded: Arc<Loaded>) -> Self {
        Self {
            loaded,
            slugs: BTreeMap::new(),
            offered: BTreeMap::new(),
            standing: Standing::default(),
            sifted: BTreeMap::new(),
            leaving: BTreeMap::new(),
        }
    }

    /// Takes note of the configuration that is live, and tells whether it was read anew.
    fn reload(&mut self, loaded: Arc<Loaded>) -> bool {
        let anew = !Arc::ptr_eq(&self.loaded, &loaded);
        self.loaded = loaded;
        anew
    }

    /// Names the tools of servers whose list is another than last time, and returns these servers
    /// with what is to be indexed of them.
    fn take_note(&mut self, views: &Views) -> Vec<(ServerName, Vec<Arc<Tool>>)> {
        let mut changes = Vec::new();
        let gone: Vec<ServerName> = self
            .offered
            .keys()
            .filter(|name| !views.contains_key(*name))
            .cloned()
            .collect();
        for name in gone {
            self.offered.remove(&name);
            changes.push((name, Vec::new()));
        }
        for (name, view) in views {
            let source = match self.sifted.get(name) {
                Some((_, sifted)) if offers_tools(&view.state) => Arc::clone(&sifted.tools),
                _ => Arc::default(),
            };
            let slug = self.slugs.get(name).cloned().unwrap_or_default();
            let known = self.offered.get(name);
            let same = known.is_some_and(|known| {
                known.slug == slug
                    && (Arc::ptr_eq(&known.source, &source)
                        || (known.source.is_empty() && source.is_empty()))
            });
            if same {
                continue;
            }
            let tools = name_tools(name, &slug, &source);
            let before = known.map_or(&[][..], |known| &known.tools);
            // A server that came back with the tools it had is no news.
            if !are_same(before, &tools) {
                changes.push((name.clone(), tools.clone()));
            }
            self.offered.insert(
                name.clone(),
                Offered {
                    source,
                    slug,
                    tools,
                },
            );
        }
        changes
    }

    /// Has what servers list anew looked at, off the async threads: it is computation and a write.
    async fn sift(&mut self, inner: &Arc<Inner>, views: &Views) {
        self.sifted.retain(|name, _| views.contains_key(name));
        for (name, view) in views {
            let Some(status) = &view.status else {
                // What it had may have been blocked by the time it is back.
                self.sifted.remove(name);
                continue;
            };
            let known = self.sifted.get(name);
            let listed = match known {
                // Before it is ready, its lists are not what it has.
                _ if view.state.is_ready() => Listed::of(status),
                Some((last, _)) => last.clone(),
                None => continue,
            };
            let same = known.is_some_and(|(last, sifted)| {
                last.is(&listed) && sifted.version == inner.quarantine.version(name.as_str())
            });
            if same {
                continue;
            }
            let (worker, config, list) =
                (Arc::clone(inner), Arc::clone(&view.config), listed.clone());
            let sifted = tokio::task::spawn_blocking(move || worker.sift(&config, &list)).await;
            // What could not be looked at is not shown.
            let sifted = sifted.unwrap_or_default();
            self.sifted.insert(name.clone(), (listed, sifted));
        }
    }

    /// What clients may see of a server of which anything was approved.
    fn let_in(&self, name: &ServerName) -> Option<&Sifted> {
        let (_, sifted) = self.sifted.get(name)?;
        sifted.is_let_in.then_some(sifted)
    }

    fn catalog(&self, views: &Views) -> Catalog {
        let server = |(name, view): (&ServerName, &View)| CatalogServer {
            name: name.clone(),
            slug: self.slugs.get(name).cloned().unwrap_or_default(),
            state: if view.trust.is_open() {
                view.state.clone()
            } else {
                held_back(&view.state.without_words())
            },
            instructions: self
                .let_in(name)
                .and_then(|sifted| sifted.instructions.clone()),
            capabilities: match (&view.status, self.let_in(name)) {
                (Some(status), Some(_)) => Arc::clone(&status.capabilities),
                (Some(status), None) => Arc::new(bare(&status.capabilities)),
                (None, _) => Arc::default(),
            },
            beside_tools: match (&view.status, self.let_in(name)) {
                (Some(status), Some(_)) => Arc::clone(&status.beside_tools),
                _ => Arc::default(),
            },
            tools: self
                .offered
                .get(name)
                .map(|offered| offered.tools.clone())
                .unwrap_or_default(),
        };
        Catalog::new(views.iter().map(server).collect())
    }
}

/// The tools of all servers, by name.
fn neighbours(catalog: &Catalog) -> Neighbours {
    Neighbours::new(catalog.servers().iter().map(|server| {
        let tools = server.tools.iter();
        let names = tools.map(|tool| tool.definition.name.as_str());
        (server.name.as_str(), names)
    }))
}

/// The state as clients hear of it while nothing of a server is let in.
fn held_back(state: &ServerState) -> ServerState {
    match state {
        ServerState::Ready => ServerState::NeedsPerson {
            problem: Problem::new(
                ProblemCode::Held,
                "Nothing of it has been let in yet.",
                "Ask the user to review it, in the tray, in the window, or with: toolgate review",
            ),
        },
        other => other.clone(),
    }
}

/// The capabilities that the protocol knows, without what the server says about them.
fn bare(capabilities: &RawObject) -> RawObject {
    let mut bare = RawObject::default();
    for key in ["tools", "prompts", "resources", "completions", "logging"] {
        if capabilities.get(key).is_some() {
            bare.set(key, RawObject::default().to_raw());
        }
    }
    bare
}

/// Whether two lists offer the same tools under the same names.
fn are_same(before: &[Arc<Tool>], after: &[Arc<Tool>]) -> bool {
    let pairs = || before.iter().zip(after);
    before.len() == after.len()
        && pairs().all(|(a, b)| {
            a.id == b.id && a.definition.definition.get() == b.definition.definition.get()
        })
}

/// Indexes off the async threads: it is computation, and may take a while with thousands of tools.
async fn reindex(inner: &Arc<Inner>, changes: Vec<(ServerName, Vec<Arc<Tool>>)>) {
    let inner = Arc::clone(inner);
    let indexed = tokio::task::spawn_blocking(move || index_all(&inner, &changes)).await;
    match indexed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the tools could not be indexed"),
        Err(error) => tracing::error!(%error, "indexing the tools failed"),
    }
}

fn index_all(
    inner: &Inner,
    changes: &[(ServerName, Vec<Arc<Tool>>)],
) -> Result<(), index::IndexError> {
    let schemas: Vec<Vec<Option<Value>>> = changes
        .iter()
        .map(|(_, tools)| tools.iter().map(|tool| input_schema(tool)).collect())
        .collect();
    let docs: Vec<Vec<ToolDoc<'_>>> = changes
        .iter()
        .zip(&schemas)
        .map(|((_, tools), schemas)| {
            tools
                .iter()
                .zip(schemas)
                .map(|(tool, schema)| doc(tool, schema.as_ref()))
                .collect()
        })
        .collect();
    let batch: Vec<ServerTools<'_>> = changes
        .iter()
        .zip(&docs)
        .map(|((name, _), tools)| ServerTools {
            server: name.as_str(),
            tools,
        })
        .collect();
    inner.index.replace_servers(&batch)
}

fn doc<'a>(tool: &'a Tool, input_schema: Option<&'a Value>) -> ToolDoc<'a> {
    ToolDoc {
        id: &tool.id,
        server: tool.server.as_str(),
        server_title: None,
        name: &tool.definition.name,
        title: tool.definition.title.as_deref(),
        description: &tool.definition.description,
        input_schema,
    }
}

fn input_schema(tool: &Tool) -> Option<Value> {
    RawObject::parse(&tool.definition.definition)?.get_as("inputSchema")
}
