//! One small value in one JSON file, replaced as a whole.

use std::fs;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::atomic;

/// What lay in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// There is no such file.
    Nothing,
    /// The value.
    Value(T),
    /// Something that cannot be understood; it now lies in `<path>.damaged`.
    Damaged,
}

/// A file that holds one value; only the user can read it. Calls block for one small write.
#[derive(Debug)]
pub struct Facts<T> {
    path: PathBuf,
    /// Writes happen one after the other, in the order in which they were asked for.
    turn: Mutex<()>,
    holds: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Facts<T> {
    /// Reads `path`, if it exists; creates its directory, readable by the user only.
    pub fn open(path: &Path) -> io::Result<(Self, Found<T>)> {
        if let Some(dir) = path.parent() {
            atomic::private_dir(dir)?;
        }
        let facts = Self {
            path: path.to_owned(),
            turn: Mutex::default(),
            holds: PhantomData,
        };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((facts, Found::Nothing));
            }
            Err(error) => return Err(error),
        };
        let found = match serde_json::from_slice(&bytes) {
            Ok(value) => Found::Value(value),
            Err(error) => {
                let aside = atomic::set_aside(path)?;
                tracing::warn!(
                    file = %path.display(), moved_to = %aside.display(), %error,
                    "this file cannot be understood and was moved aside"
                );
                Found::Damaged
            }
        };
        Ok((facts, found))
    }

    /// Replaces the value, durably when it returns.
    pub fn put(&self, value: &T) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        atomic::write(&self.path, &[&serde_json::to_vec_pretty(value)?])
    }

    /// Removes the file; one that is not there is fine.
    pub fn clear(&self) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_survives_and_can_be_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state").join("pause.json");
        let (facts, found) = Facts::<Vec<u8>>::open(&path).unwrap();
        assert_eq!(found, Found::Nothing);
        facts.put(&vec![1, 2]).unwrap();
        facts.put(&vec![3]).unwrap();
        let (_, found) = Facts::<Vec<u8>>::open(&path).unwrap();
        assert_eq!(found, Found::Value(vec![3]));
        facts.clear().unwrap();
        facts.clear().unwrap();
        assert_eq!(Facts::<Vec<u8>>::open(&path).unwrap().1, Found::Nothing);
    }

    #[test]
    fn what_is_damaged_is_told_apart_from_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pause.json");
        for damage in ["", "[1", "{}"] {
            fs::write(&path, damage).unwrap();
            let (_, found) = Facts::<Vec<u8>>::open(&path).unwrap();
            assert_eq!(found, Found::Damaged);
            assert_eq!(
                fs::read_to_string(dir.path().join("pause.json.damaged")).unwrap(),
                damage
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        let (facts, _) = Facts::<u8>::open(&path).unwrap();
        facts.put(&1).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
