//! The command of a server: its environment, its program, and what it is fenced in by.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;

use model::{
    ContainerSettings, FileAccess, Problem, ProblemCode, ProcessLimit, Reach, SandboxProfile,
    SandboxSettings, SandboxStatus,
};
use process_wrap::tokio::{CommandWrap, KillOnDrop};
use sandbox::{ContainerCommand, HELPER, Plan, Start, container_command, early_name};

use super::Launch;
use crate::confinement::Confinement;
use crate::context::Context;
use crate::environment::find_command;
use crate::reaper::MARK_VARIABLE;

/// Ways to the user's session, which lead nowhere without its sockets.
const SESSION: [&str; 3] = ["DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"];

type Variables = BTreeMap<OsString, OsString>;

/// A command that is ready to be run.
pub(super) struct Prepared {
    pub(super) command: CommandWrap,
    pub(super) fence: Fence,
    /// To be removed when nothing of the process is left.
    pub(super) scratch: Option<PathBuf>,
}

/// Who tells what a process is fenced in by.
pub(super) enum Fence {
    /// The helper, on standard error before the server runs; where there is a container, that is
    /// what counts.
    Reported { container: Option<SandboxStatus> },
    /// Nobody: there is nothing to be told.
    Known(SandboxStatus),
}

/// A program and its arguments.
struct Line {
    program: PathBuf,
    args: Vec<OsString>,
}

/// Finds the program, and puts what fences it in around it.
pub(super) async fn prepare(
    launch: &Launch,
    mark: &str,
    context: &Context,
) -> Result<Prepared, Problem> {
    let mut environment = context.environment.base().await;
    for (name, value) in &launch.env {
        environment.insert(OsString::from(name), OsString::from(value.expose()));
    }
    environment.insert(MARK_VARIABLE.into(), mark.into());
    let line = line(launch, mark, &environment)?;
    match context.confinement().filter(|_| cfg!(unix)) {
        Some(confinement) => confined(launch, mark, line, environment, confinement),
        None => unconfined(launch, &line, environment),
    }
}

fn line(launch: &Launch, mark: &str, environment: &Variables) -> Result<Line, Problem> {
    let command = match &launch.sandbox.container {
        Some(container) => &container.runtime,
        None => &launch.command,
    };
    let cwd = launch.cwd.as_deref();
    let Some(program) = find_command(command, path_of(environment), cwd) else {
        return Err(not_found(command));
    };
    let args = match &launch.sandbox.container {
        Some(container) => contained(launch, container, mark),
        None => launch.args.clone(),
    };
    let args = args.into_iter().map(OsString::from).collect();
    Ok(Line { program, args })
}

fn contained(launch: &Launch, container: &ContainerSettings, mark: &str) -> Vec<String> {
    let names: Vec<&str> = launch.env.iter().map(|(name, _)| name.as_str()).collect();
    let inside = ContainerCommand {
        command: &launch.command,
        args: &launch.args,
        variables: &names,
        cwd: launch.cwd.as_deref(),
        memory: launch.sandbox.memory,
        label: mark,
    };
    let network = container_network(&launch.sandbox, container);
    let container = ContainerSettings {
        network,
        ..container.clone()
    };
    container_command(&container, &inside)
}

/// The stricter of what the sandbox and the container say.
fn container_network(settings: &SandboxSettings, container: &ContainerSettings) -> Reach {
    settings.network.min(container.network)
}

/// Has the helper start the program.
fn confined(
    launch: &Launch,
    mark: &str,
    line: Line,
    mut environment: Variables,
    confinement: &Confinement,
) -> Result<Prepared, Problem> {
    let plan = plan(launch, &line, mark, &environment, confinement);
    adapt(&mut environment, launch, &plan);
    let helper = (confinement.helper)().map_err(|error| no_helper(&error))?;
    let plan_text = serde_json::to_string(&plan).unwrap_or_default();
    let mut args: Vec<OsString> = vec![HELPER.into(), plan_text.into(), line.program.into()];
    args.extend(line.args);
    let environment = environment
        .into_iter()
        .map(|(name, value)| (early_name(&name), value))
        .collect();
    let program = helper.get_program().into();
    let container = container_status(&launch.sandbox);
    Ok(Prepared {
        command: wrap(launch, &Line { program, args }, environment),
        fence: Fence::Reported { container },
        scratch: plan.scratch,
    })
}

