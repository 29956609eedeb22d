//! The gateway's own log: `gateway.log`, and warnings on standard error.

use std::io::{self, Write};
use std::path::Path;

use tracing::Dispatch;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, reload};

use crate::escape::push_line;
use crate::files::GATEWAY;
use crate::gateway_log::GatewayLog;
use crate::record::Timestamp;
use crate::rolling::RollingFile;
use crate::settings::LogSettings;

/// Most lines that wait to be written, for each of the two outputs.
const QUEUE: usize = 1_024;

/// Libraries that print bodies, headers or whole terms at their lower levels.
const NOISY: [&str; 7] = [
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rmcp",
    "rustls",
    "tantivy",
];

/// Libraries that print secrets at their lower levels: an authorization code, what came with a
/// token. Held at `warn` whatever the user names.
const TELLTALE: [&str; 2] = ["oauth2", "rmcp::transport::auth"];

/// Why logging cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogSetupError {
    /// The level is none and no list of directives.
    #[error("`{level}` is no log level; use error, warn, info, debug or trace")]
    Level {
        /// As it was given.
        level: String,
    },
    /// The log file cannot be opened.
    #[error("the log file cannot be opened: {0}")]
    Io(#[from] io::Error),
    /// The process logs already, or no longer.
    #[error("logging is already set up in this process, or has ended")]
    State,
}

/// Keeps the logs open; what is still queued is written when it is dropped.
#[derive(Debug)]
#[must_use = "logging ends when the guard is dropped"]
pub struct LogGuard {
    level: reload::Handle<EnvFilter, Registry>,
    dropped: [ErrorCounter; 2],
    _workers: [WorkerGuard; 2],
}

impl LogGuard {
    /// How many lines were lost because they came faster than they could be written.
    pub fn dropped_lines(&self) -> u64 {
        self.dropped
            .iter()
            .map(|counter| counter.dropped_lines() as u64)
            .sum()
    }

    /// Changes the level of `gateway.log` from now on.
    pub fn set_level(&self, level: &str) -> Result<(), LogSetupError> {
        self.level
            .reload(filter(level)?)
            .map_err(|_| LogSetupError::State)
    }
}

/// Sends everything logged in this process to `gateway.log` in `dir`, and warnings to standard
/// error as well; `readers` get each line that is written. Once per process.
///
/// Whoever logs never waits: lines that come too fast are dropped and counted.
pub fn init_gateway_log(
    dir: &Path,
    settings: &LogSettings,
    readers: &GatewayLog,
) -> Result<LogGuard, LogSetupError> {
    let file = RollingFile::open(dir, GATEWAY, settings.rotation)?;
    let (dispatch, guard) = dispatch(readers.tapped(file), io::stderr(), &settings.level)?;
    tracing::dispatcher::set_global_default(dispatch).map_err(|_| LogSetupError::State)?;
    Ok(guard)
}

fn dispatch(
    file: impl Write + Send + 'static,
    stderr: impl Write + Send + 'static,
    level: &str,
) -> Result<(Dispatch, LogGuard), LogSetupError> {
    let (filter, level) = reload::Layer::new(filter(level)?);
    let (file, file_worker) = queue("gateway-log", file);
    let (stderr, stderr_worker) = queue("stderr-log", stderr);
    let guard = LogGuard {
        level,
        dropped: [file.0.error_counter(), stderr.0.error_counter()],
        _workers: [file_worker, stderr_worker],
    };
    let file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(Utc)
        .with_writer(file);
    let stderr = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(stderr);
    let subscriber = Registry::default()
        .with(file.with_filter(filter))
        .with(stderr.with_filter(LevelFilter::WARN));
    Ok((Dispatch::new(subscriber), guard))
}

/// The user's directives, with noisy libraries held at `warn` unless the user names them.
fn filter(level: &str) -> Result<EnvFilter, LogSetupError> {
    let invalid = || LogSetupError::Level {
        level: level.to_owned(),
    };
    if level.trim().is_empty() {
        return Err(invalid());
    }
    // The last directive for a target wins, and the longest target.
    let held = |targets: &[&str]| {
        targets
            .iter()
            .map(|target| format!("{target}=warn"))
            .collect()
    };
    let [noisy, telltale]: [Vec<String>; 2] = [held(&NOISY), held(&TELLTALE)];
    let directives = [noisy, vec![level.to_owned()], telltale].concat();
    EnvFilter::builder()
        .parse(directives.join(","))
        .map_err(|_| invalid())
}

fn queue(thread: &str, writer: impl Write + Send + 'static) -> (Lines, WorkerGuard) {
    let builder = NonBlockingBuilder::default()
        .buffered_lines_limit(QUEUE)
        .lossy(true);
    let (queue, worker) = builder.thread_name(thread).finish(writer);
    (Lines(queue), worker)
}

/// Times as in the servers' logs.
struct Utc;

impl FormatTime for Utc {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        write!(w, "{}", Timestamp(std::time::SystemTime::now()))
    }
}

/// Makes each event one escaped line of bounded length before it is queued.
#[derive(Clone)]
struct Lines(NonBlocking);

impl Write for Lines {
    /// Takes one whole event, as the formatting layer writes them.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let mut line = String::with_capacity(event.len());
        push_line(&mut line, event.strip_suffix(b"\n").unwrap_or(event));
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests;
