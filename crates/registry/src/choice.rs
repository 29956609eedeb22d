//! Ways to run or reach a listed server, as entries with gaps.

use model::{RegistryChoice, RegistryInput, RegistryPackage};
use serde_json::{Map, Value, json};

use crate::document::{Input, Package, Remote, Server};

/// What is offered of one server at most.
const MOST: usize = 16;

/// Every way that is understood here.
pub(crate) fn all(server: &Server) -> Vec<RegistryChoice> {
    let packages = server.packages.iter().filter_map(package);
    let remotes = server.remotes.iter().filter_map(remote);
    packages.chain(remotes).take(MOST).collect()
}

/// An entry that is being put together.
#[derive(Default)]
struct Draft {
    args: Vec<Value>,
    named: Map<String, Value>,
    inputs: Vec<RegistryInput>,
}

fn package(package: &Package) -> Option<RegistryChoice> {
    let speaks_stdio = package
        .transport
        .as_ref()
        .is_none_or(|transport| matches!(transport.kind.as_str(), "" | "stdio"));
    let version = package.version.as_deref().unwrap_or_default();
    if !speaks_stdio || !is_plain_name(package) || !is_plain_version(version) {
        return None;
    }
    let mut draft = Draft::default();
    let command = match package.registry_type.as_str() {
        "npm" => draft.npm(package),
        "pypi" => draft.pypi(package),
        "oci" | "docker" => draft.oci(package),
        "nuget" => draft.nuget(package),
        _ => return None,
    };
    draft.arguments(&package.arguments);
    for variable in &package.environment_variables {
        draft.named("env", variable);
    }
    let label = format!("{command} {}", package.identifier);
    let mut entry = json!({ "command": command, "args": draft.args });
    if !draft.named.is_empty() {
        entry["env"] = Value::Object(draft.named);
    }
    Some(RegistryChoice {
        label,
        transport: "stdio".to_owned(),
        package: Some(RegistryPackage {
            kind: package.registry_type.replace("docker", "oci"),
            name: package.identifier.clone(),
            version: Some(version.to_owned()).filter(|version| !version.is_empty()),
        }),
        entry,
        inputs: draft.inputs,
    })
}

/// What starts like an option would be one, and an address, a path or somebody's repository would
/// be fetched from elsewhere than where the package's kind is kept.
fn is_plain_name(package: &Package) -> bool {
    let name = package.identifier.as_str();
    let is_image = matches!(package.registry_type.as_str(), "oci" | "docker");
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"@/._-".contains(&byte) || (is_image && byte == b':')
    };
    let own = match name.strip_prefix('@').and_then(|name| name.split_once('/')) {
        Some((_, own)) => own,
        None => name,
    };
    let is_elsewhere = name.contains("//") || name.contains("..") || name.contains(":/");
    !own.is_empty()
        && !name.starts_with(['-', '.', '/'])
        && name.bytes().all(is_plain)
        && !is_elsewhere
        && (is_image || !own.contains(['/', '@']))
}

/// A range or another package's name would pass for a version as well.
fn is_plain_version(version: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+_-".contains(&byte);
    !version.starts_with('-') && version.bytes().all(is_plain)
}

fn remote(remote: &Remote) -> Option<RegistryChoice> {
    let kind = match remote.kind.as_str() {
        "streamable-http" | "http" => "http",
        "sse" => "sse",
        _ => return None,
    };
    if !remote.url.starts_with("https://") && !remote.url.starts_with("http://") {
        return None;
    }
    let mut draft = Draft::default();
    let holds_variable = remote
        .variables
        .keys()
        .find(|name| remote.url.contains(&braced(name)));
    if let Some(name) = holds_variable {
        let variable = &remote.variables[name];
        draft.inputs.push(RegistryInput {
            name: name.clone(),
            description: format!("Put it into the address. {}", variable.description),
            required: true,
            secret: false,
            default: Some(remote.url.clone()),
            pointer: "/url".to_owned(),
        });
    }
    for header in &remote.headers {
        draft.named("headers", header);
    }
    let mut entry = json!({ "type": kind, "url": remote.url });
    if !draft.named.is_empty() {
        entry["headers"] = Value::Object(draft.named);
    }
    Some(RegistryChoice {
        label: remote.url.clone(),
        transport: kind.to_owned(),
        package: None,
        entry,
        inputs: draft.inputs,
    })
}

