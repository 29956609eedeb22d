//! The way to the gateway, which is started when nobody listens.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use api_client::{ClientError, Link};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// How long a gateway that was just started may take to open its socket.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long a failed start speaks for the requests that come after it.
const FAILURE_HOLDS: Duration = Duration::from_secs(5);

/// Between two looks at the socket of a gateway that is being started.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How to start a gateway.
pub(crate) struct Starter {
    /// The program, this very one.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) args: Vec<std::ffi::OsString>,
}

/// Why there is no connection; nothing was sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Closed(String);

impl Closed {
    /// A gateway that accepts connections and closes them again and again.
    pub(super) fn refused() -> Self {
        Self("the gateway closed every connection before it read from it; try again".to_owned())
    }
}

/// Opens connections to the gateway.
pub(crate) struct Door {
    socket: PathBuf,
    starter: Starter,
    /// Taken while a gateway is being started; holds how the last start failed.
    start: Mutex<Option<(Instant, Closed)>>,
}

impl Door {
    pub(crate) fn new(socket: PathBuf, starter: Starter) -> Self {
        Self {
            socket,
            starter,
            start: Mutex::new(None),
        }
    }

    /// Connects; where no gateway runs, starts one and waits for its socket.
    pub(super) async fn open(&self) -> Result<Link, Closed> {
        match self.open_if_running().await {
            Err(ClientError::NotRunning { .. }) => self.start().await,
            other => other.map_err(|error| Closed(error.to_string())),
        }
    }

    /// Connects to a gateway that already runs.
    pub(super) async fn open_if_running(&self) -> Result<Link, ClientError> {
        Link::open(&self.socket).await
    }

    /// Starts a gateway; whoever comes meanwhile waits for the same start.
    async fn start(&self) -> Result<Link, Closed> {
        let mut last = self.start.lock().await;
        if let Some((when, failure)) = &*last
            && when.elapsed() < FAILURE_HOLDS
        {
            return Err(failure.clone());
        }
        let started = self.start_and_wait().await;
        *last = started
            .as_ref()
            .err()
            .map(|failure| (Instant::now(), failure.clone()));
        started
    }

    async fn start_and_wait(&self) -> Result<Link, Closed> {
        // Another request's start, or another bridge's, may have come first.
        if let Ok(link) = self.open_if_running().await {
            return Ok(link);
        }
        let mut child = self.starter.spawn().map_err(|error| {
            Closed(format!(
                "no gateway is running and none could be started: {error}"
            ))
        })?;
        let deadline = Instant::now() + START_LIMIT;
        loop {
            match self.open_if_running().await {
                Ok(link) => return Ok(link),
                Err(ClientError::NotRunning { .. }) => {}
                Err(error) => return Err(Closed(error.to_string())),
            }
            if let Some(why) = ended(&mut child) {
                return Err(why);
            }
            if Instant::now() > deadline {
                let limit = START_LIMIT.as_secs();
                return Err(closed(&format!(
                    "was started but opened no socket in {limit} s"
                )));
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

impl Starter {
    /// Starts the gateway so that it outlives this process and hears none of its signals.
    fn spawn(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(false);
        detach(&mut command);
        command.spawn()
    }
}

/// Whether the start has failed for good. A gateway that ended because another one holds the
/// data directory has not: that other one is about to open the socket.
fn ended(child: &mut Child) -> Option<Closed> {
    let status = child.try_wait().ok().flatten()?;
    let other_runs = i32::from(crate::exit::Code::AlreadyRunning as u8);
    (status.code() != Some(other_runs)).then(|| closed(&format!("ended at its start ({status})")))
}

fn closed(what: &str) -> Closed {
    Closed(format!(
        "the gateway {what}; run `toolgate serve` or `toolgate doctor` to see why"
    ))
}

#[cfg(unix)]
fn detach(command: &mut Command) {
    command.process_group(0);
}

#[cfg(windows)]
fn detach(command: &mut Command) {
    /// `DETACHED_PROCESS` and `CREATE_NEW_PROCESS_GROUP` of the Windows API.
    const FLAGS: u32 = 0x0000_0008 | 0x0000_0200;
    command.creation_flags(FLAGS);
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use local_socket::Listener;

    use super::*;

    /// A door whose gateway is a shell script with the directory as its first argument.
    fn door(dir: &Path, script: &str) -> Door {
        let args = ["-c".into(), script.into(), dir.into()];
        let starter = Starter {
            program: "/bin/sh".into(),
            args: args.into(),
        };
        Door::new(dir.join("s"), starter)
    }

    fn starts(dir: &Path) -> usize {
        std::fs::read_to_string(dir.join("starts")).map_or(0, |text| text.lines().count())
    }

    #[tokio::test]
    async fn requests_that_come_together_share_one_failed_start() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let door = door(dir.path(), "echo x >> $0/starts; exit 4");
        let (first, second) = tokio::join!(door.open(), door.open());
        let failure = first.err().expect("it failed").to_string();
        assert!(
            failure.contains("ended at its start") && failure.contains('4'),
            "{failure}"
        );
        assert_eq!(second.err().expect("it failed").to_string(), failure);
        assert_eq!(starts(dir.path()), 1);
    }

    #[tokio::test]
    async fn a_gateway_that_yields_to_another_is_no_failure() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let door = door(dir.path(), "echo x >> $0/starts; exit 7");
        let other = async {
            while starts(dir.path()) == 0 {
                tokio::task::yield_now().await;
            }
            Listener::bind(&dir.path().join("s")).expect("binds")
        };
        let (link, _listener) = tokio::join!(door.open(), other);
        assert!(link.is_ok());
    }

    #[tokio::test]
    async fn a_gateway_that_runs_is_not_started_again() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let _listener = Listener::bind(&dir.path().join("s")).expect("binds");
        let door = door(dir.path(), "echo x >> $0/starts");
        assert!(door.open().await.is_ok());
        assert_eq!(starts(dir.path()), 0);
    }
}
