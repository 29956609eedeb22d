//! What deserves a second look, one sentence each. None of it is a verdict: most servers that
//! carry a warning are fine, and one without may still be harmful.

use url::{Host, Url};

use model::SandboxProfile;

use crate::launch::{Launch, RemoteLaunch, StdioLaunch};
use crate::template::{Reference, Template};

/// Programs that fetch a package and run it.
const FETCHERS: [&str; 7] = ["npx", "bunx", "pnpx", "pnpm", "yarn", "uvx", "pipx"];
/// Shells, and the options after which they take a script.
const SHELLS: [&str; 9] = [
    "sh",
    "bash",
    "zsh",
    "dash",
    "fish",
    "ksh",
    "cmd",
    "powershell",
    "pwsh",
];
const SHELL_OPTIONS: [&str; 6] = ["-c", "-lc", "-ic", "/c", "-command", "-encodedcommand"];
/// Programs that run text given on the command line, and the options for it.
const INLINE: [(&str, &[&str]); 7] = [
    ("node", &["-e", "--eval", "-p"]),
    ("bun", &["-e", "--eval"]),
    ("deno", &["eval"]),
    ("python", &["-c"]),
    ("python3", &["-c"]),
    ("ruby", &["-e"]),
    ("perl", &["-e"]),
];
/// Programs that lend the rights of another user.
const ELEVATORS: [&str; 5] = ["sudo", "doas", "pkexec", "runas", "su"];
/// Parts of paths where anybody may put a program, or where downloads land.
const LOOSE_FOLDERS: [&str; 7] = [
    "/tmp/",
    "/var/tmp/",
    "/dev/shm/",
    "/downloads/",
    "\\temp\\",
    "\\tmp\\",
    "\\downloads\\",
];
/// Variables that make other code run inside of a program.
const LOADERS: [&str; 12] = [
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
    "NODE_OPTIONS",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "BASH_ENV",
    "PERL5OPT",
    "RUBYOPT",
    "PATH",
];
/// Options that fetch packages from elsewhere.
const REGISTRIES: [&str; 5] = [
    "--registry",
    "--index-url",
    "--index",
    "--extra-index-url",
    "--default-index",
];

/// The warnings about a launch, in a fixed order.
pub(super) fn of(launch: &Launch) -> Vec<String> {
    let mut warnings = match launch {
        Launch::Stdio(launch) => of_command(launch),
        Launch::Remote(launch) => of_address(launch),
    };
    warnings.extend(handed_over(launch));
    if launch
        .templates()
        .any(|template| is_placeholder(template.written()))
    {
        let message = "It still holds a placeholder where a value of yours belongs.";
        warnings.push(message.to_owned());
    }
    warnings
}

fn of_command(launch: &StdioLaunch) -> Vec<String> {
    let words: Vec<&str> = std::iter::once(&launch.command)
        .chain(&launch.args)
        .map(Template::written)
        .collect();
    let mut warnings = of_sandbox(launch);
    if words
        .iter()
        .any(|word| ELEVATORS.contains(&program(word).as_str()))
    {
        warnings.push("It runs with the rights of another user, usually an administrator.".into());
    }
    // `env X=y sh -c …` and `sudo sh -c …` are about the program behind.
    for at in 0..words.len() {
        let (name, rest) = (program(words[at]), &words[at + 1..]);
        warnings.extend(of_program(&name, rest, at == 0));
    }
    if words.iter().any(|word| is_loose(word)) {
        warnings.push(
            "It runs or reads a file in a folder for temporary files or downloads, where other \
             programs may put files too."
                .into(),
        );
    }
    if let Some(option) = words
        .iter()
        .find(|word| REGISTRIES.contains(&word.split('=').next().unwrap_or_default()))
    {
        let option = option.split('=').next().unwrap_or_default();
        warnings.push(format!(
            "`{option}` fetches packages from another source than usual."
        ));
    }
    for name in launch
        .env
        .keys()
        .filter(|name| LOADERS.contains(&name.as_str()))
    {
        warnings.push(format!(
            "The variable `{name}` can make other code run inside of it."
        ));
    }
    warnings
}

