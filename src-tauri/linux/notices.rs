//! Notices by `org.freedesktop.Notifications`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures_util::StreamExt as _;
use shell::{Action, Input, Notice};
use tokio::sync::mpsc;
use tokio::time::timeout;
use zbus::proxy::CacheProperties;
use zbus::zvariant::Value;
use zbus::{Connection, Proxy};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// Names of files that our packages install.
const DESKTOP_ENTRY: &str = "Toolgate";
const ICON: &str = "toolgate-desktop";
/// A notification service that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many notices can be answered at a time; the oldest ones are forgotten.
const REMEMBERED: usize = 32;

/// Shows notices and hands on what people answer, for as long as there is a session bus.
pub(crate) async fn keep(mut notices: mpsc::Receiver<Notice>, inputs: mpsc::Sender<Input>) {
    loop {
        if let Err(error) = serve(&mut notices, &inputs).await {
            tracing::warn!(%error, "notices cannot be shown");
        }
        if notices.is_closed() {
            return;
        }
        tokio::time::sleep(PATIENCE).await;
    }
}

async fn serve(
    notices: &mut mpsc::Receiver<Notice>,
    inputs: &mpsc::Sender<Input>,
) -> zbus::Result<()> {
    let connection = Connection::session().await?;
    let proxy: Proxy<'_> = zbus::proxy::Builder::new(&connection)
        .destination(NAME)?
        .path(PATH)?
        .interface(NAME)?
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let mut answers = proxy.receive_signal("ActionInvoked").await?;
    let mut shown: BTreeMap<u32, Action> = BTreeMap::new();
    loop {
        tokio::select! {
            notice = notices.recv() => {
                let Some(notice) = notice else { return Ok(()) };
                match timeout(PATIENCE, show(&proxy, &notice)).await {
                    Ok(Ok(id)) => remember(&mut shown, id, notice.action),
                    Ok(Err(error)) => tracing::warn!(%error, "a notice was not shown"),
                    Err(_) => tracing::warn!("a notice was not shown in time"),
                }
            }
            answer = answers.next() => {
                let Some(answer) = answer else { return Ok(()) };
                let (id, _key): (u32, String) = answer.body().deserialize()?;
                if let Some(action) = shown.remove(&id) {
                    let _ = inputs.send(Input::Chosen(action)).await;
                }
            }
        }
    }
}

fn remember(shown: &mut BTreeMap<u32, Action>, id: u32, action: Option<(String, Action)>) {
    if let Some((_, action)) = action {
        shown.insert(id, action);
    }
    while shown.len() > REMEMBERED {
        shown.pop_first();
    }
}

/// How long a notice stays.
const SERVICE_DECIDES: i32 = -1;

/// Shows a notice; its number. A click on the notice does the same as its button.
async fn show(proxy: &Proxy<'_>, notice: &Notice) -> zbus::Result<u32> {
    let button = notice.action.as_ref().map(|(text, _)| text.as_str());
    let actions: Vec<&str> = button
        .iter()
        .flat_map(|text| ["default", text, "act", text])
        .collect();
    let hints = HashMap::from([("desktop-entry", Value::from(DESKTOP_ENTRY))]);
    let body = escaped(&notice.body);
    let arguments = (
        "Toolgate",
        0_u32,
        ICON,
        notice.title.as_str(),
        body.as_str(),
        actions,
        hints,
        SERVICE_DECIDES,
    );
    proxy.call("Notify", &arguments).await
}

/// The body is markup.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}
