//! The client that the conformance suite starts: a gateway with the suite's server behind it, and
//! a client in front that makes use of all that the server offers.
//!
//! What the suite sees and scores is the gateway's own upstream side. The suite gives the URL of
//! its server as the last argument, and by environment variables the scenario's name, the
//! revision and, as JSON, what the scenario needs to be known.
//!
//! With `--browser` the program is the person's browser instead: it follows an address to where
//! it leads. The gateway starts it in scenarios with a sign-in.

mod browser;
mod sample;
mod user;
pub(super) mod visit;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::gateway::Gateway;

/// The scenario of clients that have a metadata document on the web, and the address under which
/// the suite expects it. Nothing is there; the suite's sign-in knows what it would say.
const WITH_METADATA_DOCUMENT: &str = "auth/basic-cimd";
const METADATA_DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// What the suite, or the gateway that looks for a browser, asks for.
#[derive(clap::Parser)]
#[command(about = "The client that the conformance suite starts")]
pub struct Options {
    /// Follow the address as a browser would, and nothing else.
    #[arg(long)]
    browser: bool,
    /// The URL of the suite's server, or the address to follow.
    url: String,
    /// The scenario's name.
    #[arg(long, env = "MCP_CONFORMANCE_SCENARIO", default_value = "")]
    scenario: String,
    /// The revision that the scenario is about.
    #[arg(
        long,
        env = "MCP_CONFORMANCE_PROTOCOL_VERSION",
        default_value = "2026-07-28"
    )]
    revision: String,
    /// What the scenario needs to be known, as JSON.
    #[arg(long, env = "MCP_CONFORMANCE_CONTEXT", default_value = "{}")]
    context: String,
}

/// A scenario of the suite.
struct Scenario {
    name: String,
    revision: String,
    context: Value,
}

/// Does what is asked for.
pub async fn run(options: Options) -> anyhow::Result<()> {
    if options.browser {
        return browser::follow(&options.url).await;
    }
    let scenario = Scenario {
        name: options.scenario,
        revision: options.revision,
        context: serde_json::from_str(&options.context).context("the context is no JSON")?,
    };
    let gateway = Gateway::builder()
        .server("it", scenario.entry(&options.url))
        // Nobody is there to be asked, so the gateway signs in whenever it has to.
        .env("TOOLGATE_SIGN_IN", "auto")
        .env("BROWSER", "conformance-client --browser")
        .start()
        .await?;
    let outcome = visit::visit(&gateway, &scenario).await;
    outcome.with_context(|| gateway.diagnose())
}

impl Scenario {
    /// The configuration entry of the suite's server.
    fn entry(&self, url: &str) -> Value {
        let mut entry = json!({"url": url});
        let known = [("client_id", "clientId"), ("client_secret", "clientSecret")];
        for (given, setting) in known {
            if let Some(value) = self.context.get(given) {
                entry["oauth"][setting] = value.clone();
            }
        }
        if self.name == WITH_METADATA_DOCUMENT {
            entry["oauth"]["clientMetadataUrl"] = METADATA_DOCUMENT.into();
        }
        entry
    }

    /// Whether the scenario is about an era with sessions.
    fn is_legacy(&self) -> bool {
        self.revision.as_str() < "2026-07-28"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_credentials_go_into_the_entry() {
        let scenario = |context| Scenario {
            name: String::new(),
            revision: "2025-11-25".to_owned(),
            context,
        };
        let plain = scenario(json!({"name": "tools_call"}));
        assert_eq!(plain.entry("http://a/"), json!({"url": "http://a/"}));
        let known = scenario(json!({"client_id": "me", "client_secret": "quiet"}));
        let oauth = json!({"clientId": "me", "clientSecret": "quiet"});
        assert_eq!(known.entry("http://a/")["oauth"], oauth);
        assert!(known.is_legacy());
    }

    #[test]
    fn a_metadata_document_is_for_its_own_scenario() {
        let entry = |name: &str| {
            let scenario = Scenario {
                name: name.to_owned(),
                revision: "2026-07-28".to_owned(),
                context: json!({}),
            };
            scenario.entry("http://a/")
        };
        let oauth = json!({"clientMetadataUrl": METADATA_DOCUMENT});
        assert_eq!(entry("auth/basic-cimd")["oauth"], oauth);
        assert_eq!(entry("auth/basic-dcr"), json!({"url": "http://a/"}));
    }
}
