//! A server as a child process that speaks on its standard input and output.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Problem, ProblemCode, Secret};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use telemetry::ServerLog;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wire::{Message, RequestId};

use crate::context::Context;
use crate::environment::find_command;
use crate::framer::{Line, Lines};
use crate::link::{CallError, Incoming, Link, LinkEnd, MAX_MESSAGE, link};
use crate::reaper::{MARK_VARIABLE, sweep_start};

/// After its input has ended, a server has this long to end by itself.
const GRACE_AFTER_EOF: Duration = Duration::from_secs(3);
/// After being asked to end, this long before it is killed.
const GRACE_AFTER_TERM: Duration = Duration::from_secs(2);
/// What a process that has ended may still have in its pipes is waited for this long.
const DRAIN: Duration = Duration::from_millis(500);
/// Longest line of standard error that is kept; the rest of it is skipped.
const MAX_STDERR_LINE: usize = 64 * 1024;
/// Lines of standard error quoted in a problem.
const QUOTED_LINES: usize = 3;

/// What to start.
pub(crate) struct Launch {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, Secret)>,
    pub(crate) cwd: Option<PathBuf>,
}

/// A started process. Dropping it kills the process.
pub(crate) struct Process {
    pub(crate) pid: u32,
    stop: CancellationToken,
    ended: watch::Receiver<Option<End>>,
    remarks: Arc<Remarks>,
    /// Owns the pipes' tasks and the process.
    _tasks: JoinSet<()>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug)]
struct End(Option<ExitStatus>);

/// What a server said besides the protocol, for the words of a problem.
#[derive(Default)]
pub(crate) struct Remarks {
    stderr: Mutex<VecDeque<String>>,
    junk: Mutex<Option<String>>,
}

/// Starts a process in a group of its own and connects to it.
pub(crate) async fn spawn(
    launch: &Launch,
    mark: &str,
    context: &Arc<Context>,
    log: &ServerLog,
) -> Result<(Link, Process), Problem> {
    let mut command = prepare(launch, mark, context).await?;
    let mut child = command
        .spawn()
        .map_err(|error| spawn_problem(launch, &error))?;
    let pid = child.id().unwrap_or_default();
    if let Some(reaper) = context.reaper() {
        reaper.watch(pid);
    }
    let (stdin, stdout, stderr) = (
        child.stdin().take(),
        child.stdout().take(),
        child.stderr().take(),
    );
    let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(spawn_problem(
            launch,
            &std::io::Error::other("its pipes are missing"),
        ));
    };

    let (link, end) = link();
    let (stop, remarks) = (CancellationToken::new(), Arc::new(Remarks::default()));
    let (exit, ended) = watch::channel(None);
    let LinkEnd { outgoing, incoming } = end;
    let mut tasks = JoinSet::new();
    tasks.spawn(write(stdin, outgoing, stop.clone()));
    tasks.spawn(listen(stderr, log.clone(), Arc::clone(&remarks)));
    tasks.spawn(read(
        stdout,
        incoming,
        log.clone(),
        Arc::clone(&remarks),
        ended.clone(),
    ));
    let keeper = Keeper {
        child,
        pid,
        mark: mark.to_owned(),
        context: Arc::clone(context),
    };
    tasks.spawn(keeper.keep(stop.clone(), exit));
    Ok((
        link,
        Process {
            pid,
            stop,
            ended,
            remarks,
            _tasks: tasks,
        },
    ))
}

impl Process {
    /// Ends the process in order: end of input, grace, SIGTERM to the group, SIGKILL. Returns
    /// when nothing of it is left.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        let _ = self.ended.wait_for(Option::is_some).await;
    }

    /// Ends the process, and says how it ended and what it said last.
    pub(crate) async fn autopsy(mut self) -> Problem {
        // A process that closed its output is given a moment to say how it ends.
        let by_itself = tokio::time::timeout(DRAIN, self.ended.wait_for(Option::is_some))
            .await
            .is_ok();
        self.stop.cancel();
        let end = self
            .ended
            .wait_for(Option::is_some)
            .await
            .map_or(None, |end| *end);
        let how = match end.and_then(|End(status)| status) {
            Some(status) if by_itself => format!("The process ended ({status})."),
            _ => "The process closed its output and was stopped.".to_owned(),
        };
        Problem::new(
            ProblemCode::Exited,
            format!("{how}{}", self.remarks.quote()),
            "See its log for the cause.",
        )
    }

    /// What the server said besides the protocol.
    pub(crate) fn remarks(&self) -> &Arc<Remarks> {
        &self.remarks
    }
}

impl Remarks {
    /// The last words on standard error, as a sentence to append; empty if there were none.
    pub(crate) fn quote(&self) -> String {
        let lines = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        let text: Vec<&str> = lines.iter().map(String::as_str).collect();
        format!(" Its last words: {}", text.join(" | "))
    }

