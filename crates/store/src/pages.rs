//! Long results, kept so that a client can read them page by page.
//!
//! Each text is one file, `<key>.page`: the text in UTF-8, then a footer with the byte offset of
//! every 16,384th character. So a page out of the middle costs a seek and a bounded read, however
//! long the text is.

mod footer;
mod key;
#[cfg(test)]
mod tests;

pub use key::PageKey;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::atomic;
use footer::Footer;

/// Ends the names of our files; everything else in the directory is left alone.
const EXTENSION: &str = "page";

/// A piece of a kept text. All positions count characters (Unicode scalar values).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The piece; empty when `offset` is at or past the end.
    pub text: String,
    /// Where it begins.
    pub offset: usize,
    /// Where the next piece begins; none when this was the last.
    pub next_offset: Option<usize>,
    /// How long the whole text is.
    pub total_chars: usize,
}

/// Why a page cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The key has not the form of a key.
    #[error("`{0}` is not a cache key; a key has 32 hexadecimal digits")]
    InvalidKey(String),
    /// Nothing is kept under the key: it was never given out, or its text is gone.
    #[error("nothing is kept under this cache key; it may have expired: call the tool again")]
    Unknown,
    /// The file is not as it was written.
    #[error("the kept text is damaged; call the tool again")]
    Damaged,
    /// The file cannot be read.
    #[error("the kept text cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// A directory of kept texts, bounded in total size and in age.
///
/// All calls block on files; from async code use them through `spawn_blocking`.
#[derive(Clone, Debug)]
pub struct PageStore {
    dir: PathBuf,
    max_total_bytes: u64,
    max_age: Duration,
}

impl PageStore {
    /// Opens, and creates if needed, the directory, and removes what is too old or too much.
    pub fn open(dir: &Path, max_total_bytes: u64, max_age: Duration) -> io::Result<Self> {
        atomic::private_dir(dir)?;
        let store = Self {
            dir: dir.to_owned(),
            max_total_bytes,
            max_age,
        };
        store.sweep(0)?;
        Ok(store)
    }

    /// Keeps a text and makes room for it; the oldest texts go first.
    ///
    /// A text that alone is larger than the store is refused with
    /// [`io::ErrorKind::FileTooLarge`].
    pub fn put(&self, text: &str) -> io::Result<PageKey> {
        let footer = Footer::of(text).to_bytes();
        let size = (text.len() + footer.len()) as u64;
        if size > self.max_total_bytes {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.sweep(size)?;
        let key = PageKey::random()?;
        atomic::write(&self.path(&key), &[text.as_bytes(), &footer])?;
        Ok(key)
    }

    /// Reads at most `limit` characters, from the character `offset` on.
    ///
    /// Takes memory for at most `limit` + 16,384 characters, whatever the size of the text.
    pub fn read(&self, key: &str, offset: usize, limit: usize) -> Result<Page, PageError> {
        let key: PageKey = key.parse()?;
        let mut file = self.open_page(&key)?;
        let footer = Footer::read(&mut file)?;
        let text = footer.slice(&mut file, offset, limit)?;
        let end = offset.saturating_add(limit);
        Ok(Page {
            text,
            offset,
            next_offset: (end < footer.total_chars).then_some(end),
            total_chars: footer.total_chars,
        })
    }

    /// An expired text is unknown even before a sweep removes it.
    fn open_page(&self, key: &PageKey) -> Result<File, PageError> {
        let file = File::open(self.path(key)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => PageError::Unknown,
            _ => PageError::Io(error),
        })?;
        if self.is_expired(file.metadata()?.modified()?) {
            return Err(PageError::Unknown);
        }
        Ok(file)
    }

    fn path(&self, key: &PageKey) -> PathBuf {
        self.dir.join(key.as_str()).with_extension(EXTENSION)
    }

    fn is_expired(&self, written: SystemTime) -> bool {
        // A time in the future means that the clock was set back: not expired.
        written.elapsed().is_ok_and(|age| age > self.max_age)
    }

    /// Removes expired texts, then the oldest until `needed` bytes fit.
    fn sweep(&self, needed: u64) -> io::Result<()> {
        let mut kept = Vec::new();
        for page in self.pages()? {
            if self.is_expired(page.written) {
                remove(&page.path)?;
            } else {
                kept.push(page);
            }
        }
        kept.sort_unstable();
        let mut total: u64 = needed + kept.iter().map(|page| page.size).sum::<u64>();
        for page in kept {
            if total <= self.max_total_bytes {
                break;
            }
            remove(&page.path)?;
            total -= page.size;
        }
        Ok(())
    }

    fn pages(&self) -> io::Result<Vec<StoredPage>> {
        let mut pages = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == EXTENSION)
            {
                pages.extend(StoredPage::at(path)?);
            }
        }
        Ok(pages)
    }
}

/// A file of the store, ordered by age, the oldest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct StoredPage {
    written: SystemTime,
    path: PathBuf,
    size: u64,
}

impl StoredPage {
    /// None if the file went away since its directory was listed.
    fn at(path: PathBuf) -> io::Result<Option<Self>> {
        match fs::symlink_metadata(&path) {
            Ok(facts) => Ok(Some(Self {
                written: facts.modified()?,
                size: facts.len(),
                path,
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A file that is gone already is as good as removed.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
