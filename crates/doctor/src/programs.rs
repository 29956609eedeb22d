//! Checks of the programs that servers are made of.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use config::{Launch, Reference, ServerConfig, Settings, Template};
use upstream::find_command;

use crate::Check;
use crate::words::count;

/// Programs that most servers are started with, and how to get them.
const RUNTIMES: [(&str, &str); 6] = [
    ("node", "Node.js"),
    ("npx", "Node.js"),
    ("uv", "uv"),
    ("uvx", "uv"),
    ("python3", "Python"),
    ("docker", "Docker"),
];

/// Which folders the gateway looks for commands in, beyond those of this shell.
pub(crate) fn search_path(own: Option<&OsStr>, gateway: &OsStr) -> Check {
    let own: Vec<PathBuf> = own
        .map(|own| std::env::split_paths(own).collect())
        .unwrap_or_default();
    let added: Vec<String> = std::env::split_paths(gateway)
        .filter(|folder| !own.contains(folder))
        .map(|folder| folder.display().to_string())
        .collect();
    if added.is_empty() {
        let number = count(own.len(), "folder");
        return Check::ok(
            "path",
            format!("The gateway looks for commands in {number}."),
        );
    }
    let message = format!("The login shell adds to PATH: {}.", added.join(", "));
    Check::note("path", message)
}

/// Where the usual runtimes are. A missing one is no fault by itself: see [`commands`].
pub(crate) fn runtimes(path: &OsStr) -> Vec<Check> {
    let look = |(program, product): (&str, &str)| match find_command(program, path, None) {
        Some(place) => Check::ok("runtime", format!("{program} is {}.", place.display())),
        None => Check::note(
            "runtime",
            format!("{program} was not found; servers that need it want {product} installed."),
        ),
    };
    RUNTIMES.map(look).into()
}

/// Whether each enabled server's command is there.
pub(crate) fn commands(settings: &Settings, path: &OsStr) -> Vec<Check> {
    let mut found = 0;
    let mut findings = Vec::new();
    for server in enabled(settings) {
        let Launch::Stdio(launch) = &server.launch else {
            continue;
        };
        // A command or folder that depends on a reference is only known when it starts.
        let Some(command) = launch.command.as_literal() else {
            continue;
        };
        let directory = match &launch.cwd {
            Some(cwd) => match cwd.as_literal() {
                Some(directory) => Some(Path::new(directory)),
                None => continue,
            },
            None => None,
        };
        if find_command(command, path, directory).is_some() {
            found += 1;
        } else {
            findings.push(missing(server, command));
        }
    }
    if found > 0 {
        let message = format!("Found the commands of {}.", count(found, "server"));
        findings.push(Check::ok("commands", message));
    }
    findings
}

fn missing(server: &ServerConfig, command: &str) -> Check {
    let product = RUNTIMES.iter().find(|(program, _)| *program == command);
    let fix = match product {
        Some((_, product)) => format!("Install {product}, or put it on PATH."),
        None => "Install it, put it on PATH, or write its whole path.".to_owned(),
    };
    let message = format!("{}: the command `{command}` was not found.", server.name);
    Check::error("command-not-found", message, fix)
}

/// References to variables that are not set, as far as this shell can tell.
pub(crate) fn references(settings: &Settings, is_set: impl Fn(&str) -> bool) -> Vec<Check> {
    let mut findings = Vec::new();
    for server in enabled(settings) {
        for reference in templates(&server.launch).flat_map(Template::references) {
            if let Reference::Env {
                name,
                default: None,
            } = reference
                && !is_set(name)
            {
                findings.push(Check::warning(
                    "missing-variable",
                    format!("{}: the variable `{name}` is not set here.", server.name),
                    format!("Set `{name}` where the gateway is started."),
                ));
            }
        }
    }
    findings.dedup();
    findings
}

fn enabled(settings: &Settings) -> impl Iterator<Item = &ServerConfig> {
    settings.servers.values().filter(|server| server.enabled)
}

/// All texts of a launch that may hold references.
fn templates(launch: &Launch) -> Box<dyn Iterator<Item = &Template> + '_> {
    match launch {
        Launch::Stdio(stdio) => Box::new(
            std::iter::once(&stdio.command)
                .chain(&stdio.args)
                .chain(stdio.env.values())
                .chain(&stdio.cwd),
        ),
        Launch::Remote(remote) => {
            Box::new(std::iter::once(&remote.url).chain(remote.headers.values()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    fn settings(servers: &str) -> Settings {
        let text = format!(r#"{{"mcpServers": {{{servers}}}}}"#);
        config::parse(&text, Path::new("c.json"))
            .settings
            .expect("valid")
    }

    #[test]
    fn folders_of_the_login_shell_are_named() {
        let own = OsStr::new("/bin");
        assert_eq!(search_path(Some(own), own).level, Level::Ok);
        let more = std::env::join_paths(["/bin", "/home/me/.local/bin"]).expect("two folders");
        let finding = search_path(Some(own), &more);
        assert!(
            finding.message.contains("/home/me/.local/bin"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn a_missing_command_of_an_enabled_server_is_an_error() {
        let settings = settings(
            r#""a": {"command": "npx"}, "b": {"command": "npx", "disabled": true},
               "c": {"command": "${TOOL}"}, "d": {"url": "https://example.com"}"#,
        );
        let findings = commands(&settings, OsStr::new(""));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].message.starts_with("a: "));
        assert!(findings[0].fix.contains("Node.js"));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_is_there_is_found() {
        let findings = commands(
            &settings(r#""a": {"command": "sh"}"#),
            OsStr::new("/bin:/usr/bin"),
        );
        assert_eq!(
            findings,
            [Check::ok("commands", "Found the commands of 1 server.")]
        );
    }

    #[test]
    fn unset_variables_are_reported_unless_they_have_a_default() {
        let settings = settings(
            r#""a": {"command": "x", "args": ["${env:SET}", "${UNSET}", "${OTHER:-x}"],
                     "env": {"T": "${env:UNSET}"}},
               "b": {"url": "https://example.com", "headers": {"A": "${env:TOKEN}"}}"#,
        );
        let findings = references(&settings, |name| name == "SET");
        let messages: Vec<_> = findings
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(
            messages,
            [
                "a: the variable `UNSET` is not set here.",
                "b: the variable `TOKEN` is not set here."
            ]
        );
    }

    #[test]
    fn runtimes_are_looked_up_each() {
        let findings = runtimes(OsStr::new(""));
        assert_eq!(findings.len(), RUNTIMES.len());
        assert!(findings.iter().all(|finding| finding.level == Level::Note));
    }
}
