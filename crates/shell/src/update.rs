//! Whether there is a newer version, and who may install it.
//!
//! What a package manager has installed is updated by that package manager only, so the tray
//! names its command. There is no release channel yet; nothing here asks the network.

/// Where newer versions are announced.
pub trait Channel: Send {
    /// The newest version, and the page that offers it.
    fn latest(&self) -> Option<(String, String)>;
}

/// Who installed this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Debian's package manager and its relatives.
    Apt,
    /// Fedora's package manager and its relatives.
    Dnf,
    /// Homebrew.
    Homebrew,
    /// The person who runs it.
    Person,
}

/// A newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// It can be fetched from a page.
    Available {
        /// The version.
        version: String,
        /// The page.
        page: String,
    },
    /// A package manager brings it.
    ByManager {
        /// The version.
        version: String,
        /// What to run.
        command: String,
    },
}

/// The newer version that there is for `running`, where the user wants to know and a channel
/// tells.
pub fn look_for_update(
    wanted: bool,
    channel: Option<&dyn Channel>,
    running: &str,
    origin: Origin,
) -> Option<Update> {
    let (version, page) = channel.filter(|_| wanted)?.latest()?;
    if parts(&version)? <= parts(running)? {
        return None;
    }
    let command = match origin {
        Origin::Apt => "sudo apt install --only-upgrade toolgate",
        Origin::Dnf => "sudo dnf upgrade toolgate",
        Origin::Homebrew => "brew upgrade toolgate",
        Origin::Person => return Some(Update::Available { version, page }),
    };
    let command = command.to_owned();
    Some(Update::ByManager { version, command })
}

/// Major, minor and patch; a version of any other form is never offered.
fn parts(version: &str) -> Option<[u64; 3]> {
    let mut numbers = version.split('.').map(|part| part.parse().ok());
    let parts = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Announced(&'static str);

    impl Channel for Announced {
        fn latest(&self) -> Option<(String, String)> {
            Some((self.0.to_owned(), "/about".to_owned()))
        }
    }

    fn version(latest: &'static str) -> Option<Update> {
        look_for_update(true, Some(&Announced(latest)), "0.10.0", Origin::Person)
    }

    #[test]
    fn nothing_is_looked_for_unasked_or_without_a_channel() {
        let channel = Announced("9.0.0");
        let unasked = look_for_update(false, Some(&channel), "0.1.0", Origin::Person);
        assert_eq!(unasked, None);
        assert_eq!(look_for_update(true, None, "0.1.0", Origin::Person), None);
    }

    #[test]
    fn only_a_higher_version_counts() {
        assert!(version("0.11.0").is_some());
        assert!(version("1.0.0").is_some());
        for other in ["0.10.0", "0.9.9", "next", "1.0", "1.0.0.1", ""] {
            assert_eq!(version(other), None, "{other}");
        }
    }

    #[test]
    fn what_a_package_manager_owns_is_left_to_it() {
        let found = look_for_update(true, Some(&Announced("1.0.0")), "0.1.0", Origin::Apt);
        let Some(Update::ByManager { version, command }) = found else {
            panic!("the package manager has to be named");
        };
        assert_eq!(version, "1.0.0");
        assert!(command.contains("apt"));
    }
}
