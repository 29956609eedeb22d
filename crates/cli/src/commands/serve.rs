//! `toolgate serve`: runs the gateway and shows how it comes up.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use api_client::Client;
use daemon::{Options, Ready, StartError};
use model::TrustMode;
use tokio::sync::oneshot;

use crate::context::Context;
use crate::exit::{Code, Failure, sentence};
use crate::output::{self, GOOD, count};
use crate::progress;

const AFTER_HELP: &str = "\
Examples:
  toolgate serve
  toolgate serve --listen 127.0.0.1:9000 --read-only

The configuration file is watched: servers come and go as it changes. End the gateway with Ctrl-C;
it ends its servers first.";

/// How to run, beyond what the configuration says.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct Args {
    /// Listen here instead of where the configuration says; a loopback address, port 0 for any
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Call only tools that read
    #[arg(long)]
    read_only: bool,
    /// Do not let agents add servers
    #[arg(long)]
    no_server_add: bool,
    /// Do not let agents remove servers
    #[arg(long)]
    no_server_remove: bool,
    /// Answer for the configuration: start its servers without asking, and let their definitions in
    /// by this mode where their entries name none; for machines without a person
    #[arg(long, value_name = "MODE")]
    trust: Option<TrustMode>,
    /// Show how the servers come up even when standard error is no terminal
    #[arg(long)]
    progress: bool,
    /// Print an address that opens the web UI in a browser, once, as soon as the gateway is ready
    #[arg(long)]
    ui_link: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let (sender, ready) = oneshot::channel();
    let on_ready = Box::new(move |ready: &Ready| {
        announce(ready);
        if args.ui_link {
            print_link(ready);
        }
        if ready.servers > 0 {
            // Nobody waits for it when no progress is shown.
            let _ = sender.send(ready.socket.clone());
        }
    });
    let options = Options {
        paths: context.paths.clone(),
        listen: args.listen,
        read_only: args.read_only,
        no_server_add: args.no_server_add,
        no_server_remove: args.no_server_remove,
        vouched: args.trust,
        stop: None,
        on_ready,
    };
    let show = args.progress || output::is_watched();
    let mut gateway = std::pin::pin!(daemon::run(options));
    tokio::select! {
        ended = &mut gateway => return finish(ended),
        () = show_progress(ready), if show => {}
    }
    finish(gateway.await)
}

fn announce(ready: &Ready) {
    output::note(&format!(
        "{GOOD}Toolgate is ready{GOOD:#} at {}",
        ready.endpoint
    ));
    let servers = count(ready.servers, "server");
    output::note(&format!("{servers} in {}", ready.config_file.display()));
    if ready.wants_token {
        output::note(
            "Clients need a token: `toolgate tokens add \"VS Code\"` makes one and shows what to \
             paste.",
        );
    }
}

/// To standard output, so that a program can read it.
fn print_link(ready: &Ready) {
    match ready.ui_link() {
        Some(link) => {
            output::note(
                "The web UI opens once, within ten minutes, at this address; `toolgate ui` makes \
                 another:",
            );
            // A gateway serves even where nobody reads what it prints.
            let _ = output::text(&link);
        }
        None => output::note("The web UI cannot be opened: the system gives no random bytes."),
    }
}

/// Shows what is still waited for, then how every server came out.
async fn show_progress(ready: oneshot::Receiver<PathBuf>) {
    // Without a socket there are no servers, or the gateway has failed and says so itself.
    let Ok(socket) = ready.await else { return };
    match follow(&socket).await {
        Ok(lines) => lines.iter().for_each(|line| output::note(line)),
        Err(failure) => output::note(&failure.message),
    }
}

async fn follow(socket: &Path) -> Result<Vec<String>, Failure> {
    let events = Client::connect(socket).await?.events().await?;
    let snapshot = progress::wait(events, None, output::is_watched()).await?;
    Ok(progress::summary(&snapshot))
}

/// Sorts the gateway's errors into exit codes.
fn finish(ended: Result<(), StartError>) -> Result<Code, Failure> {
    let Err(error) = ended else {
        return Ok(Code::Ok);
    };
    let (code, fix) = match &error {
        StartError::AlreadyRunning { .. } => (
            Code::AlreadyRunning,
            "Use that one (see `toolgate status`), or choose another --data-dir.",
        ),
        StartError::Config(_) => (Code::InvalidConfig, "Correct the file and start again."),
        StartError::AddressTaken { .. } | StartError::NotLoopback { .. } => (Code::Failure, ""),
        StartError::Io { .. } => (Code::Failure, "Run `toolgate doctor` to find out why."),
    };
    Err(Failure::new(code, sentence(&error.to_string()), fix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: StartError) -> Code {
        finish(Err(error)).expect_err("it failed").code
    }

    #[test]
    fn failures_that_callers_act_on_have_their_own_code() {
        let data_dir = PathBuf::from("/d");
        let running = StartError::AlreadyRunning {
            data_dir,
            pid: "7".to_owned(),
        };
        assert_eq!(code(running), Code::AlreadyRunning);
        let address = SocketAddr::from(([127, 0, 0, 1], 8665));
        assert_eq!(code(StartError::AddressTaken { address }), Code::Failure);
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("config.json");
        std::fs::write(&file, "{ broken").expect("writes");
        let broken = config::ConfigStore::open(&file).expect_err("it is broken");
        assert_eq!(code(broken.into()), Code::InvalidConfig);
        assert_eq!(finish(Ok(())).ok(), Some(Code::Ok));
    }
}
