//! Owns a server's process until nothing of it is left.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::reaper::sweep_start;

/// After its input has ended, a server has this long to end by itself.
const GRACE_AFTER_EOF: Duration = Duration::from_secs(3);
/// After being asked to end, this long before it is killed.
const GRACE_AFTER_TERM: Duration = Duration::from_secs(2);

/// How a process ended; without a status if the system would not tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct End(pub(super) Option<ExitStatus>);

/// Tells when, and how, a process has ended with everything it started.
pub(super) type Ended = watch::Receiver<Option<End>>;

/// Owns the child until nothing of it is left.
pub(super) struct Keeper {
    pub(super) child: Box<dyn ChildWrapper>,
    pub(super) pid: u32,
    /// What every process of this start carries in its environment.
    pub(super) mark: String,
    pub(super) context: Arc<Context>,
    /// The temporary folder of its own.
    pub(super) scratch: Option<PathBuf>,
}

impl Keeper {
    /// Waits for the process to end, or ends it in order once `stop` says so.
    pub(super) async fn keep(mut self, stop: CancellationToken, exit: watch::Sender<Option<End>>) {
        let status = tokio::select! {
            status = self.child.wait() => status.ok(),
            () = stop.cancelled() => self.end().await,
        };
        self.clear().await;
        exit.send_replace(Some(End(status)));
    }

    /// Waits after the end of input, then asks the group to end, then kills it.
    async fn end(&mut self) -> Option<ExitStatus> {
        if let Ok(status) = tokio::time::timeout(GRACE_AFTER_EOF, self.child.wait()).await {
            return status.ok();
        }
        self.terminate();
        if let Ok(status) = tokio::time::timeout(GRACE_AFTER_TERM, self.child.wait()).await {
            return status.ok();
        }
        let _ = self.child.start_kill();
        self.child.wait().await.ok()
    }

    #[cfg(unix)]
    fn terminate(&self) {
        let _ = self.child.signal(rustix::process::Signal::TERM.as_raw());
    }

    #[cfg(not(unix))]
    fn terminate(&self) {
        // Windows has no request to end for console programs without a console.
    }

    /// Ends what the process left behind in its group, and on Linux also outside of it.
    async fn clear(&mut self) {
        let _ = self.child.start_kill();
        if let Some(reaper) = self.context.reaper() {
            reaper.forget(self.pid);
        }
        let mark = std::mem::take(&mut self.mark);
        let scratch = self.scratch.take();
        let sweep = move || {
            sweep_start(&mark);
            if let Some(scratch) = scratch {
                // What cannot be removed now is removed when the gateway starts next.
                let _ = std::fs::remove_dir_all(scratch);
            }
        };
        let _ = tokio::task::spawn_blocking(sweep).await;
    }
}
