//! What a person can ask for in the tray or by a notice.

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show this screen, for example `/servers/github`.
    Open(String),
    /// Show this address in the browser.
    Browse(String),
    /// Begin to sign in to this server.
    SignIn(String),
    /// Let no call through for so many minutes, or until resumed.
    Pause(Option<u32>),
    /// Let calls through again.
    Resume,
    /// Put this text on the clipboard.
    Copy(String),
    /// End the application.
    Quit,
}

impl Action {
    /// Shows one server; its name may hold anything.
    pub(crate) fn server(name: &str) -> Self {
        let segment: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        // A form writes a space as a plus sign, which is itself in a path.
        Self::Open(format!("/servers/{}", segment.replace('+', "%20")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_stays_one_segment_of_the_path() {
        let path = |name| Action::server(name);
        assert_eq!(path("github"), Action::Open("/servers/github".to_owned()));
        assert_eq!(path("a b/c"), Action::Open("/servers/a%20b%2Fc".to_owned()));
    }
}
