//! Names for servers that came without one, from what they run or where they are.

use serde_json::{Map, Value};
use url::{Host, Url};

/// Programs that run what their first argument names.
const RUNNERS: [&str; 10] = [
    "npx", "uvx", "bunx", "pipx", "pnpx", "pnpm", "yarn", "npm", "uv", "deno",
];
/// Programs that run a file.
const INTERPRETERS: [&str; 6] = ["node", "python", "python3", "py", "bun", "ruby"];
/// Words of runners and flags with a value that stand before the name of a package.
const VERBS: [&str; 6] = ["run", "dlx", "exec", "tool", "start", "serve"];
/// Options of runners whose value names no package.
const VALUED: [&str; 6] = [
    "--from",
    "--with",
    "--python",
    "--directory",
    "--index-url",
    "-c",
];
/// Options of `docker run` with a value.
const DOCKER_VALUED: [&str; 16] = [
    "-e",
    "--env",
    "-v",
    "--volume",
    "--name",
    "-p",
    "--publish",
    "--mount",
    "--network",
    "--net",
    "-w",
    "--workdir",
    "--env-file",
    "-u",
    "--user",
    "--platform",
];
/// Parts of a name that every server could have.
const AFFIXES: [&str; 6] = [
    "mcp-server-",
    "server-",
    "mcp-",
    "-mcp-server",
    "-server",
    "-mcp",
];
/// Parts of a host's name that say nothing about the service.
const HOST_PARTS: [&str; 6] = ["mcp", "api", "www", "sse", "app", "server"];

/// A name for an entry, in the characters that tool names allow.
pub(super) fn name(entry: &Map<String, Value>) -> String {
    let url = entry.get("url").and_then(Value::as_str);
    let command = entry.get("command").and_then(Value::as_str);
    let named = match (url, command) {
        (Some(url), _) => of_url(url),
        (None, Some(command)) => of_command(command, &words(entry)),
        (None, None) => None,
    };
    let plain = clean(&named.unwrap_or_default());
    if plain.is_empty() {
        "server".to_owned()
    } else {
        plain
    }
}

fn words(entry: &Map<String, Value>) -> Vec<&str> {
    let args = entry.get("args").and_then(Value::as_array);
    args.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn of_url(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let Host::Domain(host) = url.host()? else {
        return Some("local".to_owned());
    };
    let mut labels: Vec<&str> = host.split('.').collect();
    if labels.len() > 1 {
        labels.pop();
    }
    // Of `example.co.uk` the middle says as little as the end.
    if labels.len() > 1 && labels.last().is_some_and(|label| label.len() <= 3) {
        labels.pop();
    }
    let telling = labels
        .iter()
        .rev()
        .find(|label| !HOST_PARTS.contains(label));
    telling.or(labels.last()).map(|&label| label.to_owned())
}

fn of_command(command: &str, args: &[&str]) -> Option<String> {
    let program = stem(command);
    if matches!(program.as_str(), "docker" | "podman") {
        let image = first(args, &DOCKER_VALUED, &["run", "container"])?;
        return Some(package(stem(image).as_str()));
    }
    if INTERPRETERS.contains(&program.as_str()) {
        if let Some(at) = args.iter().position(|word| *word == "-m") {
            return args.get(at + 1).map(|module| package(module));
        }
        let file = args.iter().find(|word| !word.starts_with('-'))?;
        return Some(file_name(file));
    }
    if RUNNERS.contains(&program.as_str()) {
        return first(args, &VALUED, &VERBS).map(package);
    }
    Some(package(&program))
}

/// The first word that is neither an option, nor its value, nor a verb.
fn first<'w>(args: &[&'w str], valued: &[&str], verbs: &[&str]) -> Option<&'w str> {
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if valued.contains(word) {
            words.next();
        } else if !word.starts_with('-') && !verbs.contains(word) {
            return Some(word);
        }
    }
    None
}

/// The telling part of a script's path: `build/index.js` says less than the folder above.
fn file_name(path: &str) -> String {
    let dull = [
        "index", "main", "server", "dist", "build", "src", "cli", "app", ".", "bin",
    ];
    let parts: Vec<&str> = path
        .split(['/', '\\'])
        .filter(|part| !part.is_empty())
        .collect();
    let telling = parts.iter().rev().map(|part| without_ending(part));
    let telling = telling.into_iter().find(|part| !dull.contains(part));
    package(telling.unwrap_or("server"))
}

fn stem(path: &str) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    without_ending(file).to_owned()
}

fn without_ending(file: &str) -> &str {
    let endings = [
        ".exe", ".cmd", ".js", ".mjs", ".cjs", ".ts", ".py", ".rb", ".sh",
    ];
    endings
        .iter()
        .find_map(|ending| file.strip_suffix(ending))
        .unwrap_or(file)
}

/// `@scope/server-github@1.2` is `github`.
fn package(written: &str) -> String {
    let bare = match written
        .strip_prefix('@')
        .and_then(|scoped| scoped.split_once('/'))
    {
        // The scope says more where the rest says nothing.
        Some((scope, "mcp" | "server" | "mcp-server")) => scope,
        Some((_, name)) => name,
        None => written.rsplit('/').next().unwrap_or(written),
    };
    let end = bare
        .find(['@', '=', '[', '<', '>', ':'])
        .unwrap_or(bare.len());
    let mut name = &bare[..end];
    for affix in AFFIXES {
        let rest = if affix.ends_with('-') {
            name.strip_prefix(affix)
        } else {
            name.strip_suffix(affix)
        };
        name = rest.filter(|rest| !rest.is_empty()).unwrap_or(name);
    }
    name.to_owned()
}

fn clean(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let text: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(64)
        .collect();
    text.trim_matches(['-', '_']).to_ascii_lowercase()
}
