//! A server as a child process that speaks on its standard input and output.

mod keeper;
mod pipes;
mod prepare;
mod remarks;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{Problem, ProblemCode, SandboxProfile, SandboxSettings, SandboxStatus, Secret};
use process_wrap::tokio::ChildWrapper;
use sandbox::Report;
use telemetry::ServerLog;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::context::Context;
use crate::link::{Link, LinkEnd, link};
use keeper::{End, Ended, Keeper};
use pipes::{DRAIN, listen, read, write};
use prepare::{Fence, Prepared, prepare};

pub(crate) use remarks::Remarks;

/// What fences a process in has this long to say what it achieved.
const REPORT_PATIENCE: Duration = Duration::from_secs(10);

/// What to start.
pub(crate) struct Launch {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, Secret)>,
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) sandbox: SandboxSettings,
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
    /// What fences it in, as achieved.
    pub(crate) sandbox: SandboxStatus,
    stop: DropGuard,
    ended: Ended,
    remarks: Arc<Remarks>,
    /// Owns the tasks of the pipes.
    _pipes: JoinSet<()>,
}

/// Starts a process in a group of its own and connects to it.
pub(crate) async fn spawn(launch: &Launch, place: &Place<'_>) -> Result<(Link, Process), Problem> {
    let prepared = prepare(launch, place.mark, place.context).await?;
    let Prepared {
        mut command,
        fence,
        scratch,
    } = prepared;
    let spawned = command.spawn();
    let child = spawned.map_err(|error| spawn_problem(launch, &error))?;
    let pid = child.id().unwrap_or_default();
    if let Some(reaper) = place.context.reaper() {
        reaper.watch(pid);
    }
    let (report, reported) = oneshot::channel();
    let report = matches!(fence, Fence::Reported { .. }).then_some(report);
    let keeper = Keeper {
        child,
        pid,
        mark: place.mark.to_owned(),
        context: Arc::clone(place.context),
        scratch,
    };
    let (link, mut process) = connect(keeper, report, place)
        .ok_or_else(|| spawn_problem(launch, &std::io::Error::other("its pipes are missing")))?;
    match achieved(fence, reported).await {
        Ok(status) => process.sandbox = status,
        Err(reason) => {
            let message = reason + &process.remarks.quote();
            process.stop().await;
            let fix = "Correct what its entry says under `sandbox`; docs/security.md tells what \
                       each system can enforce.";
            return Err(Problem::new(ProblemCode::SpawnFailed, message, fix));
        }
    }
    Ok((link, process))
}

/// What fences the process in, by whoever knows; else the reason why the server does not run.
async fn achieved(
    fence: Fence,
    reported: oneshot::Receiver<Option<Report>>,
) -> Result<SandboxStatus, String> {
    let container = match fence {
        Fence::Known(status) => return Ok(status),
        Fence::Reported { container } => container,
    };
    match tokio::time::timeout(REPORT_PATIENCE, reported).await {
        Ok(Ok(Some(Report::Applied(status)))) => Ok(container.unwrap_or(status)),
        Ok(Ok(Some(Report::Refused(reason)))) => Err(reason),
        _ => Err("What fences it in ended without a word, before the server was started.".into()),
    }
}

/// Starts the tasks around a process; `None` if it came without pipes.
fn connect(
    mut keeper: Keeper,
    report: Option<oneshot::Sender<Option<Report>>>,
    place: &Place<'_>,
) -> Option<(Link, Process)> {
    let child: &mut Box<dyn ChildWrapper> = &mut keeper.child;
    let stdin = child.stdin().take()?;
    let stdout = child.stdout().take()?;
    let stderr = child.stderr().take()?;
    let pid = keeper.pid;
    let (link, LinkEnd { outgoing, incoming }) = link();
    let (stop, remarks) = (CancellationToken::new(), Arc::new(Remarks::default()));
    let (exit, ended) = watch::channel(None);
    let (log, quoted) = (place.log.clone(), Arc::clone(&remarks));
    let mut pipes = JoinSet::new();
    pipes.spawn(write(stdin, outgoing, stop.clone()));
    pipes.spawn(listen(stderr, log.clone(), Arc::clone(&remarks), report));
    pipes.spawn(read(stdout, incoming, log, quoted, ended.clone()));
    place.processes.spawn(keeper.keep(stop.clone(), exit));
    let stop = stop.drop_guard();
    Some((
        link,
        Process {
            pid,
            sandbox: SandboxStatus::open(SandboxProfile::Off, "Nothing is known of it yet."),
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
