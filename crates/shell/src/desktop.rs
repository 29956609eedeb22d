//! What the shell needs of a desktop.

use crate::icon::Icon;
use crate::menu::Menu;
use crate::notices::Notice;

/// A desktop environment. Its methods return at once; what people do comes back as
/// [`Input`](crate::Input).
pub trait Desktop: Send {
    /// Shows this icon in the tray; `tooltip` says the same in words.
    fn set_icon(&mut self, icon: Icon, tooltip: &str);

    /// Shows this menu in the tray.
    fn set_menu(&mut self, menu: &Menu);

    /// Shows a notice with its one action.
    fn notify(&mut self, notice: &Notice);

    /// Opens the window at an address that carries a one-time code, or brings the open one there.
    fn open_window(&mut self, address: &str);

    /// Brings the open window to the front, at this screen.
    fn navigate_window(&mut self, path: &str);

    /// Closes the window if it is open.
    fn close_window(&mut self);

    /// Shows an address in the browser.
    fn browse(&mut self, address: &str);

    /// Puts a text on the clipboard.
    fn copy(&mut self, text: &str) -> Result<(), CannotCopy>;

    /// Starts the application at login, or no longer does.
    fn set_login_item(&mut self, enabled: bool);
}

/// There is no clipboard here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotCopy;
