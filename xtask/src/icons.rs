//! `cargo xtask icons`: makes the application's icons from `icons/toolgate.svg`.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::dist;
use crate::shell;
use crate::workspace::Workspace;

/// What `tauri.conf.json` and packages name; the tool makes more for systems that we do not
/// bundle for.
const WANTED: [&str; 7] = [
    "32x32.png",
    "64x64.png",
    "128x128.png",
    "128x128@2x.png",
    "icon.icns",
    "icon.ico",
    "icon.png",
];

/// Draws all icons anew; needs Node.
pub(crate) fn draw(workspace: &Workspace) -> Result<()> {
    let icons = workspace.root.join("icons");
    let drawn = workspace.target.join("icons");
    let mut tool = Command::new("node");
    tool.arg(dist::tauri(workspace)?)
        .arg("icon")
        .arg(icons.join("toolgate.svg"))
        .arg("--output")
        .arg(&drawn);
    std::fs::create_dir_all(&drawn)?;
    shell::run_logged(&mut tool, &drawn.join("log.txt"))?;
    for name in WANTED {
        let copied = std::fs::copy(drawn.join(name), icons.join(name));
        copied.with_context(|| format!("{name} was not drawn"))?;
    }
    Ok(())
}
