//! Desktop shells that are attached, and what they are asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::Event;
use tokio::sync::Notify;

use crate::Fleet;

/// No desktop shell is attached that could open a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no desktop shell is attached")]
pub struct NoDesktop;

impl Fleet {
    /// A desktop shell follows the events; it is attached until the result is dropped.
    #[must_use]
    pub fn attach_desktop(&self) -> Attached {
        let desktop = &self.0.desktop;
        desktop.attached.fetch_add(1, Ordering::Relaxed);
        self.0.changed.notify_one();
        Attached {
            desktop: Arc::clone(desktop),
            changed: Arc::clone(&self.0.changed),
        }
    }

    /// Asks the attached shells to show the window with this screen.
    pub fn open_window(&self, path: String) -> Result<(), NoDesktop> {
        if !self.0.desktop.is_attached() {
            return Err(NoDesktop);
        }
        self.report(Event::OpenWindow { path });
        Ok(())
    }
}

/// A desktop shell that is attached.
#[derive(Debug)]
pub struct Attached {
    desktop: Arc<Desktop>,
    changed: Arc<Notify>,
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.desktop.attached.fetch_sub(1, Ordering::Relaxed);
        self.changed.notify_one();
    }
}

/// How many shells are attached.
#[derive(Debug, Default)]
pub(crate) struct Desktop {
    attached: AtomicUsize,
}

impl Desktop {
    pub(crate) fn is_attached(&self) -> bool {
        self.attached.load(Ordering::Relaxed) > 0
    }
}
