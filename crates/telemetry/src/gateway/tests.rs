//! The gateway's log, written to memory.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::CallOutcome;

use super::*;
use crate::{CallRecord, call_record};

/// What was written, shared with the thread that writes.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `events` at a level; returns what `gateway.log` and standard error got.
fn logged(level: &str, events: impl FnOnce(&LogGuard)) -> (String, String) {
    let (file, stderr) = (Captured::default(), Captured::default());
    let (dispatch, guard) = dispatch(file.clone(), stderr.clone(), level).unwrap();
    tracing::dispatcher::with_default(&dispatch, || events(&guard));
    drop(dispatch);
    // Waits until both queues are written.
    drop(guard);
    (file.text(), stderr.text())
}

#[test]
fn only_warnings_reach_standard_error() {
    let (file, stderr) = logged("info", |_| {
        tracing::debug!("quiet");
        tracing::info!(port = 8665, "listening");
        tracing::warn!("careful");
    });
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines.len(), 2, "{file}");
    assert!(lines[0].ends_with("listening port=8665"), "{file}");
    assert!(
        lines[0].as_bytes()[23] == b'Z' && lines[0].starts_with("20"),
        "{file}"
    );
    assert_eq!(stderr.trim_start(), "WARN careful\n");
}

#[test]
fn libraries_that_print_bodies_stay_quiet() {
    let events = |_: &LogGuard| {
        tracing::trace!(target: "rmcp::transport", "body");
        tracing::info!(target: "hyper::proto", "body");
        tracing::warn!(target: "reqwest", "unreachable");
    };
    let (file, _) = logged("trace", events);
    assert_eq!(file.lines().count(), 1, "{file}");
    let (file, _) = logged("info,rmcp=trace", events);
    assert_eq!(file.lines().count(), 2, "{file}");
}

#[test]
fn libraries_that_print_secrets_cannot_be_made_to() {
    let events = |_: &LogGuard| {
        tracing::debug!(target: "rmcp::transport::auth", "code");
        tracing::debug!(target: "oauth2", "token");
        tracing::warn!(target: "rmcp::transport::auth", "no metadata");
    };
    for level in [
        "trace",
        "rmcp=trace",
        "rmcp::transport::auth=trace,oauth2=debug",
    ] {
        let (file, _) = logged(level, events);
        assert_eq!(file.lines().count(), 1, "{level}: {file}");
    }
}

#[test]
fn an_event_stays_one_bounded_line() {
    let (file, stderr) = logged("info", |_| {
        tracing::warn!("a\n2026-01-01T00:00:00.000Z INFO forged \x1b[2J");
        tracing::warn!(text = %"x".repeat(1 << 20), "long");
    });
    for text in [file, stderr] {
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains('\x1b'));
        assert!(text.lines().all(|line| line.len() < 9_000));
    }
}

#[test]
fn the_level_can_change() {
    let (file, _) = logged("warn", |guard| {
        tracing::info!("before");
        guard.set_level("debug").unwrap();
        tracing::debug!("after");
        assert!(guard.set_level("loud=very").is_err());
        tracing::debug!("still");
        assert_eq!(guard.dropped_lines(), 0);
    });
    assert!(
        !file.contains("before") && file.contains("after") && file.contains("still"),
        "{file}"
    );
}

#[test]
fn a_wrong_level_is_told() {
    for level in ["", " ", "loud=very", "info,,=x=y"] {
        let error = filter(level).unwrap_err();
        assert!(matches!(error, LogSetupError::Level { .. }), "{level:?}");
    }
}

#[test]
fn a_call_is_one_line_without_values() {
    let (file, _) = logged("info", |_| {
        call_record(&CallRecord {
            client: "Claude \"Code\"\nforged",
            server: "github",
            tool: "create_issue",
            duration: Duration::from_millis(1_234),
            outcome: CallOutcome::ToolError,
            arguments: Some("{title: string(12)}"),
        });
    });
    assert!(
        file.ends_with(
            "INFO call: client=\"Claude \\\"Code\\\"\\nforged\" server=\"github\" \
             tool=\"create_issue\" outcome=\"tool-error\" millis=1234 arguments=\"{title: string(12)}\"\n"
        ),
        "{file}"
    );
}

#[test]
fn lines_beyond_the_queue_are_counted() {
    /// Never gets anything written until it is released.
    struct Stuck(Arc<Mutex<()>>);
    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            drop(self.0.lock().unwrap());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let lock = Arc::new(Mutex::new(()));
    let held = lock.lock().unwrap();
    let (dispatch, guard) = dispatch(Stuck(lock.clone()), io::sink(), "info").unwrap();
    tracing::dispatcher::with_default(&dispatch, || {
        for _ in 0..QUEUE + 100 {
            tracing::info!("line");
        }
    });
    assert!(guard.dropped_lines() >= 99);
    drop(held);
}
