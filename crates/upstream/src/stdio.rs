//! A server as a child process that speaks on its standard input and output.

mod keeper;
mod pipes;
mod remarks;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use model::{Problem, ProblemCode, Secret};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use telemetry::ServerLog;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::context::Context;
use crate::environment::find_command;
use crate::link::{Link, LinkEnd, link};
use crate::reaper::MARK_VARIABLE;
use keeper::{End, Ended, Keeper};
use pipes::{DRAIN, listen, read, write};

pub(crate) use remarks::Remarks;

/// What to start.
pub(crate) struct Launch {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, Secret)>,
    pub(crate) cwd: Option<PathBuf>,
}

/// Where a start belongs.
pub(crate) struct Place<'a> {
    pub(crate) context: &'a Arc<Context>,
    pub(crate) log: &'a ServerLog,
    /// What every process of this start carries in its environment.
    pub(crate) mark: &'a str,
    /// Waited for before the server's next start: a process outlives its handle by its grace.
    pub(crate) processes: &'a TaskTracker,
}

/// A started process. Dropping it ends the process in order, too.
pub(crate) struct Process {
    pub(crate) pid: u32,
    stop: DropGuard,
    ended: Ended,
    remarks: Arc<Remarks>,
    /// Owns the tasks of the pipes.
    _pipes: JoinSet<()>,
}

/// Starts a process in a group of its own and connects to it.
pub(crate) async fn spawn(launch: &Launch, place: &Place<'_>) -> Result<(Link, Process), Problem> {
    let mut command = prepare(launch, place.mark, place.context).await?;
    let spawned = command.spawn();
    let child = spawned.map_err(|error| spawn_problem(launch, &error))?;
    let pid = child.id().unwrap_or_default();
    if let Some(reaper) = place.context.reaper() {
        reaper.watch(pid);
    }
    connect(child, pid, place)
        .ok_or_else(|| spawn_problem(launch, &std::io::Error::other("its pipes are missing")))
}

/// Starts the tasks around a process; `None` if it came without pipes.
fn connect(
    mut child: Box<dyn ChildWrapper>,
    pid: u32,
    place: &Place<'_>,
) -> Option<(Link, Process)> {
    let stdin = child.stdin().take()?;
    let stdout = child.stdout().take()?;
    let stderr = child.stderr().take()?;
    let (link, LinkEnd { outgoing, incoming }) = link();
    let (stop, remarks) = (CancellationToken::new(), Arc::new(Remarks::default()));
    let (exit, ended) = watch::channel(None);
    let (log, quoted) = (place.log.clone(), Arc::clone(&remarks));
    let mut pipes = JoinSet::new();
    pipes.spawn(write(stdin, outgoing, stop.clone()));
    pipes.spawn(listen(stderr, log.clone(), Arc::clone(&remarks)));
    pipes.spawn(read(stdout, incoming, log, quoted, ended.clone()));
    let (mark, context) = (place.mark.to_owned(), Arc::clone(place.context));
    let keeper = Keeper {
        child,
        pid,
        mark,
        context,
    };
    place.processes.spawn(keeper.keep(stop.clone(), exit));
    let stop = stop.drop_guard();
    Some((
        link,
        Process {
            pid,
            stop,
            ended,
            remarks,
            _pipes: pipes,
        },
    ))
}

impl Process {
    /// Ends the process in order: end of input, grace, SIGTERM to the group, SIGKILL. Returns
    /// when nothing of it is left.
    pub(crate) async fn stop(self) {
        let Self {
            stop,
            mut ended,
            _pipes,
            ..
        } = self;
        drop(stop);
        let _ = ended.wait_for(Option::is_some).await;
    }

    /// Ends the process, and says how it ended and what it said last.
    pub(crate) async fn autopsy(self) -> Problem {
        let Self {
            stop,
            mut ended,
            remarks,
            _pipes,
            ..
        } = self;
        // A process that closed its output is given a moment to say how it ends.
        let over = tokio::time::timeout(DRAIN, ended.wait_for(Option::is_some))
            .await
            .is_ok();
        drop(stop);
        let end = ended
            .wait_for(Option::is_some)
            .await
            .map_or(None, |end| *end);
        let how = match end.and_then(|End(status)| status) {
            Some(status) if over => format!("The process ended ({status})."),
            _ => "The process closed its output and was stopped.".to_owned(),
        };
        Problem::new(
            ProblemCode::Exited,
            format!("{how}{}", remarks.quote()),
            "See its log for the cause.",
        )
    }

    /// What the server said besides the protocol.
    pub(crate) fn remarks(&self) -> &Arc<Remarks> {
        &self.remarks
    }
}

async fn prepare(launch: &Launch, mark: &str, context: &Context) -> Result<CommandWrap, Problem> {
    let mut environment = context.environment.base().await;
    for (name, value) in &launch.env {
        environment.insert(OsString::from(name), OsString::from(value.expose()));
    }
    environment.insert(MARK_VARIABLE.into(), mark.into());
    let path = environment
        .get(std::ffi::OsStr::new("PATH"))
        .cloned()
        .unwrap_or_default();
    let Some(program) = find_command(&launch.command, &path, launch.cwd.as_deref()) else {
        return Err(not_found(&launch.command));
    };
    let mut command = CommandWrap::with_new(program, |command| {
        command.args(&launch.args).env_clear().envs(environment);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(directory) = &launch.cwd {
            command.current_dir(directory);
        }
    });
    command.wrap(KillOnDrop);
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    Ok(command)
}

fn not_found(command: &str) -> Problem {
    Problem::new(
        ProblemCode::CommandNotFound,
        format!("The command `{command}` was not found on PATH."),
        "Install it, or write its full path; `toolgate doctor` shows the PATH in use.",
    )
}

fn spawn_problem(launch: &Launch, error: &std::io::Error) -> Problem {
    let place = launch.cwd.as_ref().filter(|directory| !directory.is_dir());
    match place {
        Some(directory) => Problem::new(
            ProblemCode::SpawnFailed,
            format!(
                "The working directory {} does not exist.",
                directory.display()
            ),
            "Create it, or change `cwd`.",
        ),
        None => Problem::new(
            ProblemCode::SpawnFailed,
            format!("`{}` could not be started: {error}.", launch.command),
            "Check that the file is a program for this machine and may be executed.",
        ),
    }
}
