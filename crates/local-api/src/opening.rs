//! Files that are opened in the programs of their user.

use std::ffi::OsString;
use std::path::PathBuf;

use axum::http::StatusCode;

use crate::error::Failure;

/// Opens a file in the program that its user chose for such files. Where there is no display to
/// show it on, the answer says where the file is.
pub(crate) async fn open(path: PathBuf) -> Result<StatusCode, Failure> {
    let shown = path.display().to_string();
    if !has_display(|name| std::env::var_os(name)) {
        return Err(Failure::new(
            StatusCode::CONFLICT,
            "no-display",
            format!("The gateway runs where no window can be shown. The file is {shown}."),
            "Open it yourself.",
        ));
    }
    // It starts a program, which may take as long as a disk.
    let opened = tokio::task::spawn_blocking(move || {
        if path.exists() {
            open::that_detached(path)
        } else {
            Err(std::io::ErrorKind::NotFound.into())
        }
    });
    match opened.await {
        Ok(Ok(())) => Ok(StatusCode::NO_CONTENT),
        Ok(Err(error)) => Err(unopened(&shown, &error.to_string())),
        Err(error) => Err(unopened(&shown, &error.to_string())),
    }
}

fn unopened(path: &str, reason: &str) -> Failure {
    Failure::new(
        StatusCode::CONFLICT,
        "not-opened",
        format!("{path} could not be opened: {reason}."),
        "Open it yourself.",
    )
}

/// Whether a window could be shown; only where windows need a server can it be missing.
fn has_display(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let names = ["DISPLAY", "WAYLAND_DISPLAY"];
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || names.iter().any(is_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(any(windows, target_os = "macos")))]
    #[test]
    fn a_window_needs_a_display() {
        assert!(has_display(|name| (name == "DISPLAY").then(|| ":1".into())));
        assert!(!has_display(|_| Some(OsString::new())));
        assert!(!has_display(|_| None));
    }
}
