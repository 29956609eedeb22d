//! `toolgate bridge`: its options, and the way to start a gateway for it.

use std::ffi::OsString;
use std::path::Path;

use crate::bridge::{self, Door, Starter};
use crate::context::Context;
use crate::exit::{Code, Failure};

const AFTER_HELP: &str = "\
Example, for a client's configuration file:
  { \"mcpServers\": { \"toolgate\": { \"command\": \"toolgate\", \"args\": [\"bridge\"] } } }

The gateway is started in the background when none is running.";

/// Which part of the gateway the client sees.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// What to offer: `all` for every tool under its own name, `server/NAME` for one server's
    /// tools; without it the few tools that find and call the others
    #[arg(long, value_name = "all|server/NAME", value_parser = face_path)]
    face: Option<String>,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let program = std::env::current_exe()?;
    let starter = Starter {
        program,
        args: serve_args(context),
    };
    let door = Door::new(context.paths.socket.clone(), starter);
    let path = args.face.unwrap_or_else(|| "/mcp".to_owned());
    bridge::run(tokio::io::stdin(), tokio::io::stdout(), door, path).await;
    Ok(Code::Ok)
}

/// The arguments of the gateway that this bridge would start: the same places as its own.
fn serve_args(context: &Context) -> Vec<OsString> {
    let option = |name: &str, path: &Path| [name.into(), path.as_os_str().to_owned()];
    let mut args: Vec<OsString> = vec!["serve".into()];
    args.extend(option("--config", &context.paths.config_file));
    args.extend(option("--data-dir", &context.paths.data_dir));
    args
}

/// The path of a face. Servers are named there by their slug, which needs no encoding.
fn face_path(face: &str) -> Result<String, String> {
    if face == "all" {
        return Ok("/mcp/all".to_owned());
    }
    let name = face
        .strip_prefix("server/")
        .ok_or("use `all` or `server/NAME`")?;
    let name = model::ServerName::new(name).map_err(|error| error.to_string())?;
    Ok(format!("/mcp/server/{}", name.slug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_become_paths() {
        assert_eq!(face_path("all").as_deref(), Ok("/mcp/all"));
        assert_eq!(
            face_path("server/my server").as_deref(),
            Ok("/mcp/server/my_server")
        );
        assert!(face_path("server/").is_err());
        assert!(face_path("../api/v1/status").is_err());
    }

    #[test]
    fn the_gateway_is_started_in_the_same_places() {
        let global = crate::args::Global {
            config: Some("/c/config.json".into()),
            data_dir: Some("/d".into()),
            json: false,
        };
        let context = Context::new(global).expect("paths are given");
        let args = serve_args(&context);
        assert_eq!(
            args,
            ["serve", "--config", "/c/config.json", "--data-dir", "/d"]
        );
    }
}
