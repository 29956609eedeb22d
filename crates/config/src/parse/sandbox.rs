//! A server's `sandbox` and `isolation`. A value that nobody knows is told of, and counts as the
//! strictest that it may have meant: a fence never falls because of a misspelt word.

use model::{Reach, SandboxProfile};

use super::keys;
use super::section::Section;
use crate::sandbox::{Container, Sandbox};

const PROFILES: [(&str, SandboxProfile); 3] = [
    ("default", SandboxProfile::Default),
    ("compat", SandboxProfile::Compat),
    ("off", SandboxProfile::Off),
];

const REACHES: [(&str, Reach); 2] = [("none", Reach::None), ("open", Reach::Open)];

const RUNTIMES: [(&str, &str); 2] = [("docker", "docker"), ("podman", "podman")];

/// Memory that can be set, in MiB.
const MEMORY: std::ops::RangeInclusive<u64> = 16..=1_048_576;

/// Reads what fences a process in.
pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Sandbox {
    let mut sandbox = Sandbox::default();
    if section.is_object("sandbox") {
        read_fence(section, &mut sandbox);
    } else {
        let profile = section.strict_choice("sandbox", &PROFILES, SandboxProfile::Default);
        sandbox.profile = profile.unwrap_or_default();
    }
    sandbox.container = read_isolation(section);
    sandbox
}

fn read_fence(section: &mut Section<'_, '_, '_>, sandbox: &mut Sandbox) {
    let Some(mut fence) = section.child("sandbox") else {
        return;
    };
    keys::check(&mut fence, &keys::SANDBOX, &[]);
    let profile = fence.strict_choice("profile", &PROFILES, SandboxProfile::Default);
    sandbox.profile = profile.unwrap_or_default();
    let network = fence.strict_choice("network", &REACHES, Reach::None);
    sandbox.network = network.unwrap_or(Reach::Open);
    sandbox.sockets = fence.strict_choice("sockets", &REACHES, Reach::None);
    sandbox.read = fence.templates("read");
    sandbox.write = fence.templates("write");
    sandbox.memory = fence.number("memory", MEMORY);
    let usable = fence.is_usable();
    section.require(usable);
}

/// A container that cannot be read costs the server: without it, it would run unprotected.
fn read_isolation(section: &mut Section<'_, '_, '_>) -> Option<Container> {
    let mut isolation = section.child("isolation")?;
    keys::check(&mut isolation, &keys::ISOLATION, &[]);
    let at = isolation.start();
    let container = read_container(&mut isolation);
    if container.is_none() {
        let fix = "Write {\"docker\": {\"image\": \"NAME\"}}, or remove the key.";
        isolation.error(at, "", "No container is described here.", fix);
    }
    let usable = isolation.is_usable();
    section.require(usable);
    container
}

fn read_container(isolation: &mut Section<'_, '_, '_>) -> Option<Container> {
    let mut docker = isolation.child("docker")?;
    keys::check(&mut docker, &keys::DOCKER, &[]);
    let image = docker.text("image").map(|text| text.value.to_string());
    // An image in the form of an option would be one.
    let image = image.filter(|image| !image.is_empty() && !image.starts_with('-'));
    let network = docker.strict_choice("network", &REACHES, Reach::None);
    let runtime = docker.choice("runtime", &RUNTIMES);
    let mounts = docker.templates("mounts");
    let usable = docker.is_usable();
    isolation.require(usable);
    Some(Container {
        runtime: runtime.unwrap_or("docker").to_owned(),
        image: image?,
        network: network.unwrap_or(Reach::Open),
        mounts,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use model::Severity;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Launch, Parsed};

    fn parse(keys: &Value) -> Parsed {
        let mut entry = json!({"command": "x"});
        for (key, value) in keys.as_object().expect("an object") {
            entry[key] = value.clone();
        }
        let text = json!({"mcpServers": {"s": entry}}).to_string();
        crate::parse(&text, Path::new("c.json"))
    }

    fn sandbox(parsed: &Parsed) -> Option<Sandbox> {
        let settings = parsed.settings.as_ref().expect("usable");
        match &settings.servers.values().next()?.launch {
            Launch::Stdio(launch) => Some(launch.sandbox.clone()),
            Launch::Remote(_) => None,
        }
    }

    #[test]
    fn a_word_or_an_object_says_how_closely() {
        for (keys, profile) in [
            (json!({}), SandboxProfile::Default),
            (json!({"sandbox": "compat"}), SandboxProfile::Compat),
            (json!({"sandbox": {"profile": "off"}}), SandboxProfile::Off),
        ] {
            let parsed = parse(&keys);
            assert_eq!(parsed.diagnostics, [], "{keys}");
            assert_eq!(
                sandbox(&parsed).expect("a process").profile,
                profile,
                "{keys}"
            );
        }
        let all = json!({"sandbox": {
            "network": "none", "sockets": "open", "read": ["~/.kube"], "write": ["${HOME}/x"],
            "memory": 512,
        }});
        let parsed = parse(&all);
        assert_eq!(parsed.diagnostics, []);
        let sandbox = sandbox(&parsed).expect("a process");
        assert_eq!(
            (sandbox.network, sandbox.sockets),
            (Reach::None, Some(Reach::Open))
        );
        assert_eq!((sandbox.read.len(), sandbox.write.len()), (1, 1));
        assert_eq!(sandbox.memory, Some(512));
    }

    #[test]
    fn what_nobody_knows_is_taken_for_the_strictest() {
        for keys in [
            json!({"sandbox": "none"}),
            json!({"sandbox": false}),
            json!({"sandbox": {"profile": "of"}}),
        ] {
            let parsed = parse(&keys);
            assert_eq!(parsed.diagnostics.len(), 1, "{keys}");
            assert_eq!(parsed.diagnostics[0].severity, Severity::Warning, "{keys}");
            let sandbox = sandbox(&parsed).expect("usable all the same");
            assert_eq!(sandbox.profile, SandboxProfile::Default, "{keys}");
        }
        // The shape of another client, which tells domains apart.
        let keys = json!({"sandbox": {"network": {"allowedDomains": ["x"]}}});
        let parsed = parse(&keys);
        assert_eq!(sandbox(&parsed).expect("usable").network, Reach::None);
        assert!(parsed.diagnostics[0].message.contains("an object"));
    }

    #[test]
    fn a_container_is_described_whole_or_the_server_is_not_used() {
        let parsed =
            parse(&json!({"isolation": {"docker": {"image": "node:22", "network": "none"}}}));
        let container = sandbox(&parsed).and_then(|sandbox| sandbox.container);
        let container = container.expect("a container");
        assert_eq!(
            (container.runtime.as_str(), container.network),
            ("docker", Reach::None)
        );
        for keys in [
            json!({"isolation": "docker"}),
            json!({"isolation": {}}),
            json!({"isolation": {"docker": {}}}),
            json!({"isolation": {"docker": {"image": "--privileged"}}}),
            json!({"isolation": {"docker": {"image": "x", "runtime": "lxc"}}}),
            json!({"isolation": {"docker": {"image": "x", "mounts": "/:/"}}}),
        ] {
            let parsed = parse(&keys);
            assert_eq!(sandbox(&parsed), None, "{keys}");
            assert!(!parsed.diagnostics.is_empty(), "{keys}");
        }
    }
}
