//! A second start hands over to the first and ends.

use std::path::Path;
use std::time::Duration;

use api_client::{Client, ClientError};
use shell::InstallLink;
use tokio::time::timeout;

/// A gateway that takes longer to answer is none that could be handed over to.
const PATIENCE: Duration = Duration::from_secs(10);
/// A gateway runs, but no desktop is attached to it.
const NO_DESKTOP: u16 = 409;
/// A gateway runs that is too old to know desktops.
const NO_ROUTE: u16 = 404;

/// Whether a desktop runs already on this gateway; it has then been given the links, and shows
/// its window.
pub(crate) async fn hand_over(socket: &Path, links: &[InstallLink]) -> anyhow::Result<bool> {
    match timeout(PATIENCE, show(socket, links)).await {
        Ok(Ok(())) => Ok(true),
        Ok(Err(error)) if is_alone(&error) => Ok(false),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => anyhow::bail!("the gateway that runs does not answer; end it and start again"),
    }
}

async fn show(socket: &Path, links: &[InstallLink]) -> Result<(), ClientError> {
    let client = Client::connect(socket).await?;
    let screen = if links.is_empty() { "/" } else { "/review" };
    // The window first: without a desktop, the links are for the one that starts now.
    client.open_window(screen).await?;
    for link in links {
        client.propose_link(link.as_str()).await?;
    }
    Ok(())
}

fn is_alone(error: &ClientError) -> bool {
    matches!(error, ClientError::NotRunning { .. })
        || matches!(error.status(), Some(NO_DESKTOP | NO_ROUTE))
}
