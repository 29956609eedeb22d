//! Variables that make a loader run other code. They are handed to the helper under another name,
//! so that nothing of the server's runs in it, and get their own name back last.

use std::ffi::{OsStr, OsString};

/// How such a variable's name begins while the helper runs.
const PREFIX: &str = "TOOLGATE_LATE_";

/// Variables of the loader that have no common beginning.
const LOADER: [&str; 2] = ["GLIBC_TUNABLES", "GCONV_PATH"];

/// What a variable of the server's is called in the environment of the helper.
pub fn early_name(name: &OsStr) -> OsString {
    let text = name.to_string_lossy();
    let is_late = text.starts_with("LD_") || text.starts_with("DYLD_") || LOADER.contains(&&*text);
    if is_late {
        format!("{PREFIX}{text}").into()
    } else {
        name.to_owned()
    }
}

/// The own name of a variable that was renamed.
#[cfg_attr(not(unix), allow(dead_code))]
pub(crate) fn own_name(name: &OsStr) -> Option<String> {
    let text = name.to_str()?;
    text.strip_prefix(PREFIX).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_loader_run_other_code_comes_late() {
        for name in [
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "DYLD_INSERT_LIBRARIES",
            "GLIBC_TUNABLES",
        ] {
            let early = early_name(OsStr::new(name));
            assert_ne!(early, name);
            assert_eq!(own_name(&early).as_deref(), Some(name));
        }
        for name in ["PATH", "OLD_VALUE"] {
            assert_eq!(early_name(OsStr::new(name)), name);
            assert_eq!(own_name(OsStr::new(name)), None);
        }
    }
}