fn plan(
    launch: &Launch,
    line: &Line,
    mark: &str,
    environment: &Variables,
    confinement: &Confinement,
) -> Plan {
    let values: Vec<&str> = launch.env.iter().map(|(_, value)| value.expose()).collect();
    let start = Start {
        program: &line.program,
        args: &launch.args,
        values: &values,
        cwd: launch.cwd.as_deref(),
    };
    let scratch = confinement.scratch_of(mark);
    let cache = environment.get(OsStr::new("XDG_CACHE_HOME"));
    let around = confinement.around(
        &scratch,
        cache.map(OsString::as_os_str),
        path_of(environment),
    );
    if launch.sandbox.container.is_some() {
        // The engine fences it in; its client only loses what no program needs.
        let settings = SandboxSettings {
            profile: SandboxProfile::Off,
            ..SandboxSettings::default()
        };
        return Plan::new(&settings, &start, &around);
    }
    Plan::new(&launch.sandbox, &start, &around)
}

/// Leaves out what leads nowhere, and names the temporary folder; what the entry itself sets
/// stays.
fn adapt(environment: &mut Variables, launch: &Launch, plan: &Plan) {
    let is_own = |name: &str| launch.env.iter().any(|(own, _)| own == name);
    if plan.sockets == Reach::None {
        for name in SESSION.iter().filter(|name| !is_own(name)) {
            environment.remove(OsStr::new(name));
        }
    }
    for (name, folder) in plan.variables.iter().filter(|(name, _)| !is_own(name)) {
        environment.insert(name.into(), folder.into());
    }
}

/// Starts the program itself, where there is no helper.
fn unconfined(launch: &Launch, line: &Line, environment: Variables) -> Result<Prepared, Problem> {
    let settings = &launch.sandbox;
    let status = match container_status(settings) {
        Some(status) => status,
        None if settings.network == Reach::None => return Err(not_enforced()),
        None => SandboxStatus::open(settings.profile, NOTHING_HERE),
    };
    Ok(Prepared {
        command: wrap(launch, line, environment),
        fence: Fence::Known(status),
        scratch: None,
    })
}

const NOTHING_HERE: &str = if cfg!(windows) {
    "Windows has no way to fence in files and network without an administrator."
} else {
    "This gateway was started without what fences servers in."
};

fn container_status(settings: &SandboxSettings) -> Option<SandboxStatus> {
    let container = settings.container.as_ref()?;
    let mut notes = vec![format!(
        "It runs in a container of {}, made of the image {}.",
        container.runtime, container.image
    )];
    if !container.mounts.is_empty() {
        notes.push(format!("It is given {}.", container.mounts.join(", ")));
    }
    Some(SandboxStatus {
        profile: settings.profile,
        files: FileAccess::Fenced,
        network: container_network(settings, container),
        sockets: Reach::None,
        processes: ProcessLimit::Limited,
        notes,
    })
}

fn wrap(launch: &Launch, line: &Line, environment: Variables) -> CommandWrap {
    let mut command = CommandWrap::with_new(&line.program, |command| {
        command.args(&line.args).env_clear().envs(environment);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // In a container, the folder is one of the container's.
        if let Some(directory) = launch.cwd.as_ref().filter(|_| !is_contained(launch)) {
            command.current_dir(directory);
        }
    });
    command.wrap(KillOnDrop);
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    command
}

fn is_contained(launch: &Launch) -> bool {
    launch.sandbox.container.is_some()
}

fn path_of(environment: &Variables) -> &OsStr {
    let path = environment.get(OsStr::new("PATH"));
    path.map(OsString::as_os_str).unwrap_or_default()
}

fn not_found(command: &str) -> Problem {
    Problem::new(
        ProblemCode::CommandNotFound,
        format!("The command `{command}` was not found on PATH."),
        "Install it, or write its full path; `toolgate doctor` shows the PATH in use.",
    )
}

fn no_helper(error: &std::io::Error) -> Problem {
    Problem::new(
        ProblemCode::SpawnFailed,
        format!("What fences servers in cannot be started: {error}."),
        "Start Toolgate again; its program may have been moved or replaced.",
    )
}