fn of_sandbox(launch: &StdioLaunch) -> Vec<String> {
    let mut warnings = Vec::new();
    let sandbox = &launch.sandbox;
    if sandbox.profile == SandboxProfile::Off && sandbox.container.is_none() {
        warnings.push("It runs without a sandbox and may do whatever you may do.".to_owned());
    }
    let mounts = sandbox.container.iter().flat_map(|inside| &inside.mounts);
    let paths = sandbox.write.iter().chain(mounts).map(Template::written);
    if let Some(path) = paths.into_iter().find(|path| is_everything(path)) {
        warnings.push(format!(
            "`{path}` gives it far more than one server should have."
        ));
    }
    warnings
}

/// Whether a path or a mount holds everything of the machine or of the user.
fn is_everything(path: &str) -> bool {
    let host = path.split(':').next().unwrap_or_default();
    let host = host.trim_end_matches('/');
    host.is_empty() || ["~", "${HOME}", "${env:HOME}"].contains(&host)
}

fn of_program(name: &str, rest: &[&str], is_first: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    let has = |options: &[&str]| {
        let mut words = rest.iter().map(|word| word.to_lowercase());
        words.any(|word| options.contains(&word.as_str()))
    };
    if SHELLS.contains(&name) && has(&SHELL_OPTIONS) {
        warnings.push("It hands a script to a shell, which can run anything.".to_owned());
        let script = rest.join(" ").to_lowercase();
        let fetches = ["curl", "wget", "iwr", "invoke-webrequest"];
        if fetches.iter().any(|word| script.contains(word)) {
            let message = "The script downloads something, perhaps to run it.";
            warnings.push(message.to_owned());
        }
    }
    let inline = INLINE.iter().find(|(program, _)| *program == name);
    if inline.is_some_and(|(_, options)| has(options)) {
        warnings.push("It runs code that stands in the command line itself.".to_owned());
    }
    if is_first && FETCHERS.contains(&name) {
        warnings.extend(unpinned(name, rest));
    }
    if is_first && matches!(name, "docker" | "podman") {
        warnings.extend(of_container(rest));
    }
    warnings
}

/// Runs whatever version is the newest at that moment.
fn unpinned(fetcher: &str, args: &[&str]) -> Option<String> {
    let from = args
        .iter()
        .position(|word| matches!(*word, "--from" | "-p" | "--package"));
    let package = match from {
        Some(at) => args.get(at + 1),
        None => args.iter().find(|word| {
            !word.starts_with('-') && !matches!(**word, "dlx" | "run" | "exec" | "tool")
        }),
    }?;
    let version = package.rfind(['@', '=']).filter(|at| *at > 0);
    let version = version.map(|at| &package[at + 1..]);
    let is_pinned = version.is_some_and(|version| {
        version.starts_with(|c: char| c.is_ascii_digit())
            || (package.starts_with("git+") && version.len() >= 7 && !version.contains('/'))
    });
    (!is_pinned).then(|| {
        format!(
            "`{fetcher}` fetches the newest version of `{package}` whenever it starts; name a \
             version to know what runs."
        )
    })
}

