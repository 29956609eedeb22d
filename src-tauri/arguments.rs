//! The command line.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use model::TrustMode;
use shell::InstallLink;

/// Toolgate in the tray, with the gateway inside.
///
/// If it runs already, its window is shown instead.
#[derive(Debug, Parser)]
#[command(name = "toolgate-desktop", version)]
pub(crate) struct Arguments {
    /// Use this configuration file instead of the user's own
    #[arg(long, value_name = "FILE", env = "TOOLGATE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Keep socket, logs and caches here instead of in the user's data directory
    #[arg(long, value_name = "DIR", env = "TOOLGATE_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Do not open the window, as at login
    #[arg(long)]
    pub(crate) background: bool,
    /// Answer for the configuration: start its servers without asking, and let their definitions
    /// in by this mode where their entries name none
    #[arg(long, value_name = "MODE")]
    pub(crate) trust: Option<TrustMode>,
    /// Links that offer a server, as a browser hands them over
    #[arg(value_name = "LINK")]
    links: Vec<String>,
}

impl Arguments {
    /// The links, once each is known to be one.
    pub(crate) fn links(&self) -> anyhow::Result<Vec<InstallLink>> {
        let links = self.links.iter().map(|link| {
            let shown: String = link.chars().take(80).collect();
            InstallLink::parse(link).with_context(|| format!("{shown:?} cannot be opened"))
        });
        links.collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_is_no_link_is_refused() {
        let parsed = Arguments::try_parse_from(["toolgate-desktop", "https://example.com"]);
        let error = parsed.expect("parses").links().expect_err("no link");
        assert!(format!("{error:#}").contains("example.com"));
    }
}
