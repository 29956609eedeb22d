//! The gateway: inside this process, or one that runs already.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use config::Paths;
use daemon::{Options, StartError};
use futures_util::FutureExt as _;
use model::TrustMode;
use shell::{Input, LinkState};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How often to see whether a gateway elsewhere has ended, so that ours takes its place. The
/// link to it tells at once; this only bounds the gap without a gateway.
const LOOK: Duration = Duration::from_secs(2);
/// The first wait before a start that failed is tried again, and the longest one.
const WAITS: [Duration; 2] = [Duration::from_secs(2), Duration::from_mins(1)];

/// Sees to it that there is a gateway until `stop` is cancelled, then ends ours in order. One that
/// breaks is started again.
pub(crate) async fn keep_running(
    paths: Paths,
    vouched: Option<TrustMode>,
    stop: CancellationToken,
    inputs: mpsc::Sender<Input>,
) {
    let [first, longest] = WAITS;
    let mut wait = first;
    while !stop.is_cancelled() {
        let ended = AssertUnwindSafe(daemon::run(options(&paths, vouched, &stop)));
        let reason = match ended.catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(StartError::AlreadyRunning { .. })) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the gateway broke; its log says more".to_owned()),
        };
        let pause = match reason {
            None => {
                wait = first;
                LOOK
            }
            Some(reason) => {
                let failed = LinkState::Failed(reason);
                if inputs.send(Input::Link(failed)).await.is_err() {
                    return;
                }
                wait = (wait * 2).min(longest);
                wait
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

fn options(paths: &Paths, vouched: Option<TrustMode>, stop: &CancellationToken) -> Options {
    Options {
        paths: paths.clone(),
        listen: None,
        read_only: false,
        no_server_add: false,
        no_server_remove: false,
        vouched,
        stop: Some(stop.clone()),
        on_ready: Box::new(|_| {}),
    }
}
