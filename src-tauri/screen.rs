//! The desktop as the shell sees it: every method only hands on, to whom it concerns.

use shell::{CannotCopy, Desktop, Icon, Menu, Notice};
use tokio::sync::{mpsc, watch};

use crate::login_item;
use crate::window_process::Order;

/// What the tray shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Look {
    pub(crate) icon: Icon,
    pub(crate) tooltip: String,
    pub(crate) menu: Menu,
}

/// The ways to the parts of the desktop.
#[derive(Clone)]
pub(crate) struct Screen {
    pub(crate) look: watch::Sender<Look>,
    pub(crate) notices: mpsc::Sender<Notice>,
    pub(crate) window: mpsc::Sender<Order>,
    /// Absent where there is no clipboard.
    pub(crate) clipboard: Option<mpsc::Sender<String>>,
}

impl Desktop for Screen {
    fn set_icon(&mut self, icon: Icon, tooltip: &str) {
        self.look.send_modify(|look| {
            look.icon = icon;
            tooltip.clone_into(&mut look.tooltip);
        });
    }

    fn set_menu(&mut self, menu: &Menu) {
        self.look.send_modify(|look| look.menu = menu.clone());
    }

    fn notify(&mut self, notice: &Notice) {
        hand_on(&self.notices, notice.clone(), "a notice");
    }

    fn open_window(&mut self, address: &str) {
        hand_on(&self.window, Order::Open(address.to_owned()), "an order");
    }

    fn navigate_window(&mut self, path: &str) {
        hand_on(&self.window, Order::Go(path.to_owned()), "an order");
    }

    fn close_window(&mut self) {
        hand_on(&self.window, Order::Close, "an order");
    }

    fn browse(&mut self, address: &str) {
        if let Err(error) = open::that_detached(address) {
            tracing::warn!(%error, "the browser could not be opened");
        }
    }

    fn copy(&mut self, text: &str) -> Result<(), CannotCopy> {
        let clipboard = self.clipboard.as_ref().ok_or(CannotCopy)?;
        clipboard.try_send(text.to_owned()).map_err(|_| CannotCopy)
    }

    fn set_login_item(&mut self, enabled: bool) {
        if let Err(error) = login_item::set(enabled) {
            tracing::warn!(%error, "starting at login could not be changed");
        }
    }
}

/// A part that has fallen behind by a whole queue misses this.
fn hand_on<T>(queue: &mpsc::Sender<T>, item: T, what: &str) {
    if queue.try_send(item).is_err() {
        tracing::warn!("{what} was dropped");
    }
}
