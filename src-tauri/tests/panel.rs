//! A panel: the watcher with which trays register, and the service that shows notices.

#![expect(
    clippy::needless_pass_by_value,
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "what the interfaces of D-Bus prescribe, as their macro calls it"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::proxy::CacheProperties;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, Proxy, interface};

use crate::menu::{self, Line};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const NOTICES: &str = "org.freedesktop.Notifications";
const NOTICES_PATH: &str = "/org/freedesktop/Notifications";
/// How long a condition may take to come true before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// A panel on a bus; taking it away is dropping it.
pub(crate) struct Panel {
    connection: Connection,
    items: Arc<Mutex<Vec<String>>>,
    notices: Arc<Mutex<Vec<Notice>>>,
}

/// A notice as the service got it.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) id: u32,
    pub(crate) title: String,
    pub(crate) actions: Vec<String>,
}

struct Watcher(Arc<Mutex<Vec<String>>>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        let _ = service;
        let sender = header.sender().map(ToString::to_string);
        self.0.lock().expect("not poisoned").extend(sender);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}

struct Notices(Arc<Mutex<Vec<Notice>>>);

#[interface(name = "org.freedesktop.Notifications")]
impl Notices {
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        _app_name: &str,
        _replaces_id: u32,
        _app_icon: &str,
        summary: String,
        _body: &str,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        let mut all = self.0.lock().expect("not poisoned");
        let id = u32::try_from(all.len() + 1).expect("few notices");
        all.push(Notice {
            id,
            title: summary,
            actions,
        });
        id
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;
}

impl Panel {
    /// Puts a panel on the bus.
    pub(crate) async fn start(address: &str) -> anyhow::Result<Self> {
        let items = Arc::new(Mutex::new(Vec::new()));
        let notices = Arc::new(Mutex::new(Vec::new()));
        let connection = zbus::connection::Builder::address(address)?
            .serve_at(WATCHER_PATH, Watcher(Arc::clone(&items)))?
            .serve_at(NOTICES_PATH, Notices(Arc::clone(&notices)))?
            .name(WATCHER)?
            .name(NOTICES)?
            .build()
            .await?;
        Ok(Self {
            connection,
            items,
            notices,
        })
    }

    /// Takes the panel away, as when it crashes.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        Ok(self.connection.close().await?)
    }

    /// The bus name of the one tray item, once it is there.
    async fn item(&self) -> anyhow::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(item) = self.items.lock().expect("not poisoned").last() {
                return Ok(item.clone());
            }
            if Instant::now() > deadline {
                bail!("no tray item was registered");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn proxy(&self, path: String, interface: &'static str) -> anyhow::Result<Proxy<'_>> {
        let proxy = zbus::proxy::Builder::new(&self.connection)
            .destination(self.item().await?)?
            .path(path)?
            .interface(interface)?
            .cache_properties(CacheProperties::No);
        Ok(proxy.build().await?)
    }

    async fn menu(&self) -> anyhow::Result<Proxy<'_>> {
        let item = self.proxy("/StatusNotifierItem".to_owned(), ITEM).await?;
        let path: zbus::zvariant::OwnedObjectPath = item.get_property("Menu").await?;
        self.proxy(path.to_string(), "com.canonical.dbusmenu").await
    }

    /// The lines of the menu as it is now.
    pub(crate) async fn lines(&self) -> anyhow::Result<Vec<Line>> {
        menu::read(&self.menu().await?).await
    }

    /// Waits until the first line is this one; the whole menu.
    pub(crate) async fn wait_first(&self, first: &str) -> anyhow::Result<String> {
        let lines = self.wait(first, |lines| {
            lines.first().is_some_and(|line| line.label == first)
        });
        Ok(menu::drawn(&lines.await?))
    }

    /// Waits until some line is this one, and chooses it.
    pub(crate) async fn choose(&self, label: &str) -> anyhow::Result<()> {
        let is_it = |line: &Line| line.label == label;
        let lines = self.wait(label, |lines| lines.iter().any(is_it)).await?;
        let line = lines.iter().find(|line| is_it(line)).context("found")?;
        menu::choose(&self.menu().await?, line.id).await
    }

    async fn wait(
        &self,
        what: &str,
        condition: impl Fn(&[Line]) -> bool,
    ) -> anyhow::Result<Vec<Line>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // The item may be on its way from one name to the next.
            let lines = self.lines().await;
            match lines {
                Ok(lines) if condition(&lines) => return Ok(lines),
                lines if Instant::now() > deadline => bail!("no line {what:?} in {lines:#?}"),
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Width, height and the opacity-first pixels of each icon that the item offers.
    pub(crate) async fn icons(&self) -> anyhow::Result<Vec<(i32, i32, Vec<u8>)>> {
        let item = self.proxy("/StatusNotifierItem".to_owned(), ITEM).await?;
        Ok(item.get_property("IconPixmap").await?)
    }

    /// A click on the icon itself.
    pub(crate) async fn activate(&self) -> anyhow::Result<()> {
        let item = self.proxy("/StatusNotifierItem".to_owned(), ITEM).await?;
        Ok(item.call("Activate", &(0_i32, 0_i32)).await?)
    }

    /// The first notice with this title, once it is there.
    pub(crate) async fn wait_notice(&self, title: &str) -> anyhow::Result<Notice> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let all = self.notices.lock().expect("not poisoned").clone();
            if let Some(found) = all.iter().find(|notice| notice.title == title) {
                return Ok(found.clone());
            }
            if Instant::now() > deadline {
                bail!("no notice {title:?} among {all:#?}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// A click on the button of a notice.
    pub(crate) async fn answer(&self, notice: &Notice) -> anyhow::Result<()> {
        let emitter = SignalEmitter::new(&self.connection, NOTICES_PATH)?;
        let key = notice.actions.first().context("it has a button")?;
        Ok(Notices::action_invoked(&emitter, notice.id, key).await?)
    }
}