impl Draft {
    fn npm(&mut self, package: &Package) -> &'static str {
        self.arguments(&package.runtime_arguments);
        let yes = ["-y", "--yes"].map(Value::from);
        if !self.args.iter().any(|word| yes.contains(word)) {
            self.args.insert(0, "-y".into());
            self.shift();
        }
        self.args.push(versioned(package, "@").into());
        "npx"
    }

    fn pypi(&mut self, package: &Package) -> &'static str {
        self.arguments(&package.runtime_arguments);
        self.args.push(versioned(package, "==").into());
        "uvx"
    }

    fn nuget(&mut self, package: &Package) -> &'static str {
        self.arguments(&package.runtime_arguments);
        self.args.push(versioned(package, "@").into());
        self.args.push("--yes".into());
        if !package.arguments.is_empty() {
            self.args.push("--".into());
        }
        "dnx"
    }

    fn oci(&mut self, package: &Package) -> &'static str {
        self.args.extend(["run", "-i", "--rm"].map(Value::from));
        for variable in &package.environment_variables {
            // Without a value, it is passed on from the variables of the entry.
            self.args.push("-e".into());
            self.args.push(variable.name.clone().into());
        }
        self.arguments(&package.runtime_arguments);
        let name = package.identifier.rsplit('/').next().unwrap_or_default();
        let image = if name.contains([':', '@']) {
            package.identifier.clone()
        } else {
            versioned(package, ":")
        };
        self.args.push(image.into());
        "docker"
    }

    fn arguments(&mut self, arguments: &[Input]) {
        for argument in arguments {
            self.argument(argument);
        }
    }

    /// A gap can only be left where something has to be filled in: an empty argument is one too.
    fn argument(&mut self, argument: &Input) {
        let is_named = argument.kind == "named";
        let fixed = argument
            .value
            .clone()
            .filter(|_| argument.variables.is_empty());
        let is_wanted =
            argument.is_required || argument.default.is_some() || argument.value.is_some();
        if let Some(value) = fixed {
            if is_named {
                self.args.push(argument.name.clone().into());
            }
            self.args.push(value.into());
        } else if is_wanted {
            if is_named {
                self.args.push(argument.name.clone().into());
            }
            let pointer = format!("/args/{}", self.args.len());
            let input = input(argument, pointer);
            self.args
                .push(input.default.clone().unwrap_or_default().into());
            self.inputs.push(input);
        }
    }

    /// A variable or a header. One that may be left empty is not in the entry at all.
    fn named(&mut self, section: &str, given: &Input) {
        if given.name.is_empty() {
            return;
        }
        if let Some(value) = given.value.clone().filter(|_| given.variables.is_empty()) {
            self.named.insert(given.name.clone(), value.into());
            return;
        }
        let name = given.name.replace('~', "~0").replace('/', "~1");
        let input = input(given, format!("/{section}/{name}"));
        if input.required || input.default.is_some() {
            let value = input.default.clone().unwrap_or_default();
            self.named.insert(given.name.clone(), value.into());
        }
        self.inputs.push(input);
    }

    /// Every gap among the arguments moved by one.
    fn shift(&mut self) {
        for input in &mut self.inputs {
            let place = input.pointer.strip_prefix("/args/");
            if let Some(place) = place.and_then(|place| place.parse::<usize>().ok()) {
                input.pointer = format!("/args/{}", place + 1);
            }
        }
    }
}

/// What has to be filled in. Of `Bearer {token}` the first word is given, and described what the
/// whole has to look like.
fn input(given: &Input, pointer: String) -> RegistryInput {
    let inner = given.variables.values();
    let parts: Vec<&Input> = std::iter::once(given).chain(inner).collect();
    let described = parts.iter().rev().find(|part| !part.description.is_empty());
    let mut description = described
        .map(|part| part.description.clone())
        .unwrap_or_default();
    let mut default = given.default.clone();
    if let Some(value) = &given.value {
        let form = format!("{description} Write it as: {value}");
        form.trim().clone_into(&mut description);
        let end = value.find('{').unwrap_or(value.len());
        default = Some(value[..end].to_owned()).filter(|start| !start.is_empty());
    }
    let hint = given
        .value_hint
        .clone()
        .unwrap_or_else(|| "value".to_owned());
    RegistryInput {
        name: if given.name.is_empty() {
            hint
        } else {
            given.name.clone()
        },
        description,
        required: parts.iter().any(|part| part.is_required),
        secret: parts.iter().any(|part| part.is_secret),
        default,
        pointer,
    }
}

fn versioned(package: &Package, separator: &str) -> String {
    let version = package
        .version
        .as_deref()
        .filter(|version| !version.is_empty());
    match version {
        Some(version) => format!("{}{separator}{version}", package.identifier),
        None => package.identifier.clone(),
    }
}

fn braced(name: &str) -> String {
    format!("{{{name}}}")
}
