//! Removing, switching and restarting servers.

use api_client::Toggle;
use config::Edit;
use model::ServerStatus;

use super::offline;
use crate::context::Context;
use crate::exit::{Code, Failure};
use crate::output::{self, visible};

/// Said after a change that no gateway has seen yet.
const LATER: &str = "No gateway is running; the change takes effect when one starts.";

pub(super) async fn remove(context: &Context, name: &str) -> Result<Code, Failure> {
    if let Some(client) = context.client_if_running().await? {
        client.remove_server(name).await?;
    } else {
        let name = name.to_owned();
        offline(context, Edit::Remove { name }).await?;
    }
    output::note(&format!("Removed {}.", visible(name)));
    Ok(Code::Ok)
}

pub(super) async fn set_enabled(
    context: &Context,
    name: &str,
    enabled: bool,
) -> Result<Code, Failure> {
    let toggle = if enabled {
        Toggle::Enable
    } else {
        Toggle::Disable
    };
    if let Some(client) = context.client_if_running().await? {
        return report(context, &client.toggle(name, toggle).await?);
    }
    offline(
        context,
        Edit::SetEnabled {
            name: name.to_owned(),
            enabled,
        },
    )
    .await?;
    let done = if enabled { "Enabled" } else { "Disabled" };
    output::note(&format!("{done} {}.", visible(name)));
    Ok(Code::Ok)
}

pub(super) async fn restart(context: &Context, name: &str) -> Result<Code, Failure> {
    report(
        context,
        &context
            .client()
            .await?
            .toggle(name, Toggle::Restart)
            .await?,
    )
}

async fn offline(context: &Context, edit: Edit) -> Result<(), Failure> {
    offline::edit(&context.paths.config_file, edit).await?;
    output::note(LATER);
    Ok(())
}

fn report(context: &Context, status: &ServerStatus) -> Result<Code, Failure> {
    if context.json {
        output::json(status)?;
    } else {
        output::note(&format!(
            "{} is {}.",
            visible(&status.name),
            status.state.label()
        ));
    }
    Ok(Code::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Global;

    fn context(dir: &tempfile::TempDir) -> Context {
        let config = dir.path().join("config.json");
        std::fs::write(&config, r#"{"mcpServers": {"a": {"command": "npx"}}}"#).expect("writes");
        let data_dir = Some(dir.path().to_owned());
        let global = Global {
            config: Some(config),
            data_dir,
            json: false,
        };
        Context::new(global).expect("paths are given")
    }

    #[tokio::test]
    async fn without_a_gateway_the_file_is_changed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let context = context(&dir);
        let servers = || {
            offline::settings(&context.paths.config_file)
                .expect("valid")
                .servers
        };
        set_enabled(&context, "a", false).await.expect("disables");
        assert!(!servers()["a"].enabled);
        set_enabled(&context, "a", true).await.expect("enables");
        assert!(servers()["a"].enabled);
        remove(&context, "a").await.expect("removes");
        assert!(servers().is_empty());
    }

    #[tokio::test]
    async fn what_is_not_there_cannot_be_changed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let context = context(&dir);
        let unknown = remove(&context, "b").await.expect_err("there is none");
        assert_eq!(unknown.code, Code::NotFound);
        let absent = restart(&context, "a").await.expect_err("nothing runs");
        assert_eq!(absent.code, Code::NotRunning);
    }
}
