//! `toolgate logs`: what a server has written to its standard error, and what happened to it.

use std::io;

use futures_util::StreamExt as _;
use model::{ServerName, shared_slugs};

use crate::commands::servers::configured;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, visible};

/// Whose log to show, and how much of it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  toolgate logs github -n 20 -f")]
pub(crate) struct Args {
    /// The server's name, as in the configuration
    server: String,
    /// Keep printing lines as they are written, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// Show so many of the last lines
    #[arg(short = 'n', long, default_value_t = 100, value_name = "NUMBER")]
    lines: usize,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let Some(client) = context.client_if_running().await? else {
        return offline(context, &args);
    };
    if args.follow {
        let mut lines = client.follow_logs(&args.server, args.lines).await?;
        while let Some(line) = lines.next().await {
            print(context, &[line?])?;
        }
    } else {
        print(context, &client.logs(&args.server, args.lines).await?.lines)?;
    }
    Ok(Code::Ok)
}

/// Reads the files themselves.
fn offline(context: &Context, args: &Args) -> Result<Code, Failure> {
    if args.follow {
        return Err(Failure::new(
            Code::NotRunning,
            "No gateway is running, so nothing is being written.",
            "Start one with `toolgate serve`, or leave out --follow.",
        ));
    }
    let names: Vec<ServerName> = configured(&context.paths.config_file)?
        .servers
        .into_keys()
        .collect();
    let Some(slug) = shared_slugs(&names).remove(args.server.as_str()) else {
        return Err(Failure::new(
            Code::NotFound,
            format!("There is no server `{}`.", visible(&args.server)),
            "See `toolgate servers list`.",
        ));
    };
    match telemetry::tail(&context.paths.log_dir, &slug, args.lines) {
        Ok(lines) => print(context, &lines)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            output::note("This server has not been started yet; its log is empty.");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Code::Ok)
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
            server: server.to_owned(),
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
}
