//! The desktop application on a screen of its own: real panel, real tray, real window.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use headless::{Process, Session, wait_for};
use serde_json::{Value, json};

use crate::measure::http::{Connection, Request};
use crate::workspace::Workspace;

/// A running `toolgate-desktop`; it ends when dropped.
pub(crate) struct Desktop<'a> {
    session: &'a Session,
    process: Process,
    data: PathBuf,
    address: SocketAddr,
}

impl<'a> Desktop<'a> {
    /// Starts the application that was built with this profile on a gateway without servers, and
    /// waits until its icon is in the tray.
    pub(crate) fn start(
        workspace: &Workspace,
        profile: &str,
        session: &'a Session,
    ) -> Result<Self> {
        let folder = session.folder().join("gateway");
        fs::create_dir_all(&folder)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = folder.join("config.json");
        fs::write(&config, json!({"listen": address.to_string()}).to_string())?;
        Self::attach(workspace, profile, session, &Place { folder, address })
    }

    /// Starts the application on a place where a gateway may be running already.
    pub(crate) fn attach(
        workspace: &Workspace,
        profile: &str,
        session: &'a Session,
        place: &Place,
    ) -> Result<Self> {
        let program = workspace.binary(profile, "toolgate-desktop");
        let data = place.folder.join("data");
        let mut command = session.command(&program);
        command.arg("--background");
        command
            .arg("--config")
            .arg(place.folder.join("config.json"));
        command.arg("--data-dir").arg(&data);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(fs::File::create(session.folder().join("desktop.log"))?);
        let mut desktop = Self {
            session,
            process: Process::start(&mut command)?,
            data,
            address: place.address,
        };
        desktop.wait_for_tray().context(desktop.said())?;
        Ok(desktop)
    }

    /// Process id of the tray program.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Opens the window on a page of the UI.
    pub(crate) fn open_window(&self, path: &str) -> Result<()> {
        self.post("/api/v1/window", &json!({"path": path}))
    }

    fn wait_for_tray(&mut self) -> Result<()> {
        let name = format!("org.kde.StatusNotifierItem-{}-", self.pid());
        let Self {
            session, process, ..
        } = self;
        let is_there = wait_for("the icon in the tray", || {
            let known = (0..4).any(|number| session.has_owner(&format!("{name}{number}")));
            (known || process.has_ended()).then_some(known)
        })?;
        ensure!(is_there, "the application ended");
        wait_for("the gateway", || self.is_ready().then_some(()))
    }

    fn is_ready(&self) -> bool {
        let request = Request {
            path: "/readyz",
            ..Request::default()
        };
        let answer = Connection::open(self.address).and_then(|mut open| open.send(request));
        answer.is_ok_and(|answer| answer.status == 200)
    }

    fn post(&self, path: &str, body: &Value) -> Result<()> {
        let token = fs::read_to_string(self.data.join("local-token"))?;
        let authorization = format!("Bearer {}", token.trim());
        let answer = Connection::open(self.address)?.send(Request {
            path,
            headers: &[("Authorization", &authorization)],
            body: Some(&body.to_string()),
        })?;
        if !(200..300).contains(&answer.status) {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            bail!("{path} was answered with {}: {text}", answer.status);
        }
        Ok(())
    }

    /// What it wrote to standard error, for the message of an error.
    fn said(&self) -> String {
        let said = fs::read_to_string(self.session.folder().join("desktop.log"));
        format!("the application said: {}", said.unwrap_or_default().trim())
    }
}

/// A folder with `config.json` and `data`, and where its gateway listens.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Place {
    /// Reads the address from the configuration in the folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let config = fs::read_to_string(folder.join("config.json"))?;
        let config: Value = serde_json::from_str(&config)?;
        let address = config["listen"]
            .as_str()
            .context("no address is configured")?;
        Ok(Self {
            folder: folder.to_owned(),
            address: address.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_knows_where_its_gateway_listens() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.json");
        fs::write(&file, r#"{"listen": "127.0.0.1:4711"}"#).expect("writable");
        let place = Place::read(folder.path()).expect("valid");
        assert_eq!(place.address.port(), 4711);
        fs::write(&file, "{}").expect("writable");
        assert!(Place::read(folder.path()).is_err());
    }
}
