//! The parts of the application, put together; one place decides to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use config::Paths;
use shell::{Action, Controller, Input, InstallLink, Notice, Request};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::clock::SystemClock;
use crate::core;
use crate::platform;
use crate::screen::{Look, Screen};
use crate::window_process::{self, Order};

/// Inputs, and requests, that wait to be taken up.
const QUEUE: usize = 64;
/// Notices, orders and texts to copy that wait.
const SHORT_QUEUE: usize = 16;
/// Servers have this long to end before what still lives is killed.
const FINISH: Duration = Duration::from_secs(30);
/// The window has this long.
const CLOSE: Duration = Duration::from_secs(5);

/// What to run.
pub(crate) struct Plan {
    pub(crate) paths: Paths,
    pub(crate) links: Vec<InstallLink>,
    pub(crate) in_background: bool,
    /// See [`daemon::Options::vouched`].
    pub(crate) vouched: Option<model::TrustMode>,
}

/// What the platform shows, and where it says what people do.
pub(crate) struct Ends {
    pub(crate) look: watch::Receiver<Look>,
    pub(crate) notices: mpsc::Receiver<Notice>,
    pub(crate) inputs: mpsc::Sender<Input>,
}

/// Runs the application until a person or the system ends it. `show` shows on this platform
/// what the shell wants to be seen.
pub(crate) async fn run<F>(plan: Plan, show: impl FnOnce(Ends) -> F) -> anyhow::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (inputs, heard) = mpsc::channel(QUEUE);
    let (requests, asked) = mpsc::channel(QUEUE);
    begin(&plan, &inputs, &requests).await;
    let stop = CancellationToken::new();
    let mut gateway = JoinSet::new();
    let paths = plan.paths.clone();
    gateway.spawn(core::keep_running(
        paths,
        plan.vouched,
        stop.clone(),
        inputs.clone(),
    ));
    let (screen, ends, orders) = screen(&inputs);
    let mut window = JoinSet::new();
    let state_file = plan.paths.data_dir.join("state").join("window.json");
    window.spawn(window_process::keep(state_file, orders, inputs.clone()));
    let mut others = JoinSet::new();
    others.spawn(show(ends));
    let socket = plan.paths.socket;
    others.spawn(async move { shell::run_link(&socket, inputs, asked).await });

    tokio::select! {
        _ = shell::run(controllers(screen, requests), heard) => {}
        // Somebody asked the gateway itself to end.
        _ = gateway.join_next() => {}
        told = platform::told_to_end() => told?,
    }
    stop.cancel();
    // With the shell its orders have ended, which closes the window.
    let closed = timeout(CLOSE, all(&mut window));
    let ended = timeout(FINISH, all(&mut gateway));
    tokio::select! {
        _ = async { tokio::join!(closed, ended) } => {}
        // Told a second time: not waiting any longer.
        told = platform::told_to_end() => told?,
    }
    Ok(())
}

/// Waits until every task has ended, however it has.
async fn all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

/// The desktop as the shell sees it, and where what it is told comes out.
fn screen(inputs: &mpsc::Sender<Input>) -> (Screen, Ends, mpsc::Receiver<Order>) {
    let (look, looked_at) = watch::channel(Look::default());
    let (notices, told) = mpsc::channel(SHORT_QUEUE);
    let (window, orders) = mpsc::channel(SHORT_QUEUE);
    let screen = Screen {
        look,
        notices,
        window,
        clipboard: platform::clipboard(inputs.clone()),
    };
    let ends = Ends {
        look: looked_at,
        notices: told,
        inputs: inputs.clone(),
    };
    (screen, ends, orders)
}

/// Makes controllers, one after the other should they break.
fn controllers(
    screen: Screen,
    requests: mpsc::Sender<Request>,
) -> impl FnMut() -> Controller<Screen> {
    let locale = sys_locale::get_locale();
    move || {
        let controller = Controller::new(screen.clone(), Arc::new(SystemClock), requests.clone());
        controller.with_locale(locale.clone())
    }
}

/// What is to be done first.
async fn begin(plan: &Plan, inputs: &mpsc::Sender<Input>, requests: &mpsc::Sender<Request>) {
    for link in plan.links.iter().take(QUEUE / 2) {
        // The queue is empty yet and long enough.
        let _ = requests
            .send(Request::Propose(link.as_str().to_owned()))
            .await;
    }
    if !plan.in_background && plan.links.is_empty() {
        let _ = inputs
            .send(Input::Chosen(Action::Open("/".to_owned())))
            .await;
    }
}
