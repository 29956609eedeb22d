//! Configuration: file shapes to validated settings, JSON schema, comment-preserving edits, file watch.
//!
//! [`parse`] turns the text of the file into [`Settings`] and [`Diagnostic`](model::Diagnostic)s,
//! [`edit`] changes the text of the file and nothing but the edited key, and [`ConfigStore`] keeps
//! the last good settings live while people and programs edit the file.

mod changes;
pub mod edit;
mod entry;
mod evidence;
mod form;
pub mod import;
mod launch;
mod mask;
mod parse;
mod paths;
mod reference;
mod sandbox;
mod schema;
mod settings;
mod store;
mod template;
mod unmask;
mod write;

pub use changes::EntryChange;
pub use edit::EditError;
pub use entry::read_entry;
pub use evidence::evidence;
pub use launch::{Launch, RemoteKind, RemoteLaunch, ServerConfig, SignIn, StdioLaunch};
pub use mask::{names_secret, without_secrets};
pub use parse::{MAX_FILE_BYTES, Parsed, parse};
pub use paths::{NoHomeDirectory, Paths};
pub use reference::{Cause, KeyringError, Resolve, Unresolved};
pub use sandbox::{Container, Sandbox};
pub use schema::schema;
pub use settings::{
    ArgumentLogging, CallTools, LogLevel, LogSettings, MarkOutputs, OutputSettings, Settings,
};
pub use store::{ConfigStore, Edit, Loaded, OpenError};
pub use template::{Reference, Template};
pub use unmask::unmask;
