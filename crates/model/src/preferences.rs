//! How the user wants to be shown things and told of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the desktop behaves towards its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preferences {
    /// Of window and tray.
    pub language: Language,
    /// Of the window.
    pub theme: Theme,
    /// Whether the tray starts when the user logs in.
    pub start_at_login: bool,
    /// Whether to look for newer versions.
    pub check_for_updates: bool,
    /// What to be told of.
    pub notices: NoticePreferences,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: Language::Auto,
            theme: Theme::Auto,
            start_at_login: false,
            check_for_updates: false,
            notices: NoticePreferences::default(),
        }
    }
}

/// What to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticePreferences {
    /// Something waits for a review.
    pub review: bool,
    /// A server wants a sign-in.
    pub sign_in: bool,
    /// A server is broken.
    pub problems: bool,
}

impl Default for NoticePreferences {
    fn default() -> Self {
        Self {
            review: true,
            sign_in: true,
            problems: true,
        }
    }
}

/// The language of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// The system's, where there are texts in it, else English.
    #[default]
    Auto,
    /// English.
    En,
    /// German.
    De,
    /// Spanish.
    Es,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}
