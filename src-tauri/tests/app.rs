//! The built tray program with files and a bus of its own.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use testkit::gateway::Gateway;
use testkit::process;
use tokio::process::{Child, Command};

use crate::bus::Bus;

/// How long the program may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tray program; what it started dies with this value.
pub(crate) struct App {
    /// Its files, and the gateway's socket.
    pub(crate) gateway: Gateway,
    pub(crate) bus: Bus,
    child: Child,
}

impl App {
    /// Starts the program on these files.
    pub(crate) fn start(gateway: Gateway) -> anyhow::Result<Self> {
        let bus = Bus::start(gateway.folder())?;
        let child = command(&gateway, &bus.address).arg("--background").spawn();
        Ok(Self {
            child: child.context("the tray program cannot be started")?,
            gateway,
            bus,
        })
    }

    /// Starts the program a second time and waits until it has handed over.
    pub(crate) async fn start_again(&self, arguments: &[&str]) -> anyhow::Result<ExitStatus> {
        let mut second = command(&self.gateway, &self.bus.address);
        let status = second.args(arguments).status();
        Ok(tokio::time::timeout(PATIENCE, status).await??)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Waits until the program has ended.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        Ok(ended.with_context(|| self.gateway.diagnose())??)
    }

    /// What descends from it and lives, itself included.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.gateway.processes()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.processes().into_iter().for_each(process::kill);
    }
}

fn command(gateway: &Gateway, bus: &str) -> Command {
    let stderr = std::fs::File::options()
        .create(true)
        .append(true)
        .open(gateway.folder().join("stderr.txt"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolgate-desktop"));
    command
        .arg("--config")
        .arg(gateway.config_file())
        .arg("--data-dir")
        .arg(gateway.data_dir())
        .args(["--trust", "auto"])
        .current_dir(gateway.folder())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", gateway.folder().join("home"))
        .env("LANG", "en_GB.UTF-8")
        .env("DBUS_SESSION_BUS_ADDRESS", bus)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr.map_or_else(|_| Stdio::null(), Stdio::from))
        .kill_on_drop(true);
    command
}
