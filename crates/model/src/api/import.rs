//! Servers from elsewhere: pasted text, links, registries.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Evidence, ReviewSource};

/// Body of `POST /api/v1/servers/parse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ParseText {
    /// A command line, a URL, an install link, or the configuration of any client.
    pub text: String,
}

/// Reply of `POST /api/v1/servers/parse`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidates {
    /// In the order of the text.
    pub servers: Vec<Candidate>,
}

/// A server that a text describes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The name it has in the text, or one made from its command or URL.
    pub name: String,
    /// Its entry as it would be written.
    pub entry: Value,
    /// Its entry with secrets masked.
    pub shown: Value,
    /// What it would run or reach.
    pub evidence: Evidence,
    /// Whether a server of that name is configured already.
    pub exists: bool,
    /// Why it could not be added as it is.
    pub problem: Option<String>,
}

/// Body of `POST /api/v1/review`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProposeServers {
    /// Where it came from.
    pub source: ReviewSource,
    /// As for [`ParseText`].
    pub text: String,
}

/// Body of `POST /api/v1/review/{id}/accept`; both may be absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AcceptReview {
    /// Another name than proposed.
    #[serde(default)]
    pub name: Option<String>,
    /// Another entry than proposed; masked values keep what was proposed.
    #[serde(default)]
    pub entry: Option<Value>,
}

/// Reply of `GET /api/v1/registry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RegistryPage {
    /// In the order of the registries, and in each one's own.
    pub servers: Vec<RegistryServer>,
    /// What to give as `cursor` for the next page.
    pub next_cursor: Option<String>,
    /// What was wrong with registries whose servers are missing here, a sentence each.
    pub problems: Vec<String>,
}

/// A server that a registry lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RegistryServer {
    /// For example `io.github.owner/name`; by it a server is added.
    pub name: String,
    /// Who publishes it, as the registry has verified: the name's part before the slash, which
    /// stands for a domain or an account.
    pub publisher: String,
    /// The address of the registry that lists it.
    pub registry: String,
    /// For people.
    pub title: Option<String>,
    /// What it does.
    pub description: String,
    /// The version listed.
    pub version: String,
    /// Where its source is.
    pub repository: Option<String>,
    /// Ways to run or reach it.
    pub choices: Vec<RegistryChoice>,
}

/// One way to run or reach a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RegistryChoice {
    /// For example `npx @scope/name` or the URL.
    pub label: String,
    /// `stdio`, `http` or `sse`.
    pub transport: String,
    /// What is fetched and run; `None` for a server that runs elsewhere.
    pub package: Option<RegistryPackage>,
    /// The entry, with gaps where inputs belong.
    pub entry: Value,
    /// What has to be filled in.
    pub inputs: Vec<RegistryInput>,
}

/// A package that is fetched from where its kind is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistryPackage {
    /// `npm`, `pypi`, `oci` or `nuget`.
    pub kind: String,
    /// Its name there.
    pub name: String,
    /// Its version; the newest where none is named.
    pub version: Option<String>,
}

/// Something that has to be filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistryInput {
    /// For example the variable's name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it may be left empty.
    pub required: bool,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// What it is if nothing is given.
    pub default: Option<String>,
    /// Where in the entry the value goes, a JSON pointer (RFC 6901).
    pub pointer: String,
}
