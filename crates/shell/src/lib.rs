//! The desktop without a toolkit.
//!
//! The gateway's snapshot becomes a [`View`]; menu, icon and notices are pure functions of it.
//! The [`Controller`] is one loop whose inputs are the variants of [`Input`]; what it does to the
//! screen goes through the trait [`Desktop`], what it asks of the gateway through [`Request`]s,
//! which [`run_link`] carries out. So every behaviour is tested without a screen.

mod action;
mod attention;
mod clock;
mod controller;
mod desktop;
mod icon;
mod install_link;
mod link;
mod menu;
mod notices;
mod recent;
mod texts;
mod update;
mod view;

#[cfg(test)]
mod testing;

pub use action::Action;
pub use clock::Clock;
pub use controller::{Controller, Leave, run};
pub use desktop::{CannotCopy, Desktop};
pub use icon::{Badge, Icon, Ink};
pub use install_link::{InstallLink, RefusedLink};
pub use link::{Input, LinkState, Request, run_link};
pub use menu::{Entry, Menu};
pub use notices::{Notice, NoticeKind};
pub use texts::Texts;
pub use update::{Channel, Origin, Update, look_for_update};
pub use view::View;
