//! The tray as a `StatusNotifierItem` with a `com.canonical.dbusmenu`.
//!
//! Not through `tray-icon`, whose menus are those of `muda`: Tauri switches muda to GTK for the
//! whole package, so the tray would link GTK for nothing. Nothing here depends on clicks on the
//! icon itself, which some panels do not deliver; everything is in the menu.

use std::time::Duration;

use ksni::menu::{MenuItem, StandardItem, SubMenu};
use ksni::{OfflineReason, ToolTip, Tray, TrayMethods as _};
use shell::{Action, Entry, Icon, Ink, Input};
use tokio::sync::{mpsc, watch};

use crate::screen::Look;

/// Panels draw icons at these sizes, from low to high resolution.
const SIZES: [u8; 6] = [16, 22, 24, 32, 48, 64];
/// A panel that is away no longer than this is only being restarted, or still on its way up.
const GRACE: Duration = Duration::from_secs(5);

/// Shows the tray for as long as there is something to show.
pub(crate) async fn keep(mut look: watch::Receiver<Look>, inputs: mpsc::Sender<Input>) {
    let (seen, is_seen) = watch::channel(true);
    tokio::select! {
        () = show(&mut look, &inputs, &seen) => {}
        () = tell(is_seen, &inputs) => {}
    }
}

async fn show(
    look: &mut watch::Receiver<Look>,
    inputs: &mpsc::Sender<Input>,
    seen: &watch::Sender<bool>,
) {
    loop {
        let item = Item::new(look.borrow_and_update().clone(), inputs, seen);
        // Registers as soon as there is a panel, also where there is none yet.
        match item.assume_sni_available(true).spawn().await {
            Ok(handle) => loop {
                if look.changed().await.is_err() {
                    handle.shutdown().await;
                    return;
                }
                let new = look.borrow_and_update().clone();
                if handle.update(|item| item.set(new)).await.is_none() {
                    break;
                }
            },
            Err(error) => tracing::warn!(%error, "the tray could not be shown"),
        }
        seen.send_replace(false);
        tokio::time::sleep(GRACE).await;
    }
}

/// Tells the shell when the tray is gone for good, and when it is back.
async fn tell(mut is_seen: watch::Receiver<bool>, inputs: &mpsc::Sender<Input>) {
    let mut told = true;
    loop {
        let now = *is_seen.borrow_and_update();
        if now == told {
            if is_seen.changed().await.is_err() {
                return;
            }
            continue;
        }
        if !now {
            let back = is_seen.wait_for(|seen| *seen);
            if tokio::time::timeout(GRACE, back).await.is_ok() {
                continue;
            }
        }
        told = now;
        if inputs.send(Input::Tray(now)).await.is_err() {
            return;
        }
    }
}

/// The item in the tray.
struct Item {
    look: Look,
    pixmaps: Vec<ksni::Icon>,
    inputs: mpsc::Sender<Input>,
    seen: watch::Sender<bool>,
}

impl Item {
    fn new(look: Look, inputs: &mpsc::Sender<Input>, seen: &watch::Sender<bool>) -> Self {
        seen.send_replace(true);
        Self {
            pixmaps: pixmaps(look.icon),
            look,
            inputs: inputs.clone(),
            seen: seen.clone(),
        }
    }

    fn set(&mut self, look: Look) {
        if look.icon != self.look.icon {
            self.pixmaps = pixmaps(look.icon);
        }
        self.look = look;
    }

    fn choose(&self, action: Action) {
        // Who clicks faster than the shell follows clicks again.
        let _ = self.inputs.try_send(Input::Chosen(action));
    }
}

impl Tray for Item {
    fn id(&self) -> String {
        "toolgate".to_owned()
    }

    fn title(&self) -> String {
        "Toolgate".to_owned()
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.pixmaps.clone()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: "Toolgate".to_owned(),
            description: self.look.tooltip.clone(),
            ..ToolTip::default()
        }
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        entries(&self.look.menu.0)
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.choose(Action::Open("/".to_owned()));
    }

    fn watcher_online(&self) {
        self.seen.send_replace(true);
    }

    fn watcher_offline(&self, _reason: OfflineReason) -> bool {
        self.seen.send_replace(false);
        // Goes on, so that the item registers itself with the next panel.
        true
    }
}

fn entries(entries: &[Entry]) -> Vec<MenuItem<Item>> {
    entries.iter().map(entry).collect()
}

fn entry(entry: &Entry) -> MenuItem<Item> {
    match entry {
        Entry::Separator => MenuItem::Separator,
        Entry::Heading(text) => StandardItem {
            label: label(text),
            enabled: false,
            ..StandardItem::default()
        }
        .into(),
        Entry::Item(text, action) => {
            let action = action.clone();
            StandardItem {
                label: label(text),
                activate: Box::new(move |item: &mut Item| item.choose(action.clone())),
                ..StandardItem::default()
            }
            .into()
        }
        Entry::More(text, more) => SubMenu {
            label: label(text),
            submenu: entries(more),
            ..SubMenu::default()
        }
        .into(),
    }
}

/// A single underscore would mark an access key.
fn label(text: &str) -> String {
    text.replace('_', "__")
}

fn pixmaps(icon: Icon) -> Vec<ksni::Icon> {
    SIZES.iter().map(|size| pixmap(icon, *size)).collect()
}

fn pixmap(icon: Icon, size: u8) -> ksni::Icon {
    let mut data = icon.pixels(size.into(), Ink::Colour);
    for pixel in data.chunks_exact_mut(4) {
        // The specification wants opacity first.
        pixel.rotate_right(1);
    }
    ksni::Icon {
        width: size.into(),
        height: size.into(),
        data,
    }
}
