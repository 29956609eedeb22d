//! `toolgate logs`: what a server has written to its standard error and what happened to it, or
//! what the gateway itself has to say.

use std::io;

use api_client::Client;
use config::Settings;
use futures_util::StreamExt as _;
use model::{ServerName, shared_slugs};
use telemetry::GatewayLog;

use crate::commands::servers::configured;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, visible};

/// The word for the gateway's own log, where no server is called so.
const GATEWAY: &str = "gateway";

const AFTER_HELP: &str = "\
Examples:
  toolgate logs github -n 20 -f
  toolgate logs gateway
  toolgate logs --gateway -f    also where a server is called gateway";

/// Whose log to show, and how much of it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The server's name, as in the configuration; or `gateway`
    #[arg(required_unless_present = "gateway")]
    server: Option<String>,
    /// Show the log of the gateway itself
    #[arg(long, conflicts_with = "server")]
    gateway: bool,
    /// Keep printing lines as they are written, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// Show so many of the last lines
    #[arg(short = 'n', long, default_value_t = 100, value_name = "NUMBER")]
    lines: usize,
}

/// Whose log is meant.
enum Log<'a> {
    Gateway,
    Server(&'a str),
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let Some(client) = context.client_if_running().await? else {
        return offline(context, &args).await;
    };
    let log = match &args.server {
        None => Log::Gateway,
        Some(name) if name == GATEWAY && !has_server(&client, name).await? => Log::Gateway,
        Some(name) => Log::Server(name),
    };
    let lines = args.lines;
    if args.follow {
        let mut news = match log {
            Log::Gateway => client.follow_gateway_log(lines).await?,
            Log::Server(name) => client.follow_logs(name, lines).await?,
        };
        while let Some(line) = news.next().await {
            print(context, &[line?])?;
        }
    } else {
        let past = match log {
            Log::Gateway => client.gateway_log(lines).await?,
            Log::Server(name) => client.logs(name, lines).await?,
        };
        print(context, &past.lines)?;
    }
    Ok(Code::Ok)
}

async fn has_server(client: &Client, name: &str) -> Result<bool, Failure> {
    let servers = client.servers().await?;
    let is_named = |server: &model::ServerStatus| server.name == name || server.slug == name;
    Ok(servers.iter().any(is_named))
}

/// Reads the files themselves.
async fn offline(context: &Context, args: &Args) -> Result<Code, Failure> {
    if args.follow {
        return Err(Failure::new(
            Code::NotRunning,
            "No gateway is running, so nothing is being written.",
            "Start one with `toolgate serve`, or leave out --follow.",
        ));
    }
    let log_dir = &context.paths.log_dir;
    let lines = match &args.server {
        None => GatewayLog::new(log_dir).tail(args.lines).await,
        Some(name) => match (slug(context, name), name.as_str()) {
            (Ok(slug), _) => telemetry::tail(log_dir, &slug, args.lines),
            // Why it does not run may be a configuration that cannot be read.
            (Err(_), GATEWAY) => GatewayLog::new(log_dir).tail(args.lines).await,
            (Err(failure), _) => return Err(failure),
        },
    };
    match lines {
        Ok(lines) => print(context, &lines)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            output::note("It has not been started yet; its log is empty.");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Code::Ok)
}

/// The name of a configured server in the names of files.
fn slug(context: &Context, name: &str) -> Result<String, Failure> {
    let Settings { servers, .. } = configured(&context.paths.config_file)?;
    let names: Vec<ServerName> = servers.into_keys().collect();
    shared_slugs(&names).remove(name).ok_or_else(|| {
        Failure::new(
            Code::NotFound,
            format!("There is no server `{}`.", visible(name)),
            "See `toolgate servers list`.",
        )
    })
}

/// Lines were made harmless when they were written; `--json` prints one string a line.
fn print(context: &Context, lines: &[String]) -> Result<(), Failure> {
    for line in lines {
        if context.json {
            output::text(&serde_json::to_string(line).map_err(io::Error::from)?)?;
        } else {
            output::text(&visible(line))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Global;

    fn context(dir: &tempfile::TempDir) -> Context {
        let config = dir.path().join("config.json");
        std::fs::write(&config, r#"{"mcpServers": {"a b": {"command": "npx"}}}"#).expect("writes");
        let global = Global {
            config: Some(config),
            data_dir: Some(dir.path().to_owned()),
            json: false,
        };
        Context::new(global).expect("paths are given")
    }

    fn args(server: &str, follow: bool) -> Args {
        Args {
            server: Some(server.to_owned()),
            gateway: false,
            follow,
            lines: 10,
        }
    }

    #[tokio::test]
    async fn without_a_gateway_only_the_past_can_be_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let context = context(&dir);
        let failure = run(&context, args("a b", true))
            .await
            .expect_err("nothing to follow");
        assert_eq!(failure.code, Code::NotRunning);
        assert_eq!(run(&context, args("a b", false)).await.ok(), Some(Code::Ok));
    }

    #[tokio::test]
    async fn an_unknown_server_is_told_apart_from_an_empty_log() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let failure = run(&context(&dir), args("../x", false))
            .await
            .expect_err("there is none");
        assert_eq!(failure.code, Code::NotFound);
    }

    #[tokio::test]
    async fn the_gateway_has_a_log_unless_a_server_has_its_name() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let context = context(&dir);
        let mut own = args("gateway", false);
        assert!(slug(&context, "gateway").is_err());
        assert_eq!(run(&context, own).await.ok(), Some(Code::Ok));
        own = args("gateway", false);
        (own.server, own.gateway) = (None, true);
        assert_eq!(run(&context, own).await.ok(), Some(Code::Ok));
        let text = r#"{"mcpServers": {"gateway": {"command": "npx"}}}"#;
        std::fs::write(&context.paths.config_file, text).expect("writes");
        assert_eq!(slug(&context, "gateway").ok().as_deref(), Some("gateway"));
    }
}
