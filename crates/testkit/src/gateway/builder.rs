//! Settings for a private gateway.

use serde_json::{Map, Value, json};

use super::Gateway;
use crate::programs;

/// Collects what a gateway shall start with.
#[derive(Default)]
pub struct Builder {
    settings: Map<String, Value>,
    servers: Map<String, Value>,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
    /// Whether what the configuration says is held until it was reviewed.
    unreviewed: bool,
    raw: Option<Vec<u8>>,
}

impl Builder {
    /// Adds a server by its entry in `mcpServers`.
    #[must_use]
    pub fn server(mut self, name: &str, entry: Value) -> Self {
        self.servers.insert(name.to_owned(), entry);
        self
    }

    /// Adds a scripted server over stdio.
    pub fn fake(self, name: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        Ok(self.server(name, programs::fake(arguments)?))
    }

    /// Adds many servers at once.
    #[must_use]
    pub fn servers(mut self, servers: Map<String, Value>) -> Self {
        self.servers.extend(servers);
        self
    }

    /// Sets a key at the top of the configuration.
    #[must_use]
    pub fn setting(mut self, key: &str, value: Value) -> Self {
        self.settings.insert(key.to_owned(), value);
        self
    }

    /// Requires tokens, as a gateway does unless told otherwise.
    #[must_use]
    pub fn guarded(self) -> Self {
        self.setting("tokens", json!("required"))
    }

    /// Sets an environment variable of the gateway.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds an argument to `toolgate serve`.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Has everything held until a person lets it in, as for a user; otherwise the configuration
    /// counts as reviewed.
    #[must_use]
    pub fn unreviewed(mut self) -> Self {
        self.unreviewed = true;
        self
    }

    /// Writes these bytes as the configuration, instead of settings and servers.
    #[must_use]
    pub fn raw_config(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw = Some(bytes.into());
        self
    }

    /// Makes the files, without starting anything.
    pub fn prepare(self) -> anyhow::Result<Gateway> {
        let folder = tempfile::Builder::new().prefix("tg-").tempdir()?;
        std::fs::create_dir(folder.path().join("home"))?;
        let mut arguments = self.arguments;
        if !self.unreviewed {
            arguments.extend(["--trust".to_owned(), "auto".to_owned()]);
        }
        let gateway = Gateway {
            folder,
            variables: self.variables,
            arguments,
            child: None,
            endpoint: String::new(),
        };
        match self.raw {
            Some(bytes) => gateway.write_bytes(&bytes)?,
            None => gateway.write_config(&config(self.settings, self.servers))?,
        }
        Ok(gateway)
    }

    /// Makes the files, starts the gateway and waits until it answers.
    pub async fn start(self) -> anyhow::Result<Gateway> {
        let mut gateway = self.prepare()?;
        gateway.launch().await?;
        Ok(gateway)
    }

    /// The same, and waits until every enabled server is ready.
    pub async fn start_ready(self) -> anyhow::Result<Gateway> {
        let gateway = self.start().await?;
        gateway.wait_ready().await?;
        Ok(gateway)
    }
}

/// A configuration that listens on a port of its own, where clients need no token: most tests are
/// of something else, and some of their clients cannot send one.
pub(super) fn config(settings: Map<String, Value>, servers: Map<String, Value>) -> Value {
    let mut config = json!({"listen": "127.0.0.1:0", "tokens": "off"});
    for (key, value) in settings {
        config[key] = value;
    }
    config["mcpServers"] = Value::Object(servers);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_holds_settings_and_servers_and_a_free_port() {
        let gateway = Gateway::builder()
            .setting("readOnly", json!(true))
            .server("x", json!({"url": "http://127.0.0.1:1/mcp"}))
            .prepare()
            .expect("files are made");
        let text = std::fs::read_to_string(gateway.config_file()).expect("readable");
        let config: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(config["listen"], "127.0.0.1:0");
        assert_eq!(config["readOnly"], true);
        assert_eq!(config["tokens"], "off");
        assert_eq!(config["mcpServers"]["x"]["url"], "http://127.0.0.1:1/mcp");
    }

    #[test]
    fn raw_bytes_are_written_as_they_are() {
        let gateway = Gateway::builder()
            .raw_config(*b"\xef\xbb\xbf{")
            .prepare()
            .expect("files");
        assert_eq!(
            std::fs::read(gateway.config_file()).expect("readable"),
            b"\xef\xbb\xbf{"
        );
    }
}
