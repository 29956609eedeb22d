//! The index of all servers' tools: changed server by server, searched at any time.

use std::cmp::Reverse;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::doc::{Hit, ServerTools, ToolDoc};
use crate::piece::Piece;
use crate::schema::Layout;
use crate::snapshot::Snapshot;

/// Why the index could not be changed. It stays as it was.
#[derive(Debug, thiserror::Error)]
#[error("the tool index cannot be changed: {0}")]
pub struct IndexError(#[from] tantivy::TantivyError);

/// The tools of all servers, ready to be searched.
///
/// Changes block their caller for milliseconds and are visible when they return; searches never
/// wait for a change. Nothing runs in the background.
pub struct ToolIndex {
    layout: Layout,
    /// Changes happen one at a time.
    changing: Mutex<()>,
    snapshot: RwLock<Arc<Snapshot>>,
}

impl ToolIndex {
    /// An index without tools.
    pub fn new() -> Self {
        let layout = Layout::new();
        let empty = Arc::new(Snapshot::new(&layout, Vec::new()));
        Self {
            layout,
            changing: Mutex::new(()),
            snapshot: RwLock::new(empty),
        }
    }

    /// Makes `tools` the tools of this server, in place of those it had.
    pub fn replace_server(&self, server: &str, tools: &[ToolDoc<'_>]) -> Result<(), IndexError> {
        self.replace_servers(&[ServerTools { server, tools }])
    }

    /// As [`Self::replace_server`] for several servers, all of them or, on an error, none; each
    /// server stands in the batch once.
    ///
    /// Costs hardly more than one server, so that a start should be one batch.
    pub fn replace_servers(&self, batch: &[ServerTools<'_>]) -> Result<(), IndexError> {
        let _change = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_gone = |owner: &str| batch.iter().any(|server| server.server == owner);
        let current = self.snapshot();
        let mut pieces: Vec<Piece> = current
            .pieces()
            .iter()
            .map(|piece| piece.without(|tool| is_gone(&tool.server)))
            .collect();
        if batch.iter().any(|server| !server.tools.is_empty()) {
            pieces.push(Piece::build(&self.layout, batch)?);
        }
        let pieces = tidy(&self.layout, pieces)?;
        let next = Arc::new(Snapshot::new(&self.layout, pieces));
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// Removes all tools of a server; one that has none is no error.
    pub fn remove_server(&self, server: &str) -> Result<(), IndexError> {
        self.replace_server(server, &[])
    }

    /// The best tools for a query in any words, best first, at most `limit`; `server` limits
    /// the search to the server of that name.
    ///
    /// A tool whose id or name is the whole query comes first. A query without any word, or of
    /// words like "the" only, finds nothing else. Equal scores are ordered by id.
    pub fn search(&self, query: &str, limit: usize, server: Option<&str>) -> Vec<Hit> {
        let hits = self
            .snapshot()
            .search(self.layout.analyzer(), query, limit, server);
        // The postings are in memory, where reading fails only by a defect of the index.
        hits.inspect_err(|error| tracing::error!(%error, "the tool index cannot be read"))
            .unwrap_or_default()
    }

    /// How many tools there are.
    pub fn len(&self) -> usize {
        self.snapshot().len()
    }

    /// Whether there is no tool.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Default for ToolIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ToolIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolIndex")
            .field("tools", &self.len())
            .finish_non_exhaustive()
    }
}

/// Drops what is empty, rewrites what is mostly removed, and merges what is small.
///
/// A search looks every term up in every piece. Merging the smallest while they add up to half
/// of the next larger one leaves a number of pieces that grows with the logarithm of the number
/// of tools, and rewrites each tool as rarely.
fn tidy(layout: &Layout, mut pieces: Vec<Piece>) -> tantivy::Result<Vec<Piece>> {
    pieces.retain(|piece| piece.alive() > 0);
    pieces.sort_by_key(|piece| Reverse(piece.alive()));
    let mut small = pieces.len();
    let mut total = 0;
    while small > 0 && pieces[small - 1].alive() <= 2 * total.max(1) {
        small -= 1;
        total += pieces[small].alive();
    }
    let rest = pieces.split_off(small);
    if rest.len() > 1 {
        pieces.push(Piece::merge(layout, &rest)?);
    } else {
        pieces.extend(rest);
    }
    pieces
        .into_iter()
        .map(|piece| rewrite_if_sparse(layout, piece))
        .collect()
}

fn rewrite_if_sparse(layout: &Layout, piece: Piece) -> tantivy::Result<Piece> {
    let removed = piece.tools().len() - piece.alive();
    if removed > piece.alive() {
        Piece::merge(layout, &[piece])
    } else {
        Ok(piece)
    }
}
