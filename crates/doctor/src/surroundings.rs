//! Checks of what the system offers: the keychain, the time, the way out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use config::{KeyringError, Launch, Resolve as _, Settings};
use vault::Vault;

use crate::Check;

/// A name that nobody uses: looking it up shows whether the keychain answers.
const PROBE: &str = "toolgate-doctor-probe";

/// A keychain that asks its user something gets no longer than this.
const PATIENCE: Duration = Duration::from_secs(3);

/// Seconds from 1970 to the beginning of 2025; certificates and tokens of today are younger.
const EARLIEST: u64 = 1_735_689_600;

/// Whether secrets can be looked up, where a server refers to one.
pub(crate) async fn keychain(vault: &Vault, settings: &Settings) -> Check {
    let launches = settings.servers.values().map(|server| &server.launch);
    let is_needed = launches
        .flat_map(Launch::templates)
        .any(config::Template::needs_keyring);
    if !is_needed {
        return Check::note("keychain", "No server needs a secret of the keychain.");
    }
    let vault = vault.clone();
    let asked = tokio::task::spawn_blocking(move || vault.keyring(PROBE).map(drop));
    let fix = "Unlock the keychain, or log in to the desktop; on a machine without one, use \
               `${env:NAME}` instead of `${keyring:name}`.";
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(Ok(()))) => Check::ok("keychain", "The keychain answers."),
        Ok(Ok(Err(error))) => Check::error("keychain", refusal(&error), fix),
        Ok(Err(_)) | Err(_) => {
            Check::warning("keychain", "The keychain did not answer in time.", fix)
        }
    }
}

fn refusal(error: &KeyringError) -> String {
    format!("The keychain cannot be used: {error}.")
}

/// Whether the clock is near enough for certificates and tokens.
pub(crate) fn clock() -> Check {
    clock_at(SystemTime::now())
}

fn clock_at(now: SystemTime) -> Check {
    let since = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    if since >= EARLIEST {
        return Check::ok("clock", "The clock is set.");
    }
    Check::error(
        "clock",
        "The clock is set to a time years ago, so certificates and sign-ins are refused.",
        "Set the date and the time of this machine.",
    )
}

/// Which proxies are set; servers on this machine must be left out of them.
pub(crate) fn proxies(variable: impl Fn(&str) -> Option<String>) -> Vec<Check> {
    let value = |name: &str| {
        let value = variable(name).or_else(|| variable(&name.to_lowercase()));
        value.filter(|value| !value.trim().is_empty())
    };
    let set: Vec<&str> = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"]
        .into_iter()
        .filter(|name| value(name).is_some())
        .collect();
    if set.is_empty() {
        return vec![Check::note("proxy", "No proxy is set.")];
    }
    // The value may hold a password, so only the names are told.
    let message = format!("Remote servers are reached through {}.", set.join(", "));
    let mut checks = vec![Check::note("proxy", message)];
    let exempt = value("NO_PROXY").unwrap_or_default();
    let here = ["localhost", "127.0.0.1", "*"];
    let is_exempt = exempt.split(',').any(|name| here.contains(&name.trim()));
    if !is_exempt {
        checks.push(Check::warning(
            "proxy",
            "Clients may send requests for this machine to the proxy as well.",
            "Add `localhost,127.0.0.1` to the variable NO_PROXY.",
        ));
    }
    checks
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use model::Secret;
    use vault::Keychain;

    use super::*;
    use crate::Level;

    struct Locked;

    impl Keychain for Locked {
        fn read(&self, _name: &str) -> Result<Option<Secret>, KeyringError> {
            Err(KeyringError::Unavailable("it is locked".to_owned()))
        }
    }

    fn settings(text: &str) -> Settings {
        config::parse(text, Path::new("c.json"))
            .settings
            .expect("valid")
    }

    #[tokio::test]
    async fn the_keychain_is_only_asked_where_it_is_needed() {
        let needs =
            settings(r#"{"mcpServers": {"a": {"command": "x", "env": {"T": "${keyring:gh}"}}}}"#);
        let locked = Vault::with_keychain(Locked);
        assert_eq!(
            keychain(&locked, &Settings::default()).await.level,
            Level::Note
        );
        let check = keychain(&locked, &needs).await;
        assert_eq!(check.level, Level::Error);
        assert!(check.message.contains("it is locked"), "{}", check.message);
        let open: BTreeMap<String, Secret> = BTreeMap::new();
        let check = keychain(&Vault::with_keychain(open), &needs).await;
        assert_eq!(check.level, Level::Ok);
    }

    #[test]
    fn a_clock_of_the_past_is_an_error() {
        assert_eq!(clock_at(UNIX_EPOCH).level, Level::Error);
        let now = UNIX_EPOCH + Duration::from_secs(EARLIEST);
        assert_eq!(clock_at(now).level, Level::Ok);
    }

    #[test]
    fn proxies_are_named_without_their_values() {
        let levels = |variables: &[(&str, &str)]| -> Vec<Level> {
            let find = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let checks = proxies(find);
            assert!(!format!("{checks:?}").contains("secret"));
            checks.iter().map(|check| check.level).collect()
        };
        let proxy = ("https_proxy", "http://me:secret@proxy:1");
        assert_eq!(levels(&[]), [Level::Note]);
        assert_eq!(levels(&[proxy]), [Level::Note, Level::Warning]);
        assert_eq!(
            levels(&[proxy, ("NO_PROXY", "a, localhost")]),
            [Level::Note]
        );
        assert_eq!(levels(&[("HTTP_PROXY", " ")]), [Level::Note]);
    }
}
