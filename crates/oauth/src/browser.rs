//! Opening an address in the person's browser.

use std::io;
use std::process::{Child, Command, Stdio};

use url::{Host, Url};

/// Opens addresses where a person sees them.
pub trait Browser: Send + Sync {
    /// Opens an address, without waiting for what becomes of it. It has passed [`may_be_opened`].
    fn open(&self, url: &Url) -> io::Result<()>;
}

/// The program that the person chose for it, else the system's own choice.
#[derive(Debug, Default)]
pub struct SystemBrowser {
    command: Option<String>,
}

impl SystemBrowser {
    /// With the value of the variable `BROWSER`, where it is set: a program and its arguments,
    /// separated by spaces. `%s` stands for the address, which else comes last.
    pub fn new(command: Option<String>) -> Self {
        let command = command.filter(|command| !command.trim().is_empty());
        Self { command }
    }
}

impl Browser for SystemBrowser {
    fn open(&self, url: &Url) -> io::Result<()> {
        let Some(command) = &self.command else {
            return open::that_detached(url.as_str());
        };
        let mut arguments = arguments(command, url).into_iter();
        let program = arguments.next().unwrap_or_default();
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        std::thread::spawn(move || reap(child));
        Ok(())
    }
}

/// Takes note of the program's end, so that the system can forget it.
fn reap(mut child: Child) {
    if let Err(error) = child.wait() {
        tracing::debug!(%error, "the browser's end was missed");
    }
}

/// The words of a command with the address in its place; no shell reads them.
fn arguments(command: &str, url: &Url) -> Vec<String> {
    let mut words: Vec<String> = command
        .split_whitespace()
        .map(|word| word.replace("%s", url.as_str()))
        .collect();
    if !command.contains("%s") {
        words.push(url.to_string());
    }
    words
}

/// Whether an address may be opened, or a secret sent to it: over HTTPS, or to this machine.
pub fn may_be_opened(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("a URL")
    }

    #[test]
    fn only_safe_addresses_are_opened() {
        for good in [
            "https://host/authorize",
            "http://127.0.0.1:1/a",
            "http://localhost/",
            "http://[::1]/",
        ] {
            assert!(may_be_opened(&url(good)), "{good}");
        }
        for bad in [
            "http://host/",
            "http://127.0.0.1.evil.example/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "mailto:a@b",
            "ms-settings:x",
        ] {
            assert!(!may_be_opened(&url(bad)), "{bad}");
        }
    }

    #[test]
    fn the_address_is_one_argument_whatever_it_holds() {
        let address = url("https://host/?a=$(id)&b=';x");
        assert_eq!(
            arguments("firefox --new-tab", &address),
            ["firefox", "--new-tab", address.as_str()]
        );
        assert_eq!(
            arguments("show %s now", &address),
            ["show", address.as_str(), "now"]
        );
    }

    #[test]
    fn a_program_that_is_missing_is_told() {
        let browser = SystemBrowser::new(Some("/nonexistent/browser".to_owned()));
        assert!(browser.open(&url("https://host/")).is_err());
    }
}
