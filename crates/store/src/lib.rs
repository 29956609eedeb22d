//! Durable facts: pages of long results, what was learned about each server's era.

mod atomic;
mod eras;
mod pages;

pub use eras::{EraMemory, Verdict};
pub use pages::{Page, PageError, PageKey, PageStore};