fn of_container(args: &[&str]) -> Vec<String> {
    let mut warnings = Vec::new();
    let value_of = |options: &[&str]| -> Vec<String> {
        let spaced = args.iter().zip(args.iter().skip(1));
        let spaced = spaced.filter(|(option, _)| options.contains(*option));
        let joined = args.iter().filter_map(|word| word.split_once('='));
        let joined = joined.filter(|(option, _)| options.contains(option));
        let spaced = spaced.map(|(_, value)| (*value).to_owned());
        spaced
            .chain(joined.map(|(_, value)| value.to_owned()))
            .collect()
    };
    if args.contains(&"--privileged") {
        warnings.push("The container is privileged: it can do what the system can do.".to_owned());
    }
    let mounts = value_of(&["-v", "--volume", "--mount"]);
    if mounts.iter().any(|mount| mount.contains("docker.sock")) {
        let message = "The container controls Docker, and so this machine.";
        warnings.push(message.to_owned());
    }
    let folders = mounts.iter().filter(|mount| {
        mount.starts_with(['/', '~', '.', '$']) || mount.contains("bind") || mount.contains(":\\")
    });
    for mount in folders {
        warnings.push(format!(
            "The container sees files of this machine: `{mount}`."
        ));
    }
    let shares = value_of(&["--network", "--net", "--pid", "--ipc"]);
    if shares.iter().any(|value| value == "host") {
        let message = "The container is not kept apart from this machine's network or processes.";
        warnings.push(message.to_owned());
    }
    warnings
}

fn of_address(launch: &RemoteLaunch) -> Vec<String> {
    let url = launch
        .url
        .as_literal()
        .and_then(|text| Url::parse(text).ok());
    let plain = url.filter(|url| matches!(url.scheme(), "http" | "ws") && !is_here(url));
    let warning = plain.map(|url| {
        format!(
            "The connection to {} is not encrypted: others on the way can read and change it.",
            url.host_str().unwrap_or("the server")
        )
    });
    warning.into_iter().collect()
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What of this machine's secrets it would be given; an entry from elsewhere may name any.
fn handed_over(launch: &Launch) -> Vec<String> {
    let mut warnings = Vec::new();
    for reference in launch.templates().flat_map(Template::references) {
        let warning = match reference {
            Reference::Env { name, .. } => format!("It is given your variable `{name}`."),
            Reference::Keyring { name } => {
                format!("It is given the secret `{name}` of your keychain.")
            }
        };
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let bare = lower.rsplit(['=', ' ']).next().unwrap_or_default();
    let is_bracketed = bare.starts_with('<') && bare.ends_with('>') && bare.len() > 2;
    let starts = [
        "your_",
        "your-",
        "yourapikey",
        "xxxx",
        "/path/to/",
        "path/to/",
    ];
    is_bracketed
        || starts.iter().any(|start| bare.starts_with(start))
        || lower.contains("your_api_key")
        || lower.contains("your-api-key")
}

/// A word's last part as a program's name.
fn program(word: &str) -> String {
    let file = word
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(word)
        .to_lowercase();
    let endings = [".exe", ".cmd", ".bat"];
    let bare = endings.iter().find_map(|ending| file.strip_suffix(ending));
    bare.unwrap_or(&file).to_owned()
}

fn is_loose(word: &str) -> bool {
    let lower = word.to_lowercase();
    LOOSE_FOLDERS.iter().any(|folder| lower.contains(folder))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::read_entry;

    fn warnings(keys: &Value) -> Vec<String> {
        let mut entry = json!({"command": "/opt/serve"});
        for (key, value) in keys.as_object().expect("an object") {
            entry[key] = value.clone();
        }
        of(&read_entry("s", &entry).expect("usable").launch)
    }

    #[test]
    fn a_loose_sandbox_deserves_a_second_look() {
        for (keys, word) in [
            (json!({"sandbox": "off"}), "without a sandbox"),
            (json!({"sandbox": {"write": ["~/"]}}), "`~/`"),
            (
                json!({"isolation": {"docker": {"image": "x", "mounts": ["/:/host"]}}}),
                "`/:/host`",
            ),
        ] {
            let found = warnings(&keys);
            assert!(
                found.iter().any(|found| found.contains(word)),
                "{keys}: {found:?}"
            );
        }
        for keys in [json!({}), json!({"sandbox": {"write": ["~/notes"]}})] {
            assert_eq!(warnings(&keys), Vec::<String>::new(), "{keys}");
        }
    }
}
