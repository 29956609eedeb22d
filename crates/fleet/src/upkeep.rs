//! What the keeper does besides servers: shows what happened around them, and what is due by the
//! clock.

use std::sync::Arc;
use std::time::Duration;

use model::{ActivityKind, Event, now_millis};

use crate::Inner;
use crate::snapshot::Beside;

/// Nothing waits longer than this at once, because clocks are set and machines sleep.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What the snapshot shows besides the servers, and when that changes next by itself.
pub(crate) fn look(inner: &Inner) -> (Beside, Option<u64>) {
    let now = now_millis();
    let rule = inner.config.current().settings.tokens;
    inner.tokens.tidy(now, rule);
    let (clients, lapse) = inner.clients.status(now);
    let beside = Beside {
        clients,
        tokens: inner.tokens.list(),
        token_rule: rule,
        recent: inner.activity.last_calls(),
        pause: inner.pause.now(now),
        review: inner.to_review(),
        desktop: inner.desktop.is_attached(),
        today: inner.stats.today(),
    };
    let tokens = inner.tokens.due(now);
    let due = [lapse, tokens, inner.pause.due(), inner.stats.due()];
    (beside, due.into_iter().flatten().min())
}

/// Waits until a time in Unix milliseconds, or for ever.
pub(crate) async fn until(due: Option<u64>) {
    let Some(due) = due else {
        return std::future::pending().await;
    };
    let left = Duration::from_millis(due.saturating_sub(now_millis()));
    tokio::time::sleep(left.min(LONGEST_WAIT)).await;
}

/// Does what is due now.
pub(crate) async fn run(inner: &Arc<Inner>) {
    let (inner, now) = (Arc::clone(inner), now_millis());
    let work = tokio::task::spawn_blocking(move || {
        inner.pause.tidy(now);
        inner.stats.save(now);
        inner.tokens.save();
    });
    // It is cancelled only while the process shuts down.
    let _ = work.await;
}

/// Does what would be due later, because there is no later.
pub(crate) async fn finish(inner: &Arc<Inner>) {
    let inner = Arc::clone(inner);
    let work = tokio::task::spawn_blocking(move || {
        inner.stats.save(u64::MAX);
        inner.tokens.save();
    });
    let _ = work.await;
}

/// Words for states that only lead to others.
const PASSING: [&str; 2] = ["starting", "stopping"];

/// Records a server's coming up and going down.
pub(crate) fn note(inner: &Inner, event: &Event) {
    if let Event::ServerState {
        server,
        state,
        problem,
    } = event
        && !PASSING.contains(&state.as_str())
    {
        let text = match problem {
            Some(problem) => format!("{state}: {}", problem.message),
            None => state.clone(),
        };
        inner.note(ActivityKind::Server, server, None, text);
    }
}