fn not_enforced() -> Problem {
    Problem::new(
        ProblemCode::SpawnFailed,
        format!("Its `sandbox.network` is `none`, which cannot be enforced. {NOTHING_HERE}"),
        "Run it in a container with `isolation`, or remove the key to start it with the network.",
    )
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    fn launch(sandbox: SandboxSettings) -> Launch {
        Launch {
            command: "sh".into(),
            args: vec!["-c".into(), "true".into()],
            env: vec![
                ("DISPLAY".into(), Secret::new(":7")),
                ("LD_PRELOAD".into(), Secret::new("/x.so")),
            ],
            cwd: None,
            sandbox,
        }
    }

    fn environment() -> Variables {
        let pairs = [
            ("PATH", "/usr/bin:/bin"),
            ("DISPLAY", ":7"),
            ("WAYLAND_DISPLAY", "wayland-0"),
            ("LD_PRELOAD", "/x.so"),
        ];
        pairs
            .map(|(name, value)| (name.into(), value.into()))
            .into()
    }

    fn confinement() -> Confinement {
        Confinement {
            helper: || Ok(std::process::Command::new("/proc/self/exe")),
            own: Vec::new(),
            scratch: "/nowhere/scratch".into(),
            home: Some("/nowhere/home".into()),
        }
    }

    fn container(network: Reach) -> SandboxSettings {
        SandboxSettings {
            container: Some(ContainerSettings {
                runtime: "sh".into(),
                image: "image".into(),
                network,
                mounts: vec!["/a:/b".into()],
            }),
            ..SandboxSettings::default()
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_leads_nowhere_is_left_out_and_what_the_entry_sets_stays() {
        let launch = launch(SandboxSettings::default());
        let mut environment = environment();
        let line = line(&launch, "p/r/s/1", &environment).expect("found");
        let plan = plan(&launch, &line, "p/r/s/1", &environment, &confinement());
        adapt(&mut environment, &launch, &plan);
        let get = |name: &str| environment.get(OsStr::new(name)).map(OsString::as_os_str);
        assert_eq!(get("DISPLAY"), Some(OsStr::new(":7")));
        assert_eq!(get("WAYLAND_DISPLAY"), None);
        assert_eq!(get("TMPDIR"), Some(OsStr::new("/nowhere/scratch/s-1")));
    }

    #[cfg(unix)]
    #[test]
    fn the_helper_runs_first_and_without_what_the_loader_was_told() {
        let launch = launch(SandboxSettings::default());
        let line = line(&launch, "p/r/s/1", &environment()).expect("found");
        let prepared = confined(&launch, "p/r/s/1", line, environment(), &confinement());
        let Ok(prepared) = prepared else {
            panic!("not prepared")
        };
        let command = prepared.command.command().as_std();
        assert_eq!(command.get_program(), "/proc/self/exe");
        let args: Vec<_> = command.get_args().collect();
        assert_eq!(args[0], HELPER);
        assert_eq!(args[3..], ["-c", "true"]);
        let names: Vec<_> = command.get_envs().map(|(name, _)| name).collect();
        assert!(!names.contains(&OsStr::new("LD_PRELOAD")), "{names:?}");
        assert!(matches!(
            prepared.fence,
            Fence::Reported { container: None }
        ));
    }

    #[test]
    fn where_nothing_can_be_fenced_a_closed_network_is_refused() {
        let line = || Line {
            program: "/bin/sh".into(),
            args: Vec::new(),
        };
        let closed = SandboxSettings {
            network: Reach::None,
            ..SandboxSettings::default()
        };
        let refused = unconfined(&launch(closed), &line(), Variables::new());
        assert_eq!(
            refused.err().map(|problem| problem.code),
            Some(ProblemCode::SpawnFailed)
        );
        let open = unconfined(
            &launch(SandboxSettings::default()),
            &line(),
            Variables::new(),
        );
        let Ok(Prepared {
            fence: Fence::Known(status),
            ..
        }) = open
        else {
            panic!("it is known that nothing is fenced")
        };
        assert!(status.is_open() && !status.notes.is_empty(), "{status:?}");
    }

    #[test]
    fn of_sandbox_and_container_the_stricter_counts() {
        let closed = SandboxSettings {
            network: Reach::None,
            ..container(Reach::Open)
        };
        for settings in [closed, container(Reach::None)] {
            let status = container_status(&settings).expect("a container");
            assert_eq!(status.network, Reach::None);
            assert!(status.notes[1].contains("/a:/b"), "{status:?}");
        }
        assert_eq!(container_status(&SandboxSettings::default()), None);
    }
}
