//! What the local HTTP API carries, besides the [`Snapshot`](crate::Snapshot).

mod access;
mod changes;
mod doctor;
mod import;
mod logs;
mod servers;
mod settings;

pub use access::{OpenWindow, PauseFor, SessionCode, SessionToken, TradeCode, WindowPath};
pub use changes::{Author, AuthorKind, Change, ChangeKind};
pub use doctor::{DoctorReport, Finding, FindingStatus};
pub use import::{
    AcceptReview, Candidate, Candidates, ParseText, ProposeServers, RegistryChoice, RegistryInput,
    RegistryPackage, RegistryPage, RegistryServer,
};
pub use logs::{BundleEntry, LogFile, LogKind, LogLines};
pub use servers::{
    AddServer, ApiError, CallReply, CallTool, ErrorReply, ReplaceServer, ServerDetail, ToolDetail,
};
pub use settings::{Setting, SettingKind, SettingsPage};
