//! Words of the quarantine: what a server defines, what was found in it, what a person decided.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Evidence;

/// What a definition defines; everything here reaches a model.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DefinitionKind {
    /// The server's instructions; there is one such text, and its name is empty.
    Instructions,
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// What a prompt gave, by its name and arguments: texts are meant for a model, too.
    PromptText,
    /// A resource; its name is its URI.
    Resource,
    /// A template of resources; its name is its URI template.
    ResourceTemplate,
}

impl DefinitionKind {
    /// The word for it, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::PromptText => "prompt-text",
            Self::Resource => "resource",
            Self::ResourceTemplate => "resource-template",
        }
    }
}

/// Which definition of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct DefinitionId {
    /// What it defines.
    pub kind: DefinitionKind,
    /// Its name at its server.
    pub name: String,
}

/// How a definition stands. Only approved ones reach a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nobody has decided about it.
    Pending,
    /// It is another than the one that was decided about.
    Changed,
    /// Clients see it.
    Approved,
    /// A person does not want it.
    Blocked,
}

impl Standing {
    /// Whether it waits for a person, where its server lists it.
    pub fn waits(self) -> bool {
        matches!(self, Self::Pending | Self::Changed)
    }
}

/// How new definitions of a server come in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum TrustMode {
    /// A person approves each.
    #[default]
    Manual,
    /// New ones in which nothing is found pass; changed ones wait for a person.
    Scan,
    /// All pass.
    Auto,
}

impl TrustMode {
    /// The mode of this name; whatever is no mode asks a person.
    pub fn parse(text: &str) -> Self {
        match text {
            "scan" => Self::Scan,
            "auto" => Self::Auto,
            _ => Self::Manual,
        }
    }

    /// The word for it, as in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Scan => "scan",
            Self::Auto => "auto",
        }
    }
}

/// A word that names no [`TrustMode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTrustMode;

impl std::fmt::Display for InvalidTrustMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there are `manual`, `scan` and `auto`")
    }
}

impl std::error::Error for InvalidTrustMode {}

impl std::str::FromStr for TrustMode {
    type Err = InvalidTrustMode;

    /// For people, who are told of a mistake; files are read by [`TrustMode::parse`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mode = Self::parse(text);
        (mode.as_str() == text)
            .then_some(mode)
            .ok_or(InvalidTrustMode)
    }
}

/// What a scan makes of a definition.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing was found.
    #[default]
    Clean,
    /// A person should look closely.
    Review,
    /// It is made to mislead a model.
    Block,
}

/// One thing that a scan found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanFinding {
    /// Stable, in kebab-case, for example `hidden-characters`.
    pub code: String,
    /// How bad it is: [`Verdict::Review`] or [`Verdict::Block`].
    pub verdict: Verdict,
    /// What it is and why it matters, a sentence.
    pub message: String,
    /// Where in the definition, for example `inputSchema.properties.path.description`.
    pub place: String,
    /// The words that gave rise to it, as written, at most 200 characters.
    pub excerpt: String,
}

/// A definition with everything that a person needs to decide about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DefinitionReview {
    /// Which.
    #[serde(flatten)]
    pub id: DefinitionId,
    /// How it stands.
    pub standing: Standing,
    /// SHA-256 of what is pinned of it, as its server has it now; a decision names it, so that
    /// nothing is approved unseen.
    pub hash: String,
    /// What a model would read, as its server has it now.
    pub now: Value,
    /// What was approved, where that is another.
    #[serde(default)]
    pub approved: Option<Value>,
    /// What a scan makes of it.
    pub verdict: Verdict,
    /// What the scan found.
    pub findings: Vec<ScanFinding>,
    /// Since when it stands so, in Unix milliseconds.
    pub since: u64,
    /// Whether its server still lists it.
    pub listed: bool,
}

/// Why a server has something to be reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HoldReason {
    /// Nobody has said yet that it may be started.
    NewServer,
    /// It would be started or reached in another way than the one approved.
    LaunchChanged,
    /// It was started only so far that its definitions are known; none was approved.
    NewDefinitions,
    /// Definitions were added to an approved server.
    AddedDefinitions,
    /// Approved definitions have changed.
    ChangedDefinitions,
}

/// How a server stands with the quarantine: part of its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrustStatus {
    /// How new definitions come in, as it counts now.
    pub mode: TrustMode,
    /// The mode as the configuration has it, where that is another: it was not accepted yet, or
    /// is no mode.
    #[serde(default)]
    pub wanted: Option<String>,
    /// Why it waits for a person; `None` if it does not.
    pub hold: Option<HoldReason>,
    /// Whether it may be started or reached.
    pub may_start: bool,
    /// Definitions that clients may see.
    pub approved: usize,
    /// Definitions that nobody has decided about.
    pub pending: usize,
    /// Definitions that are others than those decided about.
    pub changed: usize,
    /// Definitions that a person does not want.
    pub blocked: usize,
    /// Of those that wait, how many a scan found something in.
    pub flagged: usize,
}

impl TrustStatus {
    /// Whether clients may hear what the server says, rather than only that there is one.
    pub fn is_open(&self) -> bool {
        self.approved > 0 || self.mode == TrustMode::Auto
    }
}

/// Everything about one server that a person decides about: `GET /api/v1/quarantine/{server}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServerReview {
    /// Its name.
    pub server: String,
    /// How it stands.
    pub trust: TrustStatus,
    /// What it runs or reaches and receives, as configured now.
    pub evidence: Evidence,
    /// What was approved to be run, where that is another.
    #[serde(default)]
    pub approved_evidence: Option<Evidence>,
    /// Which parts of the launch are others than those approved, for example `env NODE_OPTIONS`.
    #[serde(default)]
    pub changes: Vec<String>,
    /// Names the launch as shown here; a decision to start it repeats it.
    pub launch: String,
    /// Its definitions: those that wait first, the worst of them on top.
    pub definitions: Vec<DefinitionReview>,
    /// Clients that would see what is approved, as they name themselves.
    pub audience: Vec<String>,
    /// The last decision, for as long as it can be undone.
    #[serde(default)]
    pub undo: Option<UndoOffer>,
}

/// A decision that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndoOffer {
    /// To be given to `POST /api/v1/quarantine/undo/{id}`.
    pub id: String,
    /// Until when, in Unix milliseconds.
    pub until: u64,
}

/// What a person decides: body of `POST /api/v1/quarantine/{server}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// It may be started or reached in the way shown, so that its definitions can be looked at.
    Start {
        /// [`ServerReview::launch`] as shown.
        launch: String,
        /// How definitions come in from now on; as it was if absent.
        #[serde(default)]
        mode: Option<TrustMode>,
    },
    /// Clients may see these.
    Approve {
        /// Definitions as shown.
        definitions: Vec<SeenDefinition>,
    },
    /// Clients must not see these.
    Block {
        /// Definitions as shown.
        definitions: Vec<SeenDefinition>,
    },
    /// Nothing of the server is wanted: it is stopped, and held until it is allowed to start.
    BlockServer,
    /// How definitions come in from now on.
    Trust {
        /// The mode.
        mode: TrustMode,
    },
}

/// A definition as a person saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeenDefinition {
    /// Which.
    #[serde(flatten)]
    pub id: DefinitionId,
    /// [`DefinitionReview::hash`] as shown.
    pub hash: String,
}

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Decided {
    /// How the server stands now.
    pub trust: TrustStatus,
    /// How to take it back.
    pub undo: UndoOffer,
    /// Definitions that were left as they are, because they are others by now.
    pub left: Vec<DefinitionId>,
}
