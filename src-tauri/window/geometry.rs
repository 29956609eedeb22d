//! Size and position of the window, kept from one time to the next.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Width and height of a window that was never opened before, in logical pixels.
pub(crate) const SIZE: [f64; 2] = [1100.0, 760.0];
/// The smallest width and height.
pub(crate) const SMALLEST: [f64; 2] = [400.0, 500.0];
/// Nobody has a larger screen; a file that says so is damaged.
const LARGEST: f64 = 32_768.0;

/// Where a window lies, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Geometry {
    pub(crate) size: [f64; 2],
    /// Left and top; absent where the system does not tell.
    pub(crate) position: Option<[f64; 2]>,
}

impl Default for Geometry {
    fn default() -> Self {
        Self {
            size: SIZE,
            position: None,
        }
    }
}

impl Geometry {
    /// What was kept last; the usual one if there is none or it makes no sense.
    pub(crate) fn read(file: &Path) -> Self {
        let kept = fs::read(file).ok();
        let kept = kept.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        kept.filter(|kept| kept.makes_sense()).unwrap_or_default()
    }

    /// Keeps it for the next time; a window that cannot is still a window.
    pub(crate) fn write(self, file: &Path) {
        let Ok(text) = serde_json::to_vec(&self) else {
            return;
        };
        let _ = file.parent().map(fs::create_dir_all);
        let _ = fs::write(file, text);
    }

    fn makes_sense(self) -> bool {
        let large_enough = self
            .size
            .iter()
            .zip(SMALLEST)
            .all(|(side, least)| *side >= least);
        let all = self
            .size
            .into_iter()
            .chain(self.position.into_iter().flatten());
        large_enough && all.into_iter().all(|value| value.abs() <= LARGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state").join("window.json");
        assert_eq!(Geometry::read(&file), Geometry::default());
        let kept = Geometry {
            size: [800.0, 600.0],
            position: Some([-20.0, 30.0]),
        };
        kept.write(&file);
        assert_eq!(Geometry::read(&file), kept);
    }

    #[test]
    fn nonsense_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("window.json");
        let nonsense = [
            "",
            "{}",
            r#"{"size":[10,10],"position":null}"#,
            r#"{"size":[1e9,600],"position":null}"#,
            r#"{"size":[800,600],"position":[1e9,0]}"#,
        ];
        for text in nonsense {
            fs::write(&file, text).expect("writes");
            assert_eq!(Geometry::read(&file), Geometry::default(), "{text}");
        }
    }
}
