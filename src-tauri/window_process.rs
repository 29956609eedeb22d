//! The window: a process of its own, told by its standard input what to show.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use shell::Input;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

/// Tells the web view of GTK to draw without the graphics card. Our pages gain nothing from it, and the
/// drivers would take a quarter of the window's memory.
const NO_COMPOSITING: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// What the window is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Show this address, which carries a one-time code.
    Open(String),
    /// Come to the front, at this screen.
    Go(String),
    /// Close.
    Close,
}

/// The window's process, if it runs.
struct Window {
    child: Child,
    input: ChildStdin,
}

/// Carries out orders until nobody gives any, at most one window at a time. `state_file` is
/// where the window keeps its size and position.
pub(crate) async fn keep(
    state_file: PathBuf,
    mut orders: mpsc::Receiver<Order>,
    inputs: mpsc::Sender<Input>,
) {
    let mut window: Option<Window> = None;
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            ended = ended(&mut window) => {
                window = None;
                if inputs.send(Input::WindowClosed(ended)).await.is_err() {
                    return;
                }
                continue;
            }
        };
        match order {
            None => return close(window.take()).await,
            Some(Order::Close) => close(window.take()).await,
            Some(order) => {
                if let Err(error) = tell(&mut window, &order, &state_file).await {
                    window = None;
                    let reason = format!("{error:#}");
                    if inputs
                        .send(Input::WindowClosed(Some(reason)))
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            }
        }
    }
}

/// Waits until the window's process ends; why, if not because it was closed.
async fn ended(window: &mut Option<Window>) -> Option<String> {
    let Some(window) = window else {
        return std::future::pending().await;
    };
    match window.child.wait().await {
        Ok(status) if status.success() => None,
        Ok(status) => Some(reason(status)),
        Err(error) => Some(error.to_string()),
    }
}

fn reason(status: ExitStatus) -> String {
    format!("its program ended with {status}")
}

/// Closes the window; one that does not is killed.
async fn close(window: Option<Window>) {
    const PATIENCE: Duration = Duration::from_secs(3);
    let Some(Window { mut child, input }) = window else {
        return;
    };
    // The end of its input tells it to close.
    drop(input);
    // Dropping the child kills it.
    let _ = tokio::time::timeout(PATIENCE, child.wait()).await;
}

async fn tell(
    window: &mut Option<Window>,
    order: &Order,
    state_file: &PathBuf,
) -> anyhow::Result<()> {
    let window = match window {
        Some(window) => window,
        none => {
            let Order::Open(_) = order else {
                return Ok(());
            };
            none.insert(launch(state_file)?)
        }
    };
    let line = match order {
        Order::Open(address) => format!("open {address}\n"),
        Order::Go(path) => format!("go {path}\n"),
        Order::Close => return Ok(()),
    };
    let written = window.input.write_all(line.as_bytes()).await;
    written.context("its program does not listen")
}

fn launch(state_file: &PathBuf) -> anyhow::Result<Window> {
    let program = program()?;
    let mut command = Command::new(&program);
    if std::env::var_os(NO_COMPOSITING).is_none() {
        command.env(NO_COMPOSITING, "1");
    }
    let mut child = command
        .arg(state_file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let input = child.stdin.take().context("its program has no input")?;
    Ok(Window { child, input })
}

/// `toolgate-window`, beside this very program.
fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("this program lies nowhere")?;
    Ok(folder.join(format!("toolgate-window{}", std::env::consts::EXE_SUFFIX)))
}
