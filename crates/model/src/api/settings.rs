//! The settings as a form.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Reply of `GET` and `PATCH /api/v1/settings`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettingsPage {
    /// The file they are written to.
    pub path: String,
    /// In the order in which they are shown.
    pub settings: Vec<Setting>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Setting {
    /// Its path in the file, for example `logs.level`.
    pub key: String,
    /// How it is edited.
    pub kind: SettingKind,
    /// What it may be, where it is a choice.
    #[serde(default)]
    pub choices: Vec<String>,
    /// What it is.
    pub value: Value,
    /// What it is unless set.
    pub default: Value,
    /// What it does, one or two sentences.
    pub description: String,
    /// Whether it takes effect only at the gateway's next start.
    pub restart: bool,
}

/// How a setting is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// On or off.
    Switch,
    /// A number.
    Number,
    /// A text.
    Text,
    /// One of several words.
    Choice,
}
