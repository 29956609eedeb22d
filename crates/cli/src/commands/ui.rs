//! `toolgate ui`: opens the web UI in the browser.

use std::ffi::OsString;

use oauth::{Browser, SystemBrowser};
use url::Url;

use crate::context::Context;
use crate::exit::{Code, Failure, sentence};
use crate::output;

const AFTER_HELP: &str = "\
The address is good once, for ten minutes. Where there is no display it is printed instead; for a
browser on another machine see `ssh -L`.

Examples:
  toolgate ui
  toolgate ui /servers/github
  toolgate ui --print";

/// What to open, and how.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The screen to open, for example /review
    screen: Option<String>,
    /// Print the address instead of opening it
    #[arg(long)]
    print: bool,
}

pub(crate) async fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    let client = context.client().await?;
    let link = client.session_code(args.screen.as_deref()).await?;
    if context.json {
        output::json(&link)?;
        return Ok(Code::Ok);
    }
    if args.print || !has_display(|name| std::env::var_os(name)) {
        output::text(&link.url)?;
        return Ok(Code::Ok);
    }
    let url = Url::parse(&link.url).map_err(|error| Failure::other(error.to_string(), ""))?;
    let browser = SystemBrowser::new(std::env::var("BROWSER").ok());
    browser.open(&url).map_err(|error| {
        let message = sentence(&format!("no browser could be opened: {error}"));
        Failure::other(
            message,
            "Use `toolgate ui --print` and open the address yourself.",
        )
    })?;
    output::note("The web UI opens in your browser.");
    Ok(Code::Ok)
}

/// Whether a browser could show anything; only where windows need a server can it be missing.
fn has_display(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let names = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"];
    cfg!(any(windows, target_os = "macos")) || names.iter().any(is_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(any(windows, target_os = "macos")))]
    #[test]
    fn without_a_display_nothing_is_opened() {
        let only = |wanted: &'static str, value: &'static str| {
            move |name: &str| (name == wanted).then(|| OsString::from(value))
        };
        assert!(has_display(only("DISPLAY", ":0")));
        assert!(has_display(only("WAYLAND_DISPLAY", "wayland-0")));
        assert!(has_display(only("BROWSER", "lynx")));
        assert!(!has_display(only("DISPLAY", "")));
        assert!(!has_display(only("TERM", "xterm")));
    }
}
