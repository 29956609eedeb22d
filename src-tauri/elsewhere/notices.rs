//! Notices by the system, each waited for on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use notify_rust::Notification;
use shell::{Input, Notice};
use tokio::sync::mpsc;

/// So many notices can be waited for at a time; further ones are shown without a button.
const MOST: usize = 8;

/// Shows notices for as long as there are any to come.
pub(crate) async fn keep(mut notices: mpsc::Receiver<Notice>, inputs: mpsc::Sender<Input>) {
    let waiting = Arc::new(AtomicUsize::new(0));
    while let Some(notice) = notices.recv().await {
        let (inputs, waiting) = (inputs.clone(), Arc::clone(&waiting));
        let can_wait = waiting.fetch_add(1, Ordering::Relaxed) < MOST;
        std::thread::spawn(move || {
            if let Err(error) = show(notice, can_wait.then_some(&inputs)) {
                tracing::warn!(%error, "a notice was not shown");
            }
            waiting.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Shows a notice and, where somebody wants to know, waits for its answer.
fn show(notice: Notice, inputs: Option<&mpsc::Sender<Input>>) -> anyhow::Result<()> {
    let mut shown = Notification::new();
    shown
        .appname("Toolgate")
        .summary(&notice.title)
        .body(&notice.body);
    let (Some(inputs), Some((button, action))) = (inputs, notice.action) else {
        shown.show()?;
        return Ok(());
    };
    shown.action("act", &button);
    let mut chosen = None;
    shown.show()?.wait_for_action(|key| {
        chosen = (key != "__closed").then_some(action);
    });
    if let Some(action) = chosen {
        inputs.blocking_send(Input::Chosen(action))?;
    }
    Ok(())
}