    /// The first line on standard output that was not a message.
    pub(crate) fn junk(&self) -> Option<String> {
        self.junk
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note_stderr(&self, line: &[u8]) {
        let text = readable(line);
        if text.is_empty() {
            return;
        }
        let mut lines = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == QUOTED_LINES {
            lines.pop_front();
        }
        lines.push_back(text);
    }

    fn note_junk(&self, line: &[u8]) {
        let mut junk = self.junk.lock().unwrap_or_else(PoisonError::into_inner);
        if junk.is_none() {
            *junk = Some(readable(line));
        }
    }
}

/// At most 200 printable characters of a line.
fn readable(line: &[u8]) -> String {
    let head = &line[..line.len().min(800)];
    let text = String::from_utf8_lossy(head);
    text.chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect::<String>()
        .trim()
        .to_owned()
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

/// Writes messages as lines until the link closes or the process is to stop; then the process
/// sees the end of its input.
async fn write(
    mut stdin: ChildStdin,
    mut outgoing: mpsc::Receiver<Message>,
    stop: CancellationToken,
) {
    let lines = async {
        while let Some(message) = outgoing.recv().await {
            let mut line = message.to_json();
            line.push('\n');
            if stdin.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = lines => {}
        () = stop.cancelled() => {}
    }
}

/// Copies standard error to the log.
async fn listen(stderr: ChildStderr, log: ServerLog, remarks: Arc<Remarks>) {
    let mut lines = Lines::new(BufReader::new(stderr), MAX_STDERR_LINE);
    while let Ok(Some(line)) = lines.next().await {
        let (Line::Whole(text) | Line::TooLong { head: text, .. }) = line;
        log.stderr_line(text);
        remarks.note_stderr(text);
    }
}

/// Reads messages until the output ends, or shortly after the process has ended: a grandchild may
/// hold the pipe open for ever.
async fn read(
    stdout: ChildStdout,
    incoming: mpsc::Sender<Incoming>,
    log: ServerLog,
    remarks: Arc<Remarks>,
    mut ended: watch::Receiver<Option<End>>,
) {
    let messages = async {
        let mut lines = Lines::new(BufReader::new(stdout), MAX_MESSAGE);
        while let Ok(Some(line)) = lines.next().await {
            if let Some(message) = interpret(&line, &log, &remarks)
                && incoming.send(message).await.is_err()
            {
                return;
            }
        }
    };
    let outlived = async {
        let _ = ended.wait_for(Option::is_some).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = messages => {}
        () = outlived => {}
    }
    let problem = Problem::new(
        ProblemCode::Exited,
        "The server's process ended.",
        "It is started again by itself; see its log for the cause.",
    );
    let _ = incoming.send(Incoming::Closed(problem)).await;
}

/// What a line means; `None` for what is not a message, which is logged and skipped.
fn interpret(line: &Line<'_>, log: &ServerLog, remarks: &Remarks) -> Option<Incoming> {
    match line {
        Line::Whole(text) if text.iter().all(u8::is_ascii_whitespace) => None,
        Line::Whole(text) => match Message::parse(text) {
            Ok(message) => Some(Incoming::Message(message)),
            Err(error) => {
                remarks.note_junk(text);
                let shown = readable(text);
                log.event(
                    tracing::Level::WARN,
                    &format!("skipped a line ({error}): {shown}"),
                );
                None
            }
        },
        Line::TooLong { head, length } => {
            remarks.note_junk(head);
            let text = format!("a message of {length} bytes is over the limit of {MAX_MESSAGE}");
            log.event(tracing::Level::WARN, &text);
            let problem = Problem::new(
                ProblemCode::NotMcp,
                format!("The server sent {text}."),
                "Ask it for less at once.",
            );
            answered_id(head).map(|id| Incoming::Failed {
                id,
                error: CallError::Lost(problem),
            })
        }
    }
}

/// The id in the head of a response that is too long to read whole.
fn answered_id(head: &[u8]) -> Option<RequestId> {
    let text = String::from_utf8_lossy(head);
    let after = text.split_once("\"id\":")?.1.trim_start();
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(RequestId::number)
}

/// Owns the child until nothing of it is left.
struct Keeper {
    child: Box<dyn ChildWrapper>,
    pid: u32,
    mark: String,
    context: Arc<Context>,
}

impl Keeper {
    async fn keep(mut self, stop: CancellationToken, exit: watch::Sender<Option<End>>) {
        let status = tokio::select! {
            status = self.child.wait() => status.ok(),
            () = stop.cancelled() => self.end().await,
        };
        self.clear().await;
        exit.send_replace(Some(End(status)));
    }

    /// Waits after the end of input, then asks the group to end, then kills it.
    async fn end(&mut self) -> Option<ExitStatus> {
        if let Ok(status) = tokio::time::timeout(GRACE_AFTER_EOF, self.child.wait()).await {
            return status.ok();
        }
        self.terminate();
        if let Ok(status) = tokio::time::timeout(GRACE_AFTER_TERM, self.child.wait()).await {
            return status.ok();
        }
        let _ = self.child.start_kill();
        self.child.wait().await.ok()
    }

    #[cfg(unix)]
    fn terminate(&self) {
        let _ = self.child.signal(rustix::process::Signal::TERM.as_raw());
    }

    #[cfg(not(unix))]
    fn terminate(&self) {
        // Windows has no request to end for console programs without a console.
    }

    /// Ends what the process left behind in its group, and on Linux also outside of it.
    async fn clear(&mut self) {
        let _ = self.child.start_kill();
        if let Some(reaper) = self.context.reaper() {
            reaper.forget(self.pid);
        }
        let mark = std::mem::take(&mut self.mark);
        let _ = tokio::task::spawn_blocking(move || sweep_start(&mark)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_message_that_is_too_long_is_found() {
        let id = answered_id(br#"{"jsonrpc":"2.0", "id": 17,"result":{"content":[{"te"#);
        assert_eq!(id, Some(RequestId::number(17)));
        assert_eq!(answered_id(br#"{"jsonrpc":"2.0","method":"x"#), None);
        assert_eq!(answered_id(br#"{"id":"text","result""#), None);
    }

    #[test]
    fn quotes_are_short_and_printable() {
        let remarks = Remarks::default();
        assert_eq!(remarks.quote(), "");
        for line in [
            b"one".as_slice(),
            b"two",
            b"",
            b"\x1b[31mthree",
            &[b'x'; 9000],
        ] {
            remarks.note_stderr(line);
        }
        let quote = remarks.quote();
        assert!(
            quote.starts_with(" Its last words: two | [31mthree | xxx"),
            "{quote}"
        );
        assert!(quote.len() < 300);
    }
}
