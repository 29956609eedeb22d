//! Reads what servers define and send as an attacker may have written it.
//!
//! Everything here is a pure function of its input: no clock, no chance, no files. [`hash`] and
//! [`compare`] tell whether a definition is still the one that was approved, [`scan`] and
//! [`message`] look for what is made to mislead a model, [`visible`] and [`diff`] show a person
//! what there is, [`mark`] and [`strip_hidden`] make a result safer to read.
//!
//! A scan is the second line of defence: it catches what is known to look bad. The first line is
//! that nothing unapproved reaches a client, whatever a scan says.

#[cfg(test)]
mod arbitrary;
mod canon;
mod credentials;
mod decode;
mod definition;
mod diff;
mod features;
mod glyphs;
mod hidden;
mod linear;
mod mark;
mod message;
mod pin;
mod reading;
mod report;
mod rules;
mod shadow;
mod skeleton;
mod surface;
mod views;

pub use canon::canonical;
pub use definition::{LOOKS_LIKE_AN_ATTACK, features, scan};
pub use diff::{Piece, diff};
pub use features::{DIMENSION, Features};
pub use glyphs::{strip_hidden, visible};
pub use linear::Model;
pub use mark::mark;
pub use message::message;
pub use pin::{Comparison, compare, hash, pinned};
pub use report::Report;
pub use shadow::{Neighbours, Others};
pub use skeleton::skeleton;
