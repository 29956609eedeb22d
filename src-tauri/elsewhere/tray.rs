//! The tray by `tray-icon`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use shell::{Action, Entry, Icon, Ink, Input};
use tokio::sync::mpsc;
use tray_icon::menu::{IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tray_icon::{TrayIcon, TrayIconBuilder};

use crate::screen::Look;

/// Twice the size of most bars, for displays of high resolution.
const SIZE: u32 = 44;
/// macOS colours the icons of its bar itself.
const INK: Ink = if cfg!(target_os = "macos") {
    Ink::Template
} else {
    Ink::Colour
};

/// What each entry of the menu does, by the entry's id.
type Actions = Arc<Mutex<BTreeMap<String, Action>>>;

/// The tray; its methods are called on the main thread only.
#[derive(Default)]
pub(crate) struct Tray {
    icon: Option<TrayIcon>,
    shown: Look,
    actions: Actions,
}

impl Tray {
    /// Shows the tray.
    pub(crate) fn build(&mut self) {
        let builder = TrayIconBuilder::new()
            .with_id("toolgate")
            .with_icon_as_template(INK == Ink::Template);
        match builder.build() {
            Ok(icon) => self.icon = Some(icon),
            Err(error) => tracing::warn!(%error, "the tray could not be shown"),
        }
    }

    /// Says from now on what people choose.
    pub(crate) fn listen(&self, inputs: mpsc::Sender<Input>) {
        let actions = Arc::clone(&self.actions);
        MenuEvent::set_event_handler(Some(move |event: MenuEvent| {
            let actions = actions.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(action) = actions.get(event.id().as_ref()) {
                // Who clicks faster than the shell follows clicks again.
                let _ = inputs.try_send(Input::Chosen(action.clone()));
            }
        }));
    }

    /// Shows what differs from before.
    pub(crate) fn set(&mut self, look: &Look) {
        let Some(tray) = &self.icon else { return };
        let set = || -> anyhow::Result<()> {
            if look.icon != self.shown.icon || self.shown.tooltip.is_empty() {
                let icon = Some(drawn(look.icon)?);
                tray.set_icon_with_as_template(icon, INK == Ink::Template)?;
            }
            if look.menu != self.shown.menu {
                let mut actions = BTreeMap::new();
                let menu = Menu::new();
                for item in items(&look.menu.0, &mut actions)? {
                    menu.append(&*item)?;
                }
                *self.actions.lock().unwrap_or_else(PoisonError::into_inner) = actions;
                tray.set_menu(Some(Box::new(menu)));
            }
            tray.set_tooltip(Some(&look.tooltip))?;
            Ok(())
        };
        match set() {
            Ok(()) => self.shown = look.clone(),
            Err(error) => tracing::warn!(%error, "the tray could not be changed"),
        }
    }
}

fn drawn(icon: Icon) -> anyhow::Result<tray_icon::Icon> {
    let pixels = icon.pixels(SIZE, INK);
    Ok(tray_icon::Icon::from_rgba(pixels, SIZE, SIZE)?)
}

fn items(
    entries: &[Entry],
    actions: &mut BTreeMap<String, Action>,
) -> anyhow::Result<Vec<Box<dyn IsMenuItem>>> {
    let mut items: Vec<Box<dyn IsMenuItem>> = Vec::new();
    for entry in entries {
        items.push(match entry {
            Entry::Separator => Box::new(PredefinedMenuItem::separator()),
            Entry::Heading(text) => Box::new(MenuItem::new(label(text), false, None)),
            Entry::Item(text, action) => {
                let item = MenuItem::new(label(text), true, None);
                actions.insert(item.id().as_ref().to_owned(), action.clone());
                Box::new(item)
            }
            Entry::More(text, more) => {
                let submenu = Submenu::new(label(text), true);
                for item in items(more, actions)? {
                    submenu.append(&*item)?;
                }
                Box::new(submenu)
            }
        });
    }
    Ok(items)
}

/// A single ampersand would mark an access key.
fn label(text: &str) -> String {
    text.replace('&', "&&")
}
