//! A server in a container: the command line for the engine.

use std::path::Path;

use model::{ContainerSettings, Reach};

/// Processes that a container may hold.
const PROCESSES: u32 = 512;
/// Memory of a container for which nothing is said, in MiB.
const MEMORY: u64 = 4096;

/// What is to run in the container.
#[derive(Clone, Copy, Debug)]
pub struct ContainerCommand<'a> {
    /// The program inside.
    pub command: &'a str,
    /// What it is started with.
    pub args: &'a [String],
    /// The names of its variables. Their values are in the environment of the engine's client, so
    /// that no list of processes shows them.
    pub variables: &'a [&'a str],
    /// The folder that it is started in, inside.
    pub cwd: Option<&'a Path>,
    /// Its memory, in MiB.
    pub memory: Option<u64>,
    /// Marks the container, so that one that was left behind can be told.
    pub label: &'a str,
}

/// The arguments for the engine's client.
pub fn container_command(
    settings: &ContainerSettings,
    inside: &ContainerCommand<'_>,
) -> Vec<String> {
    let memory = inside.memory.unwrap_or(MEMORY);
    let fixed = [
        "run",
        "--rm",
        "-i",
        "--init",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
    ];
    let mut line: Vec<String> = fixed.map(str::to_owned).into();
    line.extend(["--pids-limit".into(), PROCESSES.to_string()]);
    line.extend(["--memory".into(), format!("{memory}m")]);
    line.extend(["--label".into(), format!("toolgate={}", inside.label)]);
    if settings.network == Reach::None {
        line.extend(["--network".into(), "none".into()]);
    }
    for mount in &settings.mounts {
        line.extend(["-v".into(), mount.clone()]);
    }
    if let Some(cwd) = inside.cwd {
        line.extend(["-w".into(), cwd.display().to_string()]);
    }
    for name in inside.variables {
        line.extend(["-e".into(), (*name).to_owned()]);
    }
    line.push(settings.image.clone());
    line.push(inside.command.to_owned());
    line.extend(inside.args.iter().cloned());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(network: Reach, mounts: &[&str]) -> ContainerSettings {
        ContainerSettings {
            runtime: "docker".into(),
            image: "node:22".into(),
            network,
            mounts: mounts.iter().map(|mount| (*mount).to_owned()).collect(),
        }
    }

    #[test]
    fn everything_is_an_argument_and_no_value_is_among_them() {
        let args = ["-y".to_owned(), "x; id".to_owned()];
        let inside = ContainerCommand {
            command: "npx",
            args: &args,
            variables: &["TOKEN"],
            cwd: Some(Path::new("/work")),
            memory: Some(256),
            label: "a/b/1",
        };
        let line = container_command(&settings(Reach::None, &["/data:/data:ro"]), &inside);
        assert_eq!(
            line.join(" "),
            "run --rm -i --init --cap-drop ALL --security-opt no-new-privileges \
             --pids-limit 512 --memory 256m --label toolgate=a/b/1 --network none \
             -v /data:/data:ro -w /work -e TOKEN node:22 npx -y x; id"
        );
        assert_eq!(line.last().map(String::as_str), Some("x; id"));
    }

    #[test]
    fn a_network_and_memory_are_given_unless_told() {
        let inside = ContainerCommand {
            command: "x",
            args: &[],
            variables: &[],
            cwd: None,
            memory: None,
            label: "l",
        };
        let line = container_command(&settings(Reach::Open, &[]), &inside).join(" ");
        assert!(
            !line.contains("--network") && line.contains("--memory 4096m"),
            "{line}"
        );
        assert!(!line.contains(" -w ") && !line.contains(" -e "), "{line}");
    }
}
