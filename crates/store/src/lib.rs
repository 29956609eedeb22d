//! Durable facts: pages of long results, what was learned about each server's era, journals of what
//! happened, single values.

mod atomic;
mod eras;
mod facts;
mod journal;
mod pages;

pub use atomic::refuse_links;
pub use eras::{EraMemory, Verdict};
pub use facts::{Facts, Found};
pub use journal::Journal;
pub use pages::{Page, PageError, PageKey, PageStore};
